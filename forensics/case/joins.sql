-- @title What sources say of each other
-- @description Runs at the end of every ingest, in its transaction, over the whole case: what one source names may have
--   come with an earlier reading, or come with a later one. Equal digests need no statement here: a content is one node
--   for all sources. Each statement adds only edges that are not there yet.
-- @param acquisition the id of this acquisition

-- An import names the commit of the repository that it took from; where that commit is in the case, so is what was
-- taken: the version at that path with the same digest, else any version that ever stood at that path.
-- @name upstream
INSERT INTO edge
WITH pinned AS (
    SELECT v.id, regexp_extract(a.path, '^url:.*@([0-9a-f]{40,64}):(.*)$', 1) AS oid,
        regexp_extract(a.path, '^url:.*@([0-9a-f]{40,64}):(.*)$', 2) AS path
    FROM version v JOIN artifact a ON a.id = v.artifact AND a.source = 0
), candidate AS MATERIALIZED (
    SELECT u.id AS upstream, x.id AS external, u.content = l.content AS equal, e.origin
    FROM pinned x
    JOIN git_commit c ON c.oid = x.oid
    JOIN artifact a ON a.source = c.source AND a.path = x.path
    JOIN version u ON u.artifact = a.id
    JOIN edge e ON e.kind = 'imported' AND e.cause = x.id
    LEFT JOIN version l ON l.id = e.effect
), matched AS (
    SELECT DISTINCT upstream, external, origin FROM candidate x WHERE equal
        AND NOT EXISTS (FROM edge k WHERE k.kind = 'imported' AND k.cause = x.upstream AND k.effect = x.external)
), by_path AS (
    SELECT DISTINCT upstream, external, origin FROM candidate x
    WHERE NOT EXISTS (FROM edge k WHERE k.kind = 'imported' AND k.effect = x.external)
        AND NOT EXISTS (FROM matched m WHERE m.external = x.external)
)
SELECT 'imported', upstream, external, 'matched', 'upstream', origin, $acquisition FROM matched
UNION ALL
SELECT 'imported', upstream, external, 'inferred', 'by-path', origin, $acquisition FROM by_path;

-- A run says which commit was checked out when it ran. The files may have been changed since that commit.
-- @name checked_out
INSERT INTO edge
WITH said AS (
    SELECT node, lower(value) AS value, strength, origin FROM reference
    WHERE kind = 'commit' AND regexp_full_match(lower(value), '[0-9a-f]{7,64}')
), short AS (
    SELECT s.value, min(c.id) AS id FROM (SELECT DISTINCT value FROM said WHERE length(value) < 40) s
    JOIN git_commit c ON starts_with(c.oid, s.value) GROUP BY s.value HAVING count(DISTINCT c.oid) = 1
), found AS (
    SELECT c.id, s.node, s.strength, 'commit' AS reason, s.origin FROM said s JOIN git_commit c ON c.oid = s.value
    UNION ALL
    SELECT h.id, s.node, 'inferred', 'short-commit', s.origin FROM said s JOIN short h ON h.value = s.value
)
SELECT 'checked-out', f.id, f.node, f.strength, f.reason, min(f.origin), $acquisition FROM found f
WHERE NOT EXISTS (FROM edge e WHERE e.kind = 'checked-out' AND e.cause = f.id AND e.effect = f.node)
GROUP BY f.id, f.node, f.strength, f.reason ORDER BY f.id, f.node;

