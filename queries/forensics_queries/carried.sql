-- @title Files that a directory carries on from its earlier versions

-- @name directories
-- @param ids node ids
SELECT v.artifact, list(v.id ORDER BY v.id) FROM version v SEMI JOIN listing l ON l.directory = v.content
WHERE v.id IN (SELECT unnest($ids::INTEGER[])) GROUP BY v.artifact ORDER BY v.artifact;

-- @name files
-- @param artifact id of an artifact that is a directory
-- Files that stand in the same versions are one row.
SELECT versions, count(*), min(name) FROM (
    SELECT m.name, m.content, list(DISTINCT v.id ORDER BY v.id) AS versions
    FROM version v JOIN member m ON m.directory = v.content WHERE v.artifact = $artifact GROUP BY m.name, m.content
) GROUP BY versions ORDER BY versions;

-- @name commits
-- @param ids ids of versions
SELECT effect, list(DISTINCT cause ORDER BY cause) FROM edge
WHERE kind IN ('introduced', 'restored') AND effect IN (SELECT unnest($ids::INTEGER[]))
GROUP BY effect ORDER BY effect;
