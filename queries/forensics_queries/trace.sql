-- @title Ancestors
-- @description The ancestors themselves come from the graph; this says what they are and where lineage is missing.

-- @name kinds
-- @param ids node ids
SELECT id, kind FROM node WHERE id IN (SELECT unnest($ids::INTEGER[])) ORDER BY id;

-- @name gaps
-- @param ids node ids
-- @param until the newest acquisition to be seen
SELECT g.kind, count(DISTINCT g.node), min(g.detail) FROM gap g
WHERE g.node IN (SELECT unnest($ids::INTEGER[]))
  AND g.acquisition <= $until
  AND NOT EXISTS (FROM filled f WHERE f.node = g.node AND f.kind = g.kind AND f.acquisition <= $until)
GROUP BY g.kind ORDER BY g.kind;

-- @name actors
-- @param ids ids of commits
SELECT id, actor FROM git_commit WHERE actor IS NOT NULL AND id IN (SELECT unnest($ids::INTEGER[])) ORDER BY id;
