-- Places and slots over a cluster are PostgreSQL's: with a file there is one node, and its own limits are all there is. The number is taken here too.
SELECT 1;
