-- @title Stored bytes against what is recorded

-- @name sources
SELECT s.id, s.name, s.kind,
    (SELECT list(q.locator ORDER BY q.newest DESC) FROM (
        SELECT locator, max(id) AS newest FROM acquisition WHERE source = s.id GROUP BY locator) q)
FROM source s ORDER BY s.id;

-- @name earlier
-- What was found at each path when it was looked at last.
-- @param source id of a source
SELECT path, size, mtime_ns, state, found, sha256 FROM byte_check WHERE source = $source
QUALIFY row_number() OVER (PARTITION BY path ORDER BY checked_at DESC, rowid DESC) = 1 ORDER BY path;

-- @name contents
-- @param digests values of digests by md5, and by md5 with CRLF as LF
SELECT c.value, c.algorithm, c.id FROM content c
SEMI JOIN (SELECT unnest($digests::VARCHAR[]) AS value) g ON g.value = c.value
WHERE c.algorithm IN ('md5', 'md5-dos2unix') ORDER BY c.id;

-- @name missing
-- What DVC tracks at some commit, and lies in no store: the object itself, or files of the directory.
-- @param source id of a source
-- @param stored ids of contents that lie in a store
WITH stored AS (
    SELECT unnest($stored::INTEGER[]) AS id
), tracked AS (
    SELECT v.content AS id, min(a.path) AS path, max(v.size) AS size
    FROM change h JOIN version v ON v.id = h.version JOIN artifact a ON a.id = v.artifact
    JOIN content c ON c.id = v.content
    WHERE h.layer = 'dvc' AND a.source = $source AND c.algorithm IN ('md5', 'md5-dos2unix')
    GROUP BY v.content
), part AS (
    SELECT m.directory AS id, count(*) AS files, count(*) FILTER (m.content NOT IN (FROM stored)) AS lost
    FROM member m SEMI JOIN tracked t ON t.id = m.directory GROUP BY m.directory
)
SELECT t.id, t.path, c.algorithm || ':' || c.value, t.size, t.id NOT IN (FROM stored) AS itself,
    coalesce(p.lost, 0), coalesce(p.files, 0)
FROM tracked t JOIN content c ON c.id = t.id LEFT JOIN part p ON p.id = t.id
WHERE itself OR p.lost > 0 ORDER BY t.path, t.id;

-- @name releases
-- @param ids node ids
SELECT r.name, r.stages FROM releases r SEMI JOIN (SELECT unnest($ids::INTEGER[]) AS id) g ON g.id = r.release_id
ORDER BY r.stages IS NULL, r.name;

-- @name origin
-- @param source id of a source
-- @param path of the file
INSERT INTO origin SELECT coalesce(max(id), 0) + 1, $source, $path, '', 'fsck' FROM origin
HAVING NOT EXISTS (FROM origin o WHERE o.source = $source AND o.path = $path AND o.locus = 'fsck');

-- @name finding
-- @param source id of a source
-- @param path of the file
-- @param message in words
-- @param node the content, or NULL
INSERT INTO finding
SELECT coalesce(max(f.id), 0) + 1, $source, 'tampered', $message, FALSE, $node::INTEGER,
    (SELECT id FROM origin WHERE source = $source AND path = $path AND locus = 'fsck'),
    (SELECT max(id) FROM acquisition WHERE source = $source)
FROM finding f
HAVING NOT EXISTS (FROM finding g WHERE g.source = $source AND g.kind = 'tampered' AND g.message = $message
    AND g.node IS NOT DISTINCT FROM $node::INTEGER);
