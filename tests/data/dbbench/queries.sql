-- The ten questions about groups and the five about joins of the db-benchmark (https://duckdblabs.github.io/db-benchmark/).
-- A line `-- name` begins each.

-- g1 sum by one text
SELECT id1, sum(v1) AS v1 FROM t GROUP BY id1
-- g2 sum by two texts
SELECT id1, id2, sum(v1) AS v1 FROM t GROUP BY id1, id2
-- g3 sum and mean by many texts
SELECT id3, sum(v1) AS v1, avg(v3) AS v3 FROM t GROUP BY id3
-- g4 means by few integers
SELECT id4, avg(v1) AS v1, avg(v2) AS v2, avg(v3) AS v3 FROM t GROUP BY id4
-- g5 sums by many integers
SELECT id6, sum(v1) AS v1, sum(v2) AS v2, sum(v3) AS v3 FROM t GROUP BY id6
-- g6 median and deviation by two integers
SELECT id4, id5, median(v3) AS median_v3, stddev(v3) AS sd_v3 FROM t GROUP BY id4, id5
-- g7 range by many texts
SELECT id3, max(v1) - min(v2) AS range_v1_v2 FROM t GROUP BY id3
-- g8 largest two by many integers
SELECT id6, v3 FROM (SELECT id6, v3, row_number() OVER (PARTITION BY id6 ORDER BY v3 DESC) AS place FROM t) WHERE place <= 2
-- g9 regression by text and integer
SELECT id2, id4, power(corr(v1, v2), 2) AS r2 FROM t GROUP BY id2, id4
-- g10 sum and count by all keys
SELECT id1, id2, id3, id4, id5, id6, sum(v3) AS v3, count(*) AS n FROM t GROUP BY id1, id2, id3, id4, id5, id6
-- j1 small inner on an integer
SELECT x.id1, x.id2, x.id3, v1, small.id4 AS name, v2 FROM x JOIN small ON x.id1 = small.id1
-- j2 medium inner on an integer
SELECT x.id1, x.id2, x.id3, v1, medium.id5 AS name, v2 FROM x JOIN medium ON x.id2 = medium.id2
-- j3 medium left on an integer
SELECT x.id1, x.id2, x.id3, v1, medium.id5 AS name, v2 FROM x LEFT JOIN medium ON x.id2 = medium.id2
-- j4 medium inner on a text
SELECT x.id1, x.id2, x.id3, v1, medium.id2 AS number, v2 FROM x JOIN medium ON x.id5 = medium.id5
-- j5 big inner on an integer
SELECT x.id1, x.id2, x.id3, v1, big.id6 AS name, v2 FROM x JOIN big ON x.id3 = big.id3
