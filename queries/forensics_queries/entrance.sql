-- @title How bytes came in
-- @description The versions that hold some bytes, or list them as a file, and the commits that introduced those.

-- @name brought
-- @param contents ids of contents, or of versions that stand for themselves
-- @param commits ids of commits
WITH wanted AS (SELECT unnest($contents::INTEGER[]) AS id), held AS (
    SELECT w.id, '' AS name, v.id AS version FROM wanted w JOIN version v ON v.content = w.id
    UNION ALL SELECT w.id, '', v.id FROM wanted w JOIN version v ON v.id = w.id
    UNION ALL SELECT w.id, m.name, v.id FROM wanted w JOIN member m ON m.content = w.id JOIN version v ON v.content = m.directory
)
SELECT DISTINCT h.id, e.cause, h.name, v.artifact, a.path, coalesce(v.kind, ''), v.id, coalesce(v.content, -1), coalesce(v.label, '')
FROM held h JOIN version v ON v.id = h.version JOIN artifact a ON a.id = v.artifact
JOIN edge e ON e.kind = 'introduced' AND e.effect = v.id
SEMI JOIN (SELECT unnest($commits::INTEGER[]) AS id) g ON g.id = e.cause
ORDER BY ALL;

-- @name held
-- @param contents ids of contents, or of versions that stand for themselves
WITH wanted AS (SELECT unnest($contents::INTEGER[]) AS id), held AS (
    SELECT w.id, '' AS name, v.id AS version FROM wanted w JOIN version v ON v.content = w.id
    UNION ALL SELECT w.id, '', v.id FROM wanted w JOIN version v ON v.id = w.id
    UNION ALL SELECT w.id, m.name, v.id FROM wanted w JOIN member m ON m.content = w.id JOIN version v ON v.content = m.directory
)
SELECT h.id, -1, h.name, v.artifact, a.path, coalesce(v.kind, ''), v.id, coalesce(v.content, -1), coalesce(v.label, '')
FROM held h JOIN version v ON v.id = h.version JOIN artifact a ON a.id = v.artifact
QUALIFY row_number() OVER (PARTITION BY h.id ORDER BY h.name <> '', length(a.path), a.path, h.name, v.id) = 1
ORDER BY ALL;

-- @name version
-- @param version id of a version
SELECT id, coalesce(content, -1), coalesce(label, '') FROM version WHERE id = $version;

-- @name named
-- @param directory id of a directory content
-- @param name name of a file
SELECT name FROM member WHERE directory = $directory AND name = $name ORDER BY name;

-- @name listed
-- @param directory id of a directory content
SELECT directory FROM listing WHERE directory = $directory LIMIT 1;

-- @name differing
-- @param before id of a directory content
-- @param after id of a directory content
WITH x AS (SELECT DISTINCT name, content FROM member WHERE directory = $before),
y AS (SELECT DISTINCT name, content FROM member WHERE directory = $after)
SELECT count(*) FILTER (x.name IS NULL), count(*) FILTER (x.content <> y.content), count(*) FILTER (y.name IS NULL)
FROM x FULL JOIN y ON y.name = x.name;
