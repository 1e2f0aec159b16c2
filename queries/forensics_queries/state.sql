-- @title What a commit holds
-- @description The table change keeps, for each commit and each of its parents, only the paths that differ.

-- @name parents
-- Parents that were not cloned stand in the table too; they are no commits of the case.
SELECT p.child, list(p.parent ORDER BY p.ordinal) FROM parent p
SEMI JOIN git_commit c ON c.id = p.child
WHERE NOT EXISTS (FROM git_commit b WHERE b.id = p.child AND b.boundary)
GROUP BY p.child ORDER BY p.child;

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
