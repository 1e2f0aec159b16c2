-- @title What the gap rules need to know of contents
-- @description Sizes are those that any version or listing states.
-- @param contents ids of the marked contents and their other digests

-- @name standing_gaps
SELECT g.node, g.kind, g.size, c.algorithm || ':' || c.value AS digest, coalesce(a.source, e.source, h.source) AS source
FROM gap g
LEFT JOIN (
    SELECT v.content AS id, min(a.source) AS source FROM version v JOIN artifact a ON a.id = v.artifact
    WHERE v.content IN (SELECT node FROM gap) GROUP BY v.content HAVING count(DISTINCT a.source) = 1
) h ON h.id = g.node
LEFT JOIN version v ON v.id = g.node
LEFT JOIN content c ON c.id = coalesce(v.content, g.node)
LEFT JOIN artifact a ON a.id = v.artifact
LEFT JOIN execution e ON e.id = g.node
WHERE NOT EXISTS (FROM filled f WHERE f.node = g.node AND f.kind = g.kind)
ORDER BY g.node, g.kind;

-- @name same_addresses
-- @param nodes ids of versions
-- @param holders ids of versions that have the marked contents
WITH RECURSIVE met(id) AS (
    SELECT v.id FROM version v WHERE v.content IS NULL AND list_contains($nodes::INTEGER[], v.id)
    UNION
    SELECT e.cause FROM edge e JOIN met m ON m.id = e.effect WHERE e.kind = 'imported' AND e.reason = 'by-uri'
)
SELECT m.id FROM met m WHERE NOT list_contains($nodes::INTEGER[], m.id)
UNION
-- A row that was written over is what it was before as well.
SELECT cause FROM edge WHERE kind = 'imported' AND reason = 'overwritten' AND list_contains($nodes::INTEGER[], effect)
UNION
SELECT o.id FROM version v
JOIN artifact a ON a.id = v.artifact JOIN source s ON s.id = a.source AND s.is_store
JOIN version o ON o.artifact = v.artifact AND o.id <> v.id
WHERE v.content IS NULL AND list_contains($nodes::INTEGER[], v.id)
  AND NOT EXISTS (FROM edge g WHERE g.kind = 'generated' AND g.effect = o.id)
UNION
-- What a run wrote there, without a digest, may be the very file that stands there now.
SELECT e.cause FROM edge e JOIN version v ON v.id = e.cause AND v.content IS NULL
WHERE e.kind = 'imported' AND e.reason = 'by-uri' AND list_contains($holders::INTEGER[], e.effect)
  AND EXISTS (FROM edge g WHERE g.kind = 'generated' AND g.effect = e.cause)
ORDER BY 1;

-- @name spelled_otherwise
-- Addresses that end in the same two names may be one file, as two machines call it; two buckets, say, are two places.
-- @param nodes ids of nodes
WITH located AS (
    SELECT v.id, a.source, a.path, array_to_string(string_split(a.path, '/')[-2:], '/') AS tail,
        EXISTS (FROM details d WHERE d.node = v.id AND regexp_matches(d.uri, '^[A-Za-z][A-Za-z0-9+.-]+://')
            AND NOT starts_with(lower(d.uri), 'file:')) AS remote
    FROM version v JOIN artifact a ON a.id = v.artifact WHERE a.source = $source AND contains(a.path, '/')
)
SELECT DISTINCT g.node FROM gap g
JOIN located l ON l.id = g.node
JOIN located r ON r.tail = l.tail AND r.path <> l.path AND NOT (r.remote AND l.remote)
SEMI JOIN (SELECT unnest($nodes::INTEGER[]) AS id) n ON n.id = r.id
WHERE g.kind = 'hashless' ORDER BY g.node;

-- @name sources
-- @param nodes ids of nodes
SELECT source, count(*) FROM (
    SELECT a.source FROM version v JOIN artifact a ON a.id = v.artifact WHERE list_contains($nodes::INTEGER[], v.id)
    UNION ALL
    SELECT source FROM execution WHERE list_contains($nodes::INTEGER[], id)
    UNION ALL
    SELECT source FROM release WHERE list_contains($nodes::INTEGER[], id)
) GROUP BY source ORDER BY source;

-- @name git_ids
SELECT c.id FROM content c SEMI JOIN (SELECT unnest($contents::INTEGER[]) AS id) g ON g.id = c.id
WHERE c.algorithm = 'git' ORDER BY c.id;

-- @name reads_data
-- @param runs ids of executions
SELECT count(*) > 0 FROM edge e JOIN version v ON v.id = e.cause JOIN artifact a ON a.id = v.artifact
WHERE e.kind = 'used' AND list_contains($runs::INTEGER[], e.effect) AND v.kind NOT IN ('code', 'params')
  AND NOT starts_with(a.path, '$ ');

-- @name outside_history
-- @param versions ids of versions
SELECT v.id FROM version v JOIN artifact a ON a.id = v.artifact JOIN source s ON s.id = a.source AND s.kind <> 'git'
WHERE list_contains($versions::INTEGER[], v.id) AND a.source > 0 LIMIT 1;

