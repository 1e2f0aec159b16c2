-- @title Measurements, and the versions of models that they measure

-- @name names
-- @param until the newest acquisition that counts
SELECT name, path, count(DISTINCT version_id) AS versions FROM measurements WHERE acquisition_id <= $until
GROUP BY name, path ORDER BY name, path;

-- @name values
-- @param metric the name
-- @param until the newest acquisition that counts
SELECT version_id, source_id, path, value FROM measurements WHERE name = $metric AND acquisition_id <= $until
ORDER BY source_id, path, version_id, value;

-- @name measured
-- A model version measures itself; else it is what the run that wrote the numbers made, or else what it read.
-- @param versions ids of versions that hold numbers
-- @param until the newest acquisition that counts
WITH asked AS (
    SELECT unnest($versions::INTEGER[]) AS id
), run AS (
    SELECT g.id, e.cause AS execution FROM asked g JOIN edge e ON e.effect = g.id
    WHERE e.kind = 'generated' AND e.strength IN ('recorded', 'matched') AND e.acquisition <= $until
), model AS (
    SELECT version_id, artifact_id, path, coalesce(name, '') AS name FROM versions WHERE kind = 'model'
)
SELECT g.id, 0 AS rank, 0 AS execution, m.version_id, m.artifact_id, m.path, m.name
FROM asked g JOIN model m ON m.version_id = g.id
UNION
SELECT r.id, 1, r.execution, m.version_id, m.artifact_id, m.path, m.name
FROM run r JOIN edge e ON e.cause = r.execution AND e.kind = 'generated' AND e.strength IN ('recorded', 'matched')
JOIN model m ON m.version_id = e.effect
UNION
SELECT r.id, 2, r.execution, m.version_id, m.artifact_id, m.path, m.name
FROM run r JOIN edge e ON e.effect = r.execution AND e.kind = 'used' AND e.strength IN ('recorded', 'matched')
JOIN model m ON m.version_id = e.cause
ORDER BY ALL;

-- @name runs
-- @param versions ids of versions
SELECT DISTINCT e.effect FROM edge e SEMI JOIN (SELECT unnest($versions::INTEGER[]) AS id) g ON g.id = e.effect
WHERE e.kind = 'generated' ORDER BY e.effect;

-- @name introduced
-- @param versions ids of versions
SELECT e.effect, e.cause FROM edge e SEMI JOIN (SELECT unnest($versions::INTEGER[]) AS id) g ON g.id = e.effect
WHERE e.kind = 'introduced' ORDER BY ALL;

-- @name model_artifacts
SELECT artifact_id, source_id, path, coalesce(name, '') FROM artifacts WHERE kind = 'model' AND source_id > 0
ORDER BY artifact_id;

-- @name created
-- @param versions ids of versions
SELECT d.node, min(d.created) FROM details d SEMI JOIN (SELECT unnest($versions::INTEGER[]) AS id) g ON g.id = d.node
GROUP BY d.node ORDER BY d.node;
