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