-- @name without_producer
-- @param versions ids of versions
SELECT g.node FROM gap g SEMI JOIN (SELECT unnest($versions::INTEGER[]) AS id) v ON v.id = g.node
WHERE g.kind = 'no-producer' AND NOT EXISTS (FROM filled f WHERE f.node = g.node AND f.kind = g.kind)
LIMIT 1;

-- @name opaque_versions
-- @param versions ids of versions
SELECT DISTINCT g.id AS carrier, v.id AS opaque
FROM (SELECT unnest($versions::INTEGER[]) AS id) g
JOIN version c ON c.id = g.id
JOIN artifact a ON a.id = c.artifact
JOIN artifact w ON w.source = a.source AND (w.id = a.id OR starts_with(a.path, w.path || '/'))
JOIN version v ON v.artifact = w.id AND v.id <> c.id
WHERE EXISTS (
    FROM gap p WHERE p.node IN (v.id, v.content) AND p.kind IN ('missing-listing', 'no-digest')
        AND NOT EXISTS (FROM filled f WHERE f.node = p.node AND f.kind = p.kind)
)
ORDER BY carrier, opaque;

-- @name cut_commits
SELECT g.node FROM gap g SEMI JOIN git_commit c ON c.id = g.node
WHERE g.kind = 'shallow' AND NOT EXISTS (FROM filled f WHERE f.node = g.node AND f.kind = g.kind)
ORDER BY g.node;

-- @name unlisted_siblings
-- @param versions ids of versions
SELECT DISTINCT v.id AS sibling, w.content AS directory
FROM version w
SEMI JOIN (SELECT unnest($versions::INTEGER[]) AS id) g ON g.id = w.id
JOIN version v ON v.artifact = w.artifact AND v.content IS DISTINCT FROM w.content
WHERE EXISTS (FROM gap p WHERE p.node = w.content AND p.kind = 'missing-listing')
  AND NOT EXISTS (FROM filled f WHERE f.node = w.content AND f.kind = 'missing-listing')
ORDER BY sibling, directory;

-- @name alike
-- @param versions ids of versions
SELECT DISTINCT v.content
FROM version c
SEMI JOIN (SELECT unnest($versions::INTEGER[]) AS id) g ON g.id = c.id
JOIN artifact a ON a.id = c.artifact
JOIN artifact w ON w.source = a.source AND (w.id = a.id OR starts_with(a.path, w.path || '/'))
JOIN version v ON v.artifact = w.id
WHERE v.content IS NOT NULL ORDER BY v.content;

-- @name file_sizes
WITH given AS (SELECT unnest($contents::INTEGER[]) AS id)
SELECT c.id, coalesce((SELECT max(v.size) FROM version v WHERE v.content = c.id),
    (SELECT max(m.size) FROM member m WHERE m.content = c.id)) AS size
FROM content c SEMI JOIN given g ON g.id = c.id
WHERE NOT ends_with(c.value, '.dir') AND c.algorithm NOT IN ('git', 'param')
  AND NOT EXISTS (
      FROM version v JOIN artifact a ON a.id = v.artifact WHERE v.content = c.id AND starts_with(a.path, '$ ')
  )
ORDER BY c.id;

-- @name other_algorithms
WITH marked AS (SELECT * FROM content SEMI JOIN (SELECT unnest($contents::INTEGER[]) AS id) g USING (id)),
-- Mostly none, and then nothing else is looked at.
other AS MATERIALIZED (
    SELECT * FROM content
    WHERE algorithm NOT IN ('git', 'param', 'tfx-code') AND algorithm NOT IN (SELECT algorithm FROM marked)
),
sized AS (
    SELECT c.id, coalesce((SELECT max(v.size) FROM version v WHERE v.content = c.id),
        (SELECT max(m.size) FROM member m WHERE m.content = c.id)) AS size
    FROM (FROM other UNION ALL FROM marked) c
),
same AS (
    SELECT cause AS id, effect AS other FROM edge WHERE kind = 'content' AND strength IN ('recorded', 'matched')
    UNION ALL
    SELECT effect, cause FROM edge WHERE kind = 'content' AND strength IN ('recorded', 'matched')
),
named AS (
    SELECT DISTINCT v.content AS id FROM version v JOIN artifact a ON a.id = v.artifact WHERE NOT starts_with(a.path, '$ ')
    UNION
    SELECT DISTINCT m.content FROM member m
)
SELECT DISTINCT c.id
FROM other c
JOIN sized s ON s.id = c.id
SEMI JOIN named n ON n.id = c.id
WHERE EXISTS (
      FROM marked m LEFT JOIN sized z ON z.id = m.id
      WHERE m.algorithm <> 'git' AND ends_with(m.value, '.dir') = ends_with(c.value, '.dir')
        AND (z.size IS NULL OR s.size IS NULL OR z.size = s.size)
  )
  AND NOT EXISTS (
      FROM same e JOIN content o ON o.id = e.other
      WHERE e.id = c.id AND o.algorithm IN (SELECT algorithm FROM marked)
  )
ORDER BY c.id;
