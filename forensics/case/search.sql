-- @title Digests that other sources name, to be looked for in the bytes of git history
-- @description What a search found does not change what is wanted, so that equal sources ask for the same again, and
--   are not searched again.

-- @name sources
-- The newest reading of each source whose files go by ids of their own, by each connector, with the state it saw.
SELECT s.id, s.kind, s.name, s.object_format, arg_max(q.locator, q.id) AS locator, arg_max(q.state, q.id) AS state,
    coalesce(nullif(q.connector, ''), s.kind) AS connector,
    (SELECT list(f.value ORDER BY f.value) FROM fingerprint f WHERE f.source = s.id) AS fingerprints
FROM source s JOIN acquisition q ON q.source = s.id
WHERE s.kind = 'git' AND EXISTS (FROM source o WHERE o.kind <> 'git')
    AND q.connector <> 'search'
GROUP BY ALL ORDER BY s.id, max(q.id) DESC;

-- @name stamp
-- The states of all that was read: equal ones want the same.
SELECT md5(string_agg(concat_ws(chr(0), source, connector, state), chr(1) ORDER BY source, connector)) FROM (
    SELECT source, connector, arg_max(state, id) AS state FROM acquisition WHERE connector <> 'search' GROUP BY ALL
);

-- @name searched
SELECT arg_max(state, id), arg_max(json_extract_string(details, '$.sources'), id) FROM acquisition
WHERE source = $source AND connector = 'search';

-- @name wanted
-- @param empty digests of the empty file and the empty directory
WITH foreign_version AS (
    SELECT v.id, v.content, a.path, v.kind FROM version v JOIN artifact a ON a.id = v.artifact
    JOIN source s ON s.id = a.source AND s.kind <> 'git'
    WHERE v.content IS NOT NULL
), held AS (
    SELECT v.content AS id FROM version v JOIN artifact a ON a.id = v.artifact
    JOIN source s ON s.id = a.source AND s.kind = 'git' WHERE v.content IS NOT NULL
    UNION ALL SELECT content FROM member
    UNION ALL SELECT id FROM content WHERE algorithm = 'git'
), twin AS (
    SELECT e.cause, e.effect FROM edge e JOIN acquisition q ON q.id = e.acquisition
    WHERE e.kind = 'content' AND e.strength IN ('recorded', 'matched')
        AND q.connector <> 'search'
), joined AS (
    FROM held
    UNION ALL SELECT cause FROM twin SEMI JOIN held ON held.id = twin.effect
    UNION ALL SELECT effect FROM twin SEMI JOIN held ON held.id = twin.cause
), sought AS (
    SELECT c.id, c.algorithm, c.value FROM content c SEMI JOIN foreign_version f ON f.content = c.id
    WHERE c.algorithm = 'tfx-code' OR (c.algorithm IN ('md5', 'md5-dos2unix', 'sha1', 'sha256')
        AND NOT ends_with(c.value, '.dir') AND NOT list_contains($empty::VARCHAR[], c.algorithm || ':' || c.value)
        AND c.id NOT IN (FROM joined))
), called AS (
    SELECT id, content, kind, path FROM foreign_version
    UNION ALL
    SELECT f.id, f.content, f.kind, r.value FROM foreign_version f JOIN reference r ON r.node = f.id AND r.kind = 'uri'
), known AS (
    SELECT content, lower(regexp_extract(replace(path, '\', '/'), '([^/]+)/*$', 1)) AS name, kind,
        starts_with(path, 'module:') OR regexp_matches(path, '(?i)[.](py|ipynb|r|jl|sh|scala|java|sql)$') AS is_code
    FROM called
)
SELECT s.algorithm, s.value, list_sort(list(DISTINCT k.name))[:20] AS names,
    bool_or(s.algorithm = 'tfx-code' OR (k.kind = 'code' AND k.is_code)) AS is_code
FROM sought s JOIN known k ON k.content = s.id
GROUP BY s.algorithm, s.value
-- Other code is the image of a container, which is in no commit.
HAVING s.algorithm = 'tfx-code' OR bool_or(k.kind <> 'code' OR k.is_code)
ORDER BY s.algorithm, s.value;

-- @name names
-- Which of some file names a source has.
-- @param source id of a source
-- @param names file names, in lower case
WITH file AS (
    SELECT a.path AS name FROM artifact a WHERE a.source = $source
    UNION ALL
    SELECT m.name FROM member m
    WHERE EXISTS (FROM version v JOIN artifact a ON a.id = v.artifact WHERE a.source = $source AND v.content = m.directory)
)
SELECT DISTINCT lower(regexp_extract(name, '([^/]+)/*$', 1)) AS found FROM file
WHERE list_contains($names::VARCHAR[], found) ORDER BY found;

-- @name held
-- The files of a source by md5: those of some names; of all others the smallest, as far as a budget goes; and how many
-- are left. A size that is not on record counts as a MiB.
-- @param source id of a source
-- @param names file names, in lower case
-- @param budget bytes
WITH file AS (
    SELECT v.content, a.path AS name, v.size FROM version v JOIN artifact a ON a.id = v.artifact WHERE a.source = $source
    UNION ALL
    SELECT m.content, m.name, m.size FROM member m
    WHERE EXISTS (FROM version v JOIN artifact a ON a.id = v.artifact WHERE a.source = $source AND v.content = m.directory)
), known AS (
    SELECT c.value, bool_or(list_contains($names::VARCHAR[], lower(regexp_extract(f.name, '([^/]+)/*$', 1)))) AS is_named,
        coalesce(max(f.size), 1048576) AS size
    FROM file f JOIN content c ON c.id = f.content
    WHERE c.algorithm = 'md5' AND NOT ends_with(c.value, '.dir') GROUP BY c.value
), ranked AS (
    SELECT *, sum(size) OVER (PARTITION BY is_named ORDER BY size, value ROWS UNBOUNDED PRECEDING) AS total FROM known
)
SELECT list(value ORDER BY value) FILTER (is_named),
    list(value ORDER BY total, value) FILTER (NOT is_named AND total <= $budget),
    count(*) FILTER (NOT is_named AND total > $budget)
FROM ranked;

-- @name settled
-- What was found by a search, or is said to be in no commit.
SELECT c.algorithm, c.value FROM content c
WHERE EXISTS (FROM listing l WHERE l.directory = c.id AND c.algorithm = 'tfx-code')
    OR EXISTS (FROM edge e JOIN acquisition q ON q.id = e.acquisition WHERE e.kind = 'content' AND e.cause = c.id
        AND q.connector = 'search')
    OR EXISTS (FROM finding f WHERE f.node = c.id AND f.kind = 'code-not-committed');