-- Which artifacts are meant by which addresses: an address ends in the path of an artifact of another source, or in a
-- folder that holds some, or names something in a directory that is one. Of each source the longest such path counts. A
-- path of one name says too little, unless it is the whole address. Each address is taken apart once, and only if its
-- last two names (or two names within it, for a directory) are those of some path.
-- @name address
CREATE OR REPLACE TEMP TABLE address AS
SELECT value, string_split(value, '/') AS parts, count(DISTINCT node) AS nodes FROM (
    SELECT node, trim(replace(value, '\', '/'), '/') AS value FROM reference WHERE kind = 'uri'
) WHERE value <> '' GROUP BY value;

-- @name place
CREATE OR REPLACE TEMP TABLE place AS
WITH named AS (
    SELECT id, source, trim(path, '/') AS path, string_split(trim(path, '/'), '/') AS parts FROM artifact
    WHERE source > 0 AND NOT starts_with(path, '$ ')
)
SELECT id, source, path AS piece, array_to_string(parts[-2:], '/') AS tail, len(parts) AS size FROM named
UNION ALL
SELECT id, source, array_to_string(parts[:n], '/'), parts[n - 1] || '/' || parts[n], n
FROM named, LATERAL unnest(range(2, len(parts))) t(n) WHERE source IN (SELECT id FROM source WHERE kind = 'git');

-- @name meant
CREATE OR REPLACE TEMP TABLE meant AS
WITH ending AS (
    SELECT value, array_to_string(parts[n:], '/') AS piece, len(parts) - n + 1 AS size
    FROM (SELECT * FROM address SEMI JOIN place p ON p.tail = array_to_string(parts[-2:], '/')),
        LATERAL unnest(range(greatest(1, len(parts) + 1 - (SELECT max(size) FROM place)), greatest(len(parts), 2))) t(n)
), directory AS (
    SELECT a.id, a.source, string_split(a.path, '/') AS parts
    FROM artifact a JOIN source s ON s.id = a.source AND s.kind = 'git'
    WHERE contains(a.path, '/') AND NOT starts_with(a.path, '$ ') AND EXISTS (
        FROM version v LEFT JOIN content c ON c.id = v.content
        WHERE v.artifact = a.id AND (c.id IS NULL OR ends_with(c.value, '.dir') OR v.nfiles IS NOT NULL)
    )
), within AS (
    SELECT value, parts, n, parts[n] || '/' || parts[n + 1] AS head
    FROM (FROM address WHERE list_has_any(parts, (SELECT list(DISTINCT parts[1]) FROM directory))),
        LATERAL unnest(range(1, len(parts) - 1)) t(n)
), met AS (
    SELECT e.value, p.id, p.source, e.size FROM ending e JOIN place p ON p.piece = e.piece
    UNION ALL
    SELECT w.value, d.id, d.source, len(d.parts) FROM within w JOIN directory d ON d.parts[1] || '/' || d.parts[2] = w.head
    WHERE len(d.parts) <= len(w.parts) - w.n AND w.parts[w.n:w.n + len(d.parts) - 1] = d.parts
)
SELECT DISTINCT m.value, m.id AS artifact, m.source
FROM met m JOIN (SELECT value, source, max(size) AS size FROM met GROUP BY ALL) USING (value, source, size);

-- @name crowds
-- Of a folder of very many files that very many nodes name, nothing can be told for one of them.
CREATE OR REPLACE TEMP TABLE crowd AS
SELECT m.value, m.source, a.nodes, count(*) AS versions
FROM meant m JOIN address a ON a.value = m.value JOIN version v ON v.artifact = m.artifact
GROUP BY ALL HAVING a.nodes * count(*) > 20000;

-- @name note_crowds
INSERT INTO finding
SELECT ((SELECT coalesce(max(id), 0) FROM finding) + row_number() OVER (ORDER BY c.source, c.value))::INTEGER,
    c.source, 'too-large', c.message, TRUE, NULL, NULL, $acquisition
FROM (SELECT source, value, 'the address ' || value || ', which ' || nodes || ' versions of other sources name, stands for '
    || versions || ' versions here: not joined' AS message FROM crowd) c
WHERE NOT EXISTS (FROM finding f WHERE f.source = c.source AND f.kind = 'too-large' AND f.message = c.message);

-- @name addressed
CREATE OR REPLACE TEMP TABLE addressed AS
SELECT r.node, m.artifact, min(r.origin) AS origin, max(c.commit_time) * 1000 AS stated
FROM reference r JOIN version v ON v.id = r.node JOIN artifact a ON a.id = v.artifact
JOIN (FROM meant ANTI JOIN crowd USING (value, source)) m
    ON m.value = trim(replace(r.value, '\', '/'), '/') AND m.source <> a.source
LEFT JOIN git_commit c ON c.oid = r.commit_oid
WHERE r.kind = 'uri'
GROUP BY r.node, m.artifact;

-- What a run wrote to an address may be any version that was put on record there since; what was read from one is
-- a version that stood there when it was read, or at the commit that the source states, else the first to stand there.
-- Times are claimed, so both are inferred. What is known by a digest of another algorithm alone is no gap, so nothing but
-- these edges says that it may be bad, and no time excludes a version: a branch or a dirty work tree may have held any.
-- Where digests of one algorithm are on both sides, they have said already whether the bytes are the same; but what
-- several runs wrote has the digest of the last alone.
-- @name by_uri
INSERT INTO edge
WITH moment AS (
    SELECT x.node, bool_or(g.cause IS NOT NULL) AS made,
        count(DISTINCT g.cause) FILTER (g.reason <> 'parent-dag') > 1 AS overwritten,
        coalesce(min(e.time), min(r.created), min(d.created)) AS first,
        coalesce(max(e.time), max(r.created), max(d.created)) AS last
    FROM (SELECT DISTINCT node FROM addressed) x
    LEFT JOIN details d ON d.node = x.node
    LEFT JOIN event e ON e.version = x.node
    LEFT JOIN edge g ON g.kind = 'generated' AND g.effect = x.node
    LEFT JOIN edge u ON u.kind = 'used' AND u.cause = x.node
    LEFT JOIN details r ON r.node = u.effect
    GROUP BY x.node
), appeared AS (
    SELECT v.id, v.artifact, c.algorithm, min(g.commit_time) * 1000 AS since
    FROM version v SEMI JOIN addressed a ON a.artifact = v.artifact
    LEFT JOIN content c ON c.id = v.content
    LEFT JOIN edge i ON i.kind = 'introduced' AND i.effect = v.id
    LEFT JOIN git_commit g ON g.id = i.cause
    GROUP BY v.id, v.artifact, c.algorithm
), standing AS (
    SELECT *, lead(since) OVER place AS until, row_number() OVER place AS number FROM appeared
    WINDOW place AS (PARTITION BY artifact ORDER BY since NULLS LAST, id)
), pair AS (
    SELECT a.node, a.origin, a.stated, c.algorithm IS NOT NULL AS digested, s.*, m.* EXCLUDE (node)
    FROM addressed a JOIN moment m ON m.node = a.node JOIN standing s ON s.artifact = a.artifact
    JOIN version n ON n.id = a.node LEFT JOIN content c ON c.id = n.content
    WHERE c.algorithm IS NULL OR c.algorithm IS DISTINCT FROM s.algorithm OR m.overwritten
), tie AS (
    SELECT node AS cause, id AS effect, origin FROM pair
    WHERE made AND (since IS NULL OR first IS NULL OR since >= first - 3600000)
    UNION ALL
    SELECT id, node, origin FROM pair
    WHERE NOT made AND (digested OR since IS NULL OR coalesce(stated, last) IS NULL
        OR (since <= coalesce(stated, last) AND coalesce(until > coalesce(stated, first), TRUE))
        OR (number = 1 AND since > coalesce(stated, last)))
)
SELECT 'imported', t.cause, t.effect, 'inferred', 'by-uri', min(t.origin), $acquisition FROM tie t
WHERE NOT EXISTS (FROM edge e WHERE e.kind = 'imported' AND e.cause = t.cause AND e.effect = t.effect)
GROUP BY t.cause, t.effect ORDER BY t.cause, t.effect;

-- One file may be logged again as another artifact of the same store. What a run made may be any artifact at its path that
-- no run made, unless digests of one algorithm tell; and one of these that has no digest may be any other: it is tied to
-- the one before, and those without a digest to each other.
-- @name logged_again
INSERT INTO edge
WITH logged AS (
    SELECT v.id, v.artifact, v.origin, c.algorithm,
        EXISTS (FROM edge g WHERE g.kind = 'generated' AND g.effect = v.id) AS made,
        (SELECT count(DISTINCT g.cause) > 1 FROM edge g WHERE g.kind = 'generated' AND g.effect = v.id
            AND g.reason <> 'parent-dag') AS overwritten
    FROM version v SEMI JOIN reference r ON r.node = v.id AND r.kind = 'uri'
    JOIN artifact a ON a.id = v.artifact JOIN source s ON s.id = a.source AND s.is_store
    LEFT JOIN content c ON c.id = v.content
), bare AS (
    SELECT id, artifact, origin, lead(id) OVER (PARTITION BY artifact ORDER BY id) AS next,
        row_number() OVER (PARTITION BY artifact ORDER BY id) AS number
    FROM logged WHERE NOT made AND algorithm IS NULL
), tie AS (
    SELECT m.id AS cause, r.id AS effect, m.origin FROM logged m JOIN logged r ON r.artifact = m.artifact
    WHERE m.made AND NOT r.made AND r.algorithm IS NOT NULL
        AND (m.overwritten OR m.algorithm IS DISTINCT FROM r.algorithm)
    UNION ALL
    SELECT l.id, b.id, l.origin FROM logged l JOIN bare b ON b.artifact = l.artifact AND b.number = 1
    WHERE l.made OR l.algorithm IS NOT NULL
    UNION ALL
    SELECT id, next, origin FROM bare WHERE next IS NOT NULL
    UNION ALL
    SELECT next, id, origin FROM bare WHERE next IS NOT NULL
)
SELECT 'imported', t.cause, t.effect, 'inferred', 'by-uri', t.origin, $acquisition FROM tie t
WHERE NOT EXISTS (FROM edge e WHERE e.kind = 'imported' AND e.cause = t.cause AND e.effect = t.effect)
ORDER BY t.cause, t.effect;

-- A fingerprint is made of sizes and times, so equal ones say little: each such version is tied to the next, both ways.
-- One of a run tells of its parameters, and joins nothing.
-- @name by_fingerprint
INSERT INTO edge
WITH pair AS (
    SELECT node, lead(node) OVER (PARTITION BY value ORDER BY node) AS next, origin FROM (
        SELECT r.value, r.node, min(r.origin) AS origin FROM reference r SEMI JOIN version v ON v.id = r.node
        WHERE r.kind = 'fingerprint' GROUP BY r.value, r.node
    )
), tie AS (
    SELECT node AS cause, next AS effect, origin FROM pair WHERE next IS NOT NULL
    UNION ALL
    SELECT next, node, origin FROM pair WHERE next IS NOT NULL
)
SELECT 'imported', t.cause, t.effect, 'assumed', 'fingerprint', t.origin, $acquisition FROM tie t
WHERE NOT EXISTS (FROM edge e WHERE e.kind = 'imported' AND e.cause = t.cause AND e.effect = t.effect)
ORDER BY t.cause, t.effect;

-- @name drop_addressed
DROP TABLE IF EXISTS address; DROP TABLE IF EXISTS place; DROP TABLE IF EXISTS meant; DROP TABLE IF EXISTS crowd;
DROP TABLE IF EXISTS addressed;
