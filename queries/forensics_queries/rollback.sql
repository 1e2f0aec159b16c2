-- @title Versions of artifacts, and what a restore needs to know of them

-- @name artifacts
-- @param versions ids of versions
SELECT DISTINCT artifact FROM version SEMI JOIN (SELECT unnest($versions::INTEGER[]) AS id) g USING (id) ORDER BY artifact;

-- @name models
SELECT artifact_id FROM artifacts WHERE kind = 'model' AND source_id > 0 ORDER BY artifact_id;

-- @name names
-- @param artifacts ids of artifacts
SELECT a.id, a.path FROM artifact a SEMI JOIN (SELECT unnest($artifacts::INTEGER[]) AS id) g USING (id) ORDER BY a.path;

-- @name versions
-- @param artifacts ids of artifacts
SELECT v.id, v.artifact, c.algorithm || ':' || c.value AS digest, v.size
FROM version v SEMI JOIN (SELECT unnest($artifacts::INTEGER[]) AS artifact) g ON g.artifact = v.artifact
LEFT JOIN content c ON c.id = v.content
WHERE EXISTS (FROM change h WHERE h.version = v.id)
ORDER BY v.artifact, v.id;

-- @name released
SELECT DISTINCT git_commit FROM release WHERE git_commit IS NOT NULL ORDER BY git_commit;

-- @name locators
-- Every place that the source was read from, the one that was read last first.
-- @param versions ids of versions
SELECT v.id, q.locator, a.path
FROM version v SEMI JOIN (SELECT unnest($versions::INTEGER[]) AS id) g ON g.id = v.id
JOIN artifact a ON a.id = v.artifact
JOIN (SELECT source, locator, max(id) AS newest FROM acquisition GROUP BY ALL) q ON q.source = a.source
ORDER BY v.id, q.newest DESC;

-- @name commits
-- @param commits ids of commits
SELECT c.id, c.oid, c.commit_time, EXISTS (FROM missed m WHERE m.node = c.id) AS gone FROM git_commit c
SEMI JOIN (SELECT unnest($commits::INTEGER[]) AS id) g ON g.id = c.id ORDER BY c.id;

-- @name executions
-- @param executions ids of executions
SELECT e.id, e.name, e.script, e.directory, e.command, e.declared FROM execution e
SEMI JOIN (SELECT unnest($executions::INTEGER[]) AS id) g ON g.id = e.id ORDER BY e.id;

-- @name tracked
-- @param versions ids of versions
SELECT DISTINCT h.version FROM change h SEMI JOIN (SELECT unnest($versions::INTEGER[]) AS id) g ON g.id = h.version
WHERE h.layer = 'dvc' ORDER BY h.version;
