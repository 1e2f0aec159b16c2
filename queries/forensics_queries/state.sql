-- @title What a commit holds
-- @description The table change keeps, for each commit and each of its parents, only the paths that differ.

-- @name parents
-- Parents that were not cloned stand in the table too; they are no commits of the case.
SELECT p.child, p.parent FROM parent p JOIN git_commit c ON c.id = p.child AND NOT c.boundary
ORDER BY p.child, p.ordinal;

-- @name commits
SELECT id FROM git_commit ORDER BY id;

-- @name changes
-- @param artifacts ids of artifacts
SELECT git_commit, artifact, layer, list(parent ORDER BY acquisition, parent), list(version ORDER BY acquisition, parent)
FROM change WHERE artifact IN (SELECT unnest($artifacts::INTEGER[]))
GROUP BY git_commit, artifact, layer ORDER BY git_commit, artifact, layer;

-- @name all_changes
SELECT git_commit, artifact, layer, list(parent ORDER BY acquisition, parent), list(version ORDER BY acquisition, parent)
FROM change
GROUP BY git_commit, artifact, layer ORDER BY git_commit, artifact, layer;
