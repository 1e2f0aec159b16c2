-- @title How much things hold, as far as it is on record

-- @name contents
-- @param contents ids of contents
-- In bytes: as a source states them, or as bytes were counted that have this digest. Different sizes of one digest are
-- a claim against a claim: then none is known.
WITH wanted AS (
    SELECT DISTINCT unnest($contents::INTEGER[]) AS id
), said AS (
    SELECT v.content AS id, v.size FROM version v SEMI JOIN wanted w ON w.id = v.content WHERE v.size IS NOT NULL
    UNION
    SELECT m.content, m.size FROM member m SEMI JOIN wanted w ON w.id = m.content WHERE m.size IS NOT NULL
    UNION
    SELECT c.id, b.size FROM byte_check b
    JOIN content c ON c.id = b.content AND b.found = c.algorithm || ':' || c.value
    SEMI JOIN wanted w ON w.id = b.content
)
SELECT id, min(size) FROM said GROUP BY id HAVING count(DISTINCT size) = 1 ORDER BY id;

-- @name rows
-- @param contents ids of contents
-- @param names names of properties that say how many rows something has
WITH wanted AS (
    SELECT DISTINCT unnest($contents::INTEGER[]) AS id
), said AS (
    SELECT v.content AS id, TRY_CAST(p.value AS BIGINT) AS size FROM version v SEMI JOIN wanted w ON w.id = v.content
    JOIN property p ON p.node = v.id AND lower(p.name) IN (SELECT unnest($names::VARCHAR[]))
)
SELECT id, min(size) FROM said WHERE size >= 0 GROUP BY id HAVING count(DISTINCT size) = 1 ORDER BY id;

-- @name listings
-- @param directories ids of directory contents
SELECT l.directory, l.nfiles FROM listing l
SEMI JOIN (SELECT unnest($directories::INTEGER[]) AS id) g ON g.id = l.directory ORDER BY l.directory;

-- @name names
-- @param directories ids of directory contents, one for each of contents
-- @param contents ids of members
-- Under how many names a directory holds some bytes.
WITH wanted AS (
    SELECT DISTINCT unnest($directories::INTEGER[]) AS directory, unnest($contents::INTEGER[]) AS content
)
SELECT m.directory, m.content, count(DISTINCT m.name) FROM member m
JOIN wanted w ON w.directory = m.directory AND w.content = m.content
GROUP BY m.directory, m.content ORDER BY m.directory, m.content;
