-- @title The versions in a lineage, for comparing two

-- @name facts
-- @param ids node ids
SELECT v.id, a.source, coalesce(s.is_store, FALSE), v.artifact, a.path, v.content, coalesce(v.label, ''),
    coalesce(c.algorithm || ':' || c.value, ''), l.nfiles, coalesce(ends_with(c.value, '.dir'), FALSE) OR l.nfiles IS NOT NULL
FROM version v SEMI JOIN (SELECT unnest($ids::INTEGER[]) AS id) g ON g.id = v.id
JOIN artifact a ON a.id = v.artifact
LEFT JOIN source s ON s.id = a.source
LEFT JOIN content c ON c.id = v.content
LEFT JOIN (SELECT directory, max(coalesce(nfiles, 0)) AS nfiles FROM listing GROUP BY directory) l ON l.directory = v.content
ORDER BY v.id;

-- @name events
-- @param ids node ids
SELECT execution, version, min(path) FROM event
SEMI JOIN (SELECT unnest($ids::INTEGER[]) AS id) g ON g.id = event.version
WHERE path IS NOT NULL GROUP BY execution, version ORDER BY execution, version;

-- @name settings
-- @param ids node ids
-- Properties of runs as the newest reading found them. A commit that one names is told as what was checked out.
SELECT p.node, p.name, arg_max(p.value, (p.acquisition, p.value)) FROM property p
SEMI JOIN (SELECT unnest($ids::INTEGER[]) AS id) g ON g.id = p.node
SEMI JOIN execution e ON e.id = p.node
WHERE p.kind <> 'null' AND NOT EXISTS (FROM git_commit c WHERE c.oid = p.value)
GROUP BY p.node, p.name ORDER BY p.node, p.name;

-- @name homes
SELECT id, source FROM git_commit ORDER BY id;

-- @name twins
-- @param ids node ids
-- @param empty digests that are shared by chance everywhere
-- Versions without a maker on record, and the one of the same bytes that another source has a run for. Where that source
-- has several, which of them it was cannot be told.
WITH lone AS (
    SELECT v.id, v.content, a.source FROM version v
    SEMI JOIN (SELECT unnest($ids::INTEGER[]) AS id) g ON g.id = v.id
    JOIN artifact a ON a.id = v.artifact
    JOIN content c ON c.id = v.content AND NOT list_contains($empty::VARCHAR[], c.algorithm || ':' || c.value)
    WHERE NOT EXISTS (
        FROM edge e WHERE e.effect = v.id AND e.kind IN ('generated', 'part', 'member', 'imported', 'declared')
    )
), made AS (
    SELECT v.content, a.source, min(v.id) AS id FROM version v
    SEMI JOIN lone l ON l.content = v.content
    SEMI JOIN (SELECT effect FROM edge WHERE kind = 'generated') e ON e.effect = v.id
    JOIN artifact a ON a.id = v.artifact
    GROUP BY v.content, a.source HAVING count(*) = 1
)
SELECT l.id, m.id FROM lone l JOIN made m ON m.content = l.content AND m.source <> l.source ORDER BY l.id, m.id;
