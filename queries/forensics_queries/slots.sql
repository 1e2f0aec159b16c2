-- @title What runs of one stage read
-- @description For lineage repair: a stage is a name in a script of a source, a slot is an artifact.

-- @name runs
SELECT id, source || ':' || coalesce(directory, '') || ':' || coalesce(script, '') || ':' || name FROM execution
ORDER BY id;

-- @name inputs
-- @param until the newest acquisition to be seen
SELECT e.effect, v.artifact, max(e.cause) FROM edge e JOIN version v ON v.id = e.cause
WHERE e.kind = 'used' AND e.acquisition <= $until GROUP BY e.effect, v.artifact ORDER BY e.effect, v.artifact;

-- @name versions
-- @param slots ids of artifacts
SELECT v.artifact, v.id FROM version v SEMI JOIN (SELECT unnest($slots::INTEGER[]) AS id) g ON g.id = v.artifact
ORDER BY v.artifact, v.id;

-- @name claimed
SELECT node, min(created)::DOUBLE FROM details WHERE created > 0 GROUP BY node ORDER BY node;
