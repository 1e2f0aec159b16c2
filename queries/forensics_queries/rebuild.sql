-- @title What a rebuild needs to know of runs and their inputs

-- @name executions
-- @param executions ids of executions
SELECT e.id, e.source, e.name, e.script, e.directory, e.command, e.declared, coalesce(s.is_store, false) FROM execution e
SEMI JOIN (SELECT unnest($executions::INTEGER[]) AS id) g ON g.id = e.id
JOIN source s ON s.id = e.source ORDER BY e.id;

-- @name artifacts
-- @param versions ids of versions
SELECT v.id, v.artifact, a.source FROM version v SEMI JOIN (SELECT unnest($versions::INTEGER[]) AS id) g ON g.id = v.id
JOIN artifact a ON a.id = v.artifact ORDER BY v.id;

-- @name states
-- @param artifacts ids of artifacts
SELECT v.artifact, v.id FROM version v
SEMI JOIN (SELECT unnest($artifacts::INTEGER[]) AS artifact) g ON g.artifact = v.artifact ORDER BY v.artifact, v.id;

-- @name names
-- @param directory id of a directory content
SELECT name, content FROM member WHERE directory = $directory ORDER BY name;
