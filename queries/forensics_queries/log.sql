-- @title The versions of an artifact

-- @name artifacts
-- @param ids node ids
-- A release means the versions that it releases.
SELECT DISTINCT v.artifact, a.path, coalesce(s.name, '') FROM version v JOIN artifact a ON a.id = v.artifact
LEFT JOIN source s ON s.id = a.source
WHERE v.id IN (SELECT unnest($ids::INTEGER[]))
   OR v.id IN (SELECT cause FROM edge WHERE kind = 'released' AND effect IN (SELECT unnest($ids::INTEGER[])))
ORDER BY 3, 2, 1;

-- @name brought
-- @param artifact id of an artifact
SELECT e.effect, e.kind, e.cause FROM edge e JOIN version v ON v.id = e.effect
WHERE v.artifact = $artifact AND e.kind IN ('introduced', 'restored') ORDER BY 1, 2, 3;

-- @name removed
-- @param artifact id of an artifact
SELECT DISTINCT c.git_commit FROM change c
WHERE c.artifact = $artifact AND c.version IS NULL
GROUP BY c.git_commit, c.layer
HAVING count(DISTINCT c.parent) = greatest((SELECT count(*) FROM parent p WHERE p.child = c.git_commit), 1)
ORDER BY c.git_commit;

-- @name released
-- @param ids node ids of versions
SELECT e.cause, list(DISTINCT r.name ORDER BY r.name) FROM edge e JOIN release r ON r.id = e.effect
WHERE e.kind = 'released' AND e.cause IN (SELECT unnest($ids::INTEGER[])) GROUP BY e.cause ORDER BY e.cause;

-- @name listings
-- @param artifact id of an artifact that is a directory
-- @param name name of a file in it
SELECT m.content, list(DISTINCT v.id ORDER BY v.id) FROM version v JOIN member m ON m.directory = v.content
WHERE v.artifact = $artifact AND m.name = $name GROUP BY m.content ORDER BY m.content;

-- @name unseen
-- @param artifact id of an artifact
SELECT v.id FROM version v WHERE v.artifact = $artifact AND NOT EXISTS (
    FROM edge e WHERE e.effect = v.id AND e.kind IN ('introduced', 'restored')
) ORDER BY v.id;

-- @name paths
-- @param ids ids of artifacts
SELECT a.id, a.path, coalesce(s.name, '') FROM artifact a LEFT JOIN source s ON s.id = a.source
WHERE a.id IN (SELECT unnest($ids::INTEGER[])) ORDER BY a.id;
