-- @title What matches a text
-- @description Names that contain it, whatever the case of its letters; and every place where some bytes lie.

-- @name paths
-- @param text what to look for
-- Versions and their digests are two lists of one order.
SELECT a.source_id, a.path, coalesce(list(v.id ORDER BY v.id) FILTER (WHERE v.id IS NOT NULL), []),
    coalesce(list(c.algorithm || ':' || c.value ORDER BY v.id) FILTER (WHERE v.id IS NOT NULL), [])
FROM artifacts a LEFT JOIN version v ON v.artifact = a.artifact_id LEFT JOIN content c ON c.id = v.content
WHERE contains(lower(a.path), lower($text)) OR contains(lower(coalesce(a.name, '')), lower($text))
GROUP BY a.artifact_id, a.source_id, a.path ORDER BY 1, 2;

-- @name members
-- @param text what to look for
WITH named AS (
    SELECT m.directory, m.name, m.content FROM member m WHERE contains(lower(m.name), lower($text))
)
SELECT a.source, a.path, m.name, list(v.id ORDER BY v.id), list(c.algorithm || ':' || c.value ORDER BY v.id)
FROM named m JOIN version v ON v.content = m.directory JOIN artifact a ON a.id = v.artifact
JOIN content c ON c.id = m.content
GROUP BY a.source, a.path, m.name ORDER BY 1, 2, 3;

-- @name nodes
-- @param text what to look for
SELECT id FROM execution WHERE contains(lower(name), lower($text)) OR contains(lower(command), lower($text))
UNION SELECT id FROM release WHERE contains(lower(name), lower($text)) OR contains(lower(message), lower($text))
UNION SELECT id FROM git_commit WHERE contains(lower(message), lower($text))
UNION SELECT id FROM actor WHERE contains(lower(mail), lower($text)) OR contains(lower(name), lower($text))
ORDER BY 1;

-- @name versions
-- @param ids ids of contents
SELECT id FROM version WHERE content IN (SELECT unnest($ids::INTEGER[])) ORDER BY id;

-- @name listed
-- @param ids ids of contents
SELECT a.source, a.path, m.name, list(v.id ORDER BY v.id), list(c.algorithm || ':' || c.value ORDER BY v.id)
FROM member m JOIN version v ON v.content = m.directory JOIN artifact a ON a.id = v.artifact
JOIN content c ON c.id = m.content
WHERE m.content IN (SELECT unnest($ids::INTEGER[]))
GROUP BY a.source, a.path, m.name, m.content ORDER BY 1, 2, 3, any_value(c.algorithm || ':' || c.value);
