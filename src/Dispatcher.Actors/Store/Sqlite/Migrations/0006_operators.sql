-- What operators wish of a cluster is PostgreSQL's. The number is taken here too, so that a version means the same in both stores.
SELECT 1;
