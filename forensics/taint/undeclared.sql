-- @title Files of git trees
-- @param versions ids of versions
-- @param version id of one version

-- @name git_files
SELECT DISTINCT v.id, a.path
FROM version v SEMI JOIN (SELECT unnest($versions::INTEGER[]) AS id) g ON g.id = v.id
JOIN artifact a ON a.id = v.artifact
WHERE EXISTS (FROM change c WHERE c.artifact = v.artifact AND c.version = v.id AND c.layer = 'git')
ORDER BY v.id;

-- @name file_changes
SELECT c.git_commit, c.parent, c.version FROM change c
WHERE c.layer = 'git' AND c.artifact = (SELECT artifact FROM version WHERE id = $version)
ORDER BY c.git_commit, c.parent;

-- @name uncommitted
-- What another source read, without a run of its own that made it, where some versions stand, in a state that no version
-- there has: at an address that ends in their path, or lies within it. A path of one name says too little, unless it is
-- the whole address.
-- @param versions ids of versions
WITH brought AS (
    SELECT a.id AS artifact, a.source, a.path, string_split(a.path, '/')[-1] AS name, min(v.id) AS version
    FROM version v SEMI JOIN (SELECT unnest($versions::INTEGER[]) AS id) g ON g.id = v.id
    JOIN artifact a ON a.id = v.artifact
    WHERE NOT starts_with(a.path, '$ ') GROUP BY ALL
), read AS (
    SELECT DISTINCT v.id, v.content, a.source, '/' || trim(replace(r.value, '\', '/'), '/') || '/' AS address
    FROM reference r JOIN version v ON v.id = r.node JOIN artifact a ON a.id = v.artifact
    WHERE r.kind = 'uri' AND v.content IS NOT NULL
        AND NOT EXISTS (FROM edge g WHERE g.kind = 'generated' AND g.effect = v.id)
), met AS MATERIALIZED (
    SELECT DISTINCT r.id, r.content, b.artifact, b.version
    FROM (SELECT *, unnest(string_split(address, '/')) AS part FROM read) r
    JOIN brought b ON b.name = r.part AND b.source <> r.source AND contains(r.address, '/' || b.path || '/')
    WHERE b.path <> b.name OR r.address = '/' || b.path || '/'
), twin AS (
    SELECT cause AS id, effect AS other FROM edge WHERE kind = 'content' AND strength IN ('recorded', 'matched')
    UNION ALL
    SELECT effect, cause FROM edge WHERE kind = 'content' AND strength IN ('recorded', 'matched')
), known AS (
    SELECT id, artifact, content FROM met
    UNION
    SELECT m.id, m.artifact, t.other FROM met m JOIN twin t ON t.id = m.content
), standing AS (
    SELECT v.artifact, v.content FROM version v SEMI JOIN met m ON m.artifact = v.artifact
    UNION
    SELECT v.artifact, f.content FROM version v SEMI JOIN met m ON m.artifact = v.artifact
    JOIN member f ON f.directory = v.content
)
SELECT id, min(version) AS version FROM met m
WHERE NOT EXISTS (
    FROM known k JOIN standing s USING (artifact, content) WHERE k.id = m.id AND k.artifact = m.artifact
)
GROUP BY id ORDER BY id;
