-- The cluster is PostgreSQL's: a file has one owner, who holds its lock. The number is taken here too, so that a version means the same in both stores.
SELECT 1;
