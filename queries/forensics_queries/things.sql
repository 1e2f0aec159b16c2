-- @title Nodes as they are shown
-- @description One statement a kind of node; each takes node ids of any kind and returns those of its own.

-- @name kinds
-- @param ids node ids
SELECT id, kind FROM node WHERE id IN (SELECT unnest($ids::INTEGER[])) ORDER BY id;

-- @name sources
SELECT id, name, count(*) OVER (PARTITION BY name) = 1, is_store FROM source ORDER BY id;

-- @name versions
-- @param ids node ids
-- The id in a store stands for a version only where the row has had one state.
WITH asked AS MATERIALIZED (
    FROM versions WHERE version_id IN (SELECT unnest($ids::INTEGER[]))
), overwritten AS (
    SELECT o.source, o.path, o.locus FROM origin o
    JOIN source s ON s.id = o.source AND s.is_store
    JOIN version v ON v.origin = o.id
    SEMI JOIN asked a ON a.source_id = o.source AND a.document = o.path AND a.document_locus = o.locus
    GROUP BY ALL HAVING count(*) > 1
)
SELECT a.version_id, a.source_id, a.path, coalesce(a.digest, ''), coalesce(a.owner, ''), a.kind,
    coalesce(a.name, ''), coalesce(a.label, ''),
    CASE WHEN w.locus IS NULL THEN coalesce(lower(a.document) || '/' || a.document_locus, '') ELSE '' END
FROM asked a
LEFT JOIN overwritten w ON w.source = a.source_id AND w.path = a.document AND w.locus = a.document_locus
ORDER BY a.version_id;

-- @name contents
-- @param ids node ids
-- The name shown is the first in alphabetical order of the shortest ones, of versions before files in directories.
WITH asked AS (
    SELECT id, algorithm, value FROM content WHERE id IN (SELECT unnest($ids::INTEGER[]))
), named AS (
    SELECT v.content AS id, min((length(a.path), a.path)) AS name
    FROM version v JOIN artifact a ON a.id = v.artifact SEMI JOIN asked ON asked.id = v.content GROUP BY v.content
), listed AS (
    SELECT m.content AS id, min((length(m.name), m.name)) AS name
    FROM member m SEMI JOIN asked ON asked.id = m.content GROUP BY m.content
)
SELECT c.id, c.algorithm, c.value, coalesce(n.name[2], l.name[2], '')
FROM asked c LEFT JOIN named n ON n.id = c.id LEFT JOIN listed l ON l.id = c.id ORDER BY c.id;

-- @name executions
-- @param ids node ids
SELECT e.id, e.source, e.identity, e.name, coalesce(nullif(e.script, ''), o.path, ''), e.command,
    coalesce(lower(o.path) || '/' || o.locus, '')
FROM execution e LEFT JOIN origin o ON o.id = e.origin
WHERE e.id IN (SELECT unnest($ids::INTEGER[])) ORDER BY e.id;

-- @name commits
-- @param ids node ids
SELECT n.id, substr(n.key, length('commit') + 2), c.source, coalesce(c.message, '')
FROM node n LEFT JOIN git_commit c ON c.id = n.id
WHERE n.kind = 'commit' AND n.id IN (SELECT unnest($ids::INTEGER[])) ORDER BY n.id;

-- @name actors
-- @param ids node ids
SELECT id, mail, name FROM actor WHERE id IN (SELECT unnest($ids::INTEGER[])) ORDER BY id;

-- @name releases
-- @param ids node ids
SELECT r.id, r.source, r.name, r.artifact_name, c.oid, (SELECT count(*) FROM release o WHERE o.name = r.name) = 1,
    coalesce((SELECT min(a.kind) FROM artifacts a WHERE a.source_id = r.source AND a.name = r.artifact_name), '')
FROM release r LEFT JOIN git_commit c ON c.id = r.git_commit
WHERE r.id IN (SELECT unnest($ids::INTEGER[])) ORDER BY r.id;

-- @name contexts
-- @param ids node ids
SELECT n.id, o.source, arg_max(d.name, d.acquisition), arg_max(d.type, d.acquisition), min(lower(o.path) || '/' || o.locus)
FROM node n JOIN details d ON d.node = n.id JOIN origin o ON o.id = d.origin
WHERE n.kind = 'context' AND n.id IN (SELECT unnest($ids::INTEGER[])) GROUP BY n.id, o.source ORDER BY n.id;
