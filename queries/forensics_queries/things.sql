-- @title Nodes as they are shown
-- @description One statement a kind of node; each takes node ids of any kind and returns those of its own.

-- @name kinds
-- @param ids node ids
SELECT id, kind FROM node WHERE id IN (SELECT unnest($ids::INTEGER[])) ORDER BY id;

-- @name sources
SELECT id, name, count(*) OVER (PARTITION BY name) = 1, kind = 'mlmd' FROM source ORDER BY id;

-- @name versions
-- @param ids node ids
-- The id in a store stands for a version only where the row has had one state.
SELECT v.version_id, v.source_id, v.path, coalesce(v.digest, ''), coalesce(v.owner, ''), v.kind,
    coalesce(v.name, ''), coalesce(v.label, ''),
    CASE WHEN v.document = 'Artifact' AND (
        SELECT count(*) FROM version o JOIN origin g ON g.id = o.origin
        WHERE g.source = v.source_id AND g.path = 'Artifact' AND g.locus = v.document_locus
    ) = 1 THEN 'artifact/' || v.document_locus ELSE '' END
FROM versions v WHERE v.version_id IN (SELECT unnest($ids::INTEGER[])) ORDER BY v.version_id;

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
    CASE WHEN o.path = 'Execution' THEN 'execution/' || o.locus ELSE '' END
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
SELECT n.id, o.source, arg_max(d.name, d.acquisition), arg_max(d.type, d.acquisition), 'context/' || min(o.locus)
FROM node n JOIN details d ON d.node = n.id JOIN origin o ON o.id = d.origin
WHERE n.kind = 'context' AND n.id IN (SELECT unnest($ids::INTEGER[])) GROUP BY n.id, o.source ORDER BY n.id;
