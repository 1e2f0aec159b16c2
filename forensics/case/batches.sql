-- @title Batches into staging
-- @description The columns of one batch stand in the view batch. Its numbers are counted from $lowest on.

-- @name nodes
-- @param scope what stands before the keys of nodes that belong to the source
INSERT INTO stage_node
SELECT local + $lowest, kind,
    CASE WHEN kind IN ('execution', 'release', 'context') OR (kind = 'version' AND starts_with(key, 'version'))
        THEN $scope || key ELSE key END
FROM batch;

-- @name manners
INSERT INTO stage_manner
SELECT (SELECT coalesce(min(local), 0) FROM stage_manner WHERE local < 0) - row_number() OVER (ORDER BY kind, strength, reason), kind,
    strength, reason
FROM (SELECT DISTINCT kind, strength, reason FROM batch) b
WHERE NOT EXISTS (FROM stage_manner m WHERE m.kind = b.kind AND m.strength = b.strength AND m.reason = b.reason);

-- @name edges
INSERT INTO stage_edge
SELECT m.local, b.cause + $lowest, b.effect + $lowest, b.origin + $lowest
FROM batch b JOIN stage_manner m ON m.kind = b.kind AND m.strength = b.strength AND m.reason = b.reason;

-- @name broken
SELECT (SELECT count(*) - count(DISTINCT key) FROM stage_node),
    (SELECT count(*) FROM stage_edge e
     WHERE NOT EXISTS (FROM stage_node n WHERE n.local = e.cause)
        OR NOT EXISTS (FROM stage_node n WHERE n.local = e.effect));

-- @name temporary
-- What staging put before the connection, views first.
SELECT 'VIEW', view_name FROM duckdb_views()
WHERE temporary AND (starts_with(view_name, 'stage_') OR starts_with(view_name, 'given_'))
UNION ALL SELECT 'TABLE', table_name FROM duckdb_tables() WHERE temporary AND starts_with(table_name, 'stage_');
