-- @title What a checkout states, looked up in the case

-- @name known
-- @param digests algorithm:value
SELECT c.algorithm || ':' || c.value AS digest, c.id, a.path, v.id
FROM content c
SEMI JOIN (SELECT unnest($digests::VARCHAR[]) AS digest) g ON g.digest = c.algorithm || ':' || c.value
LEFT JOIN version v ON v.content = c.id LEFT JOIN artifact a ON a.id = v.artifact
ORDER BY c.id, v.id;

-- @name origins
-- @param ids of versions
SELECT v.id, coalesce(o.path, ''), coalesce(o.commit_oid, '') FROM version v JOIN origin o ON o.id = v.origin
SEMI JOIN (SELECT unnest($ids::INTEGER[]) AS id) g ON g.id = v.id ORDER BY v.id;
