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

-- @name homes
SELECT id, source FROM git_commit ORDER BY id;

-- @name twins
-- @param ids node ids
-- @param empty digests that are shared by chance everywhere
-- Versions without a maker on record, and those of the same bytes that another source has a run for.
SELECT v.id, w.id FROM version v
SEMI JOIN (SELECT unnest($ids::INTEGER[]) AS id) g ON g.id = v.id
JOIN artifact a ON a.id = v.artifact
JOIN content c ON c.id = v.content AND NOT list_contains($empty::VARCHAR[], c.algorithm || ':' || c.value)
JOIN version w ON w.content = v.content
JOIN artifact b ON b.id = w.artifact AND b.source <> a.source
WHERE NOT EXISTS (FROM edge e WHERE e.effect = v.id AND e.kind IN ('generated', 'part', 'member', 'imported', 'declared'))
  AND EXISTS (FROM edge e WHERE e.effect = w.id AND e.kind = 'generated')
ORDER BY v.id, w.id;
