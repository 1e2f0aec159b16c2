-- @title Who introduced bytes
-- @description From contents to every version that has them, every directory that lists them, and the commits of both.

-- @name versions_meant
-- @param ids node ids
-- A release means the versions that it releases.
SELECT id FROM version WHERE id IN (SELECT unnest($ids::INTEGER[]))
UNION
SELECT cause FROM edge WHERE kind = 'released' AND effect IN (SELECT unnest($ids::INTEGER[])) ORDER BY 1;

-- @name contents
-- @param ids node ids of versions and contents
SELECT id FROM content WHERE id IN (SELECT unnest($ids::INTEGER[]))
UNION
SELECT content FROM version WHERE id IN (SELECT unnest($ids::INTEGER[])) AND content IS NOT NULL ORDER BY 1;

-- @name empty
-- @param ids ids of contents
-- @param empty digests that are shared by chance everywhere
SELECT id FROM content
WHERE id IN (SELECT unnest($ids::INTEGER[])) AND list_contains($empty::VARCHAR[], algorithm || ':' || value) ORDER BY id;

-- @name same
-- @param ids ids of contents
-- Other digests of the same bytes: found equal by somebody who had the bytes, or equal as md5 and md5-dos2unix.
SELECT e.effect, e.strength FROM edge e WHERE e.kind = 'content' AND e.cause IN (SELECT unnest($ids::INTEGER[]))
UNION
SELECT e.cause, e.strength FROM edge e WHERE e.kind = 'content' AND e.effect IN (SELECT unnest($ids::INTEGER[]))
UNION
SELECT b.id, 'assumed' FROM content a JOIN content b ON b.value = a.value AND b.algorithm <> a.algorithm
WHERE a.id IN (SELECT unnest($ids::INTEGER[]))
  AND a.algorithm IN ('md5', 'md5-dos2unix') AND b.algorithm IN ('md5', 'md5-dos2unix')
ORDER BY 1, 2;

-- @name versions
-- @param ids ids of contents
SELECT id, content FROM version WHERE content IN (SELECT unnest($ids::INTEGER[])) ORDER BY id;

-- @name places
-- @param ids ids of versions
SELECT v.id, a.path, coalesce(s.name, '') FROM version v JOIN artifact a ON a.id = v.artifact
LEFT JOIN source s ON s.id = a.source WHERE v.id IN (SELECT unnest($ids::INTEGER[])) ORDER BY v.id;

-- @name brought
-- @param ids ids of versions
SELECT e.effect, e.kind, e.cause, e.strength, coalesce(o.path, ''), coalesce(o.commit_oid, '')
FROM edge e LEFT JOIN origin o ON o.id = e.origin
WHERE e.kind IN ('introduced', 'restored') AND e.effect IN (SELECT unnest($ids::INTEGER[]))
ORDER BY e.effect, e.kind, e.cause;

-- @name listed
-- @param ids ids of contents
SELECT v.artifact, a.path, coalesce(s.name, ''), m.name, m.content, list(DISTINCT v.id ORDER BY v.id)
FROM member m JOIN version v ON v.content = m.directory JOIN artifact a ON a.id = v.artifact
LEFT JOIN source s ON s.id = a.source
WHERE m.content IN (SELECT unnest($ids::INTEGER[]))
GROUP BY ALL ORDER BY 3, 2, 4, 5, 1;
