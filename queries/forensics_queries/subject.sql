-- @title Subjects other than paths
-- @description What a text can mean: a content, a commit, an execution, a release, an actor, an external origin, a mark.

-- @name contents
-- @param algorithm of the digest, empty for any
-- @param value the value, or its first digits
SELECT id, algorithm, value FROM content
WHERE starts_with(value, $value) AND ($algorithm = '' OR algorithm = $algorithm) ORDER BY value, algorithm;

-- @name sources
SELECT id FROM source ORDER BY id;

-- @name stored
-- @param kind what the store calls it: Artifact, Execution or Context
-- @param row its id in the store
SELECT DISTINCT n.id, o.source FROM origin o
JOIN source s ON s.id = o.source AND s.is_store
JOIN (
    SELECT id, origin FROM version UNION ALL SELECT id, origin FROM execution
    UNION ALL SELECT d.node, d.origin FROM details d JOIN node c ON c.id = d.node AND c.kind = 'context'
) n ON n.origin = o.id
WHERE o.path = $kind AND o.locus = $row ORDER BY o.source, n.id;

-- @name executions
-- @param identity the identity, or its first digits; empty for none
-- @param name name of a stage, alone or behind its script and a colon; empty for none
SELECT e.id, e.source, e.identity FROM execution e
WHERE ($identity <> '' AND starts_with(e.identity, $identity))
   OR ($name <> '' AND (e.name = $name OR e.script || ':' || e.name = $name))
ORDER BY e.source, e.identity;

-- @name outputs
-- @param ids ids of executions
SELECT g.cause, v.artifact, v.id FROM edge g JOIN version v ON v.id = g.effect
WHERE g.kind = 'generated' AND g.cause IN (SELECT unnest($ids::INTEGER[])) ORDER BY 1, 2, 3;

-- @name recorded
-- @param ids ids of executions
SELECT cause, effect FROM edge
WHERE kind = 'recorded' AND effect IN (SELECT unnest($ids::INTEGER[])) ORDER BY 2, 1;

-- @name releases
-- @param name name of a release
-- @param commit id of the released commit, empty for any
SELECT r.id, r.source, r.name FROM release r LEFT JOIN git_commit c ON c.id = r.git_commit
WHERE r.name = $name AND ($commit = '' OR c.oid = $commit) ORDER BY r.source, r.id;

-- @name assigned
-- @param artifact name of the released artifact
-- @param stage name of a stage
SELECT release_id, source_id, name FROM releases
WHERE artifact_name = $artifact AND list_contains(stages, $stage) ORDER BY source_id, release_id;

-- @name actors
-- @param mail address, as claimed
SELECT id, mail FROM actor WHERE mail = $mail OR lower(mail) = lower($mail) ORDER BY mail = $mail DESC, id;

-- @name externals
-- @param url the beginning of an address
SELECT v.id, a.path FROM artifact a JOIN version v ON v.artifact = a.id
WHERE a.source = 0 AND (starts_with(a.path, $url) OR starts_with(a.path, 'url:' || $url)) ORDER BY v.id;

-- @name mark
-- @param id number of a mark
SELECT subject FROM mark WHERE id = $id;

-- @name node
-- @param id a node id
SELECT kind FROM node WHERE id = $id;

-- @name unlisted
SELECT count(DISTINCT node_id) FROM gaps WHERE kind = 'missing-listing' AND filled_by IS NULL;

-- @name near
-- @param text what was typed
SELECT name FROM (
    SELECT path AS name FROM artifact UNION SELECT name FROM release UNION SELECT script || ':' || name FROM execution
    UNION SELECT 'actor:' || mail FROM actor
)
WHERE jaro_winkler_similarity(lower(name), lower($text)) >= 0.85 OR ends_with(lower(name), '/' || lower($text))
   OR ends_with(lower(name), ':' || lower($text))
ORDER BY jaro_winkler_similarity(lower(name), lower($text)) DESC, name LIMIT 3;
