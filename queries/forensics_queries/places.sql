-- @title Paths, and files inside directories
-- @description A path means an artifact, or a file within an artifact that is a directory.

-- @name artifacts
-- @param paths the path itself and every folder above it
-- @param name the text as a name of an artifact; empty for paths alone
SELECT a.source, a.id, a.path, FALSE AS by_name FROM artifact a
WHERE a.path IN (SELECT unnest($paths::VARCHAR[]))
UNION
SELECT a.source, a.id, a.path, TRUE FROM role r JOIN artifact a ON a.id = r.artifact
WHERE $name <> '' AND r.name = $name
ORDER BY 1, 3, 4;

-- @name versions
-- @param artifacts ids of artifacts
SELECT id FROM version WHERE artifact IN (SELECT unnest($artifacts::INTEGER[])) ORDER BY id;

-- @name exact
-- @param path path of an artifact
-- @param digest algorithm:value, or a question mark where the bytes are not known
-- @param source id of the source, 0 for what is outside all
SELECT v.id FROM version v JOIN artifact a ON a.id = v.artifact LEFT JOIN content c ON c.id = v.content
WHERE a.path = $path AND a.source = $source
  AND CASE WHEN $digest = '?' THEN v.content IS NULL ELSE c.algorithm || ':' || c.value = $digest END
ORDER BY v.id;

-- @name by_digest
-- @param artifacts ids of artifacts
-- @param algorithm of the digest, empty for any
-- @param prefix first digits of the value
SELECT v.id, c.algorithm || ':' || c.value FROM version v JOIN content c ON c.id = v.content
WHERE v.artifact IN (SELECT unnest($artifacts::INTEGER[])) AND starts_with(c.value, $prefix)
  AND ($algorithm = '' OR c.algorithm = $algorithm)
ORDER BY v.id;

-- @name members
-- @param versions ids of versions
-- @param name name of a file, or of a folder of files, in their directories
SELECT DISTINCT m.directory, m.name, m.content FROM version v JOIN member m ON m.directory = v.content
WHERE v.id IN (SELECT unnest($versions::INTEGER[])) AND (m.name = $name OR starts_with(m.name, $name || '/'))
ORDER BY m.name, m.directory, m.content;

-- @name unlisted
-- @param versions ids of versions
SELECT v.id FROM version v JOIN content c ON c.id = v.content
WHERE v.id IN (SELECT unnest($versions::INTEGER[])) AND ends_with(c.value, '.dir')
  AND NOT EXISTS (FROM listing l WHERE l.directory = v.content)
ORDER BY v.id;
