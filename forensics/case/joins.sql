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

-- Versions whose address ends in the path of an artifact of another source, or in a folder that holds one, or lies in
-- one: the longest such path counts. A path of one name says too little, unless it is the whole address. Digests of
-- one algorithm on both sides have said already whether the bytes are the same.
-- @name addressed
CREATE OR REPLACE TEMP TABLE addressed AS
WITH address AS (
    SELECT DISTINCT r.node, a.source, r.origin, trim(r.value, '/') AS value
    FROM reference r JOIN version v ON v.id = r.node JOIN artifact a ON a.id = v.artifact
    WHERE r.kind = 'uri' AND r.value <> ''
), ending AS (
    SELECT node, source, origin, array_to_string(parts[n:], '/') AS ending, len(parts) - n + 1 AS size, n = 1 AS whole
    FROM (SELECT *, string_split(value, '/') AS parts FROM address), LATERAL unnest(range(1, len(parts) + 1)) t(n)
    WHERE size >= 2 OR whole
), place AS (
    SELECT a.id, a.source, a.path AS piece, 0 AS beyond FROM artifact a WHERE a.source > 0 AND NOT starts_with(a.path, '$ ')
    UNION ALL
    SELECT a.id, a.source, array_to_string(parts[:n], '/'), len(parts) - n
    FROM (SELECT id, source, string_split(path, '/') AS parts FROM artifact
          WHERE source > 0 AND contains(path, '/') AND NOT starts_with(path, '$ ')) a,
        LATERAL unnest(range(2, len(parts))) t(n)
    WHERE a.source IN (SELECT id FROM source WHERE kind = 'git')
), met AS (
    SELECT e.node, e.source, e.origin, p.id AS artifact, e.size FROM ending e
    JOIN place p ON p.piece = e.ending AND p.source <> e.source
    UNION ALL
    -- A directory of the other source, of which the address names a part: its path and something behind it.
    SELECT h.node, h.source, h.origin, p.id, len(string_split(h.beginning, '/')) FROM (
        SELECT DISTINCT node, source, origin, unnest([
            array_to_string(string_split(ending, '/')[:n], '/') FOR n IN range(2, size)
        ]) AS beginning FROM ending WHERE size > 2
    ) h JOIN place p ON p.piece = h.beginning AND p.beyond = 0 AND p.source <> h.source
    WHERE p.source IN (SELECT id FROM source WHERE kind = 'git')
)
SELECT node, artifact, min(origin) AS origin
FROM (SELECT *, max(size) OVER (PARTITION BY node) AS longest FROM met) WHERE size = longest GROUP BY node, artifact;

-- What a run wrote to an address may be any version that was put on record there since; what was read from one is
-- most likely the newest version of that time. Times are claimed, so both are inferred.
-- @name by_uri
INSERT INTO edge
WITH moment AS (
    SELECT d.node, bool_or(g.cause IS NOT NULL) AS made,
        coalesce(min(e.time), min(d.created)) AS written, coalesce(max(e.time), max(d.created)) AS read
    FROM (SELECT DISTINCT node FROM addressed) x
    JOIN details d ON d.node = x.node
    LEFT JOIN event e ON e.version = x.node
    LEFT JOIN edge g ON g.kind = 'generated' AND g.effect = x.node
    GROUP BY d.node
), standing AS (
    SELECT a.node, a.origin, v.id, a.artifact, min(c.commit_time) * 1000 AS since
    FROM addressed a
    JOIN version n ON n.id = a.node
    LEFT JOIN content nc ON nc.id = n.content
    JOIN version v ON v.artifact = a.artifact
    LEFT JOIN content vc ON vc.id = v.content
    LEFT JOIN edge i ON i.kind = 'introduced' AND i.effect = v.id
    LEFT JOIN git_commit c ON c.id = i.cause
    WHERE nc.algorithm IS DISTINCT FROM vc.algorithm OR nc.algorithm IS NULL
    GROUP BY a.node, a.origin, v.id, a.artifact
), out AS (
    SELECT s.node AS cause, s.id AS effect, s.origin FROM standing s JOIN moment m ON m.node = s.node
    WHERE m.made AND (s.since IS NULL OR m.written IS NULL OR s.since >= m.written - 3600000)
), newest AS (
    SELECT s.id AS cause, s.node AS effect, s.origin FROM standing s JOIN moment m ON m.node = s.node
    WHERE NOT m.made
    QUALIFY row_number() OVER (
        PARTITION BY s.node, s.artifact
        ORDER BY s.since <= m.read DESC NULLS LAST, CASE WHEN s.since <= m.read THEN -s.since ELSE s.since END, s.id
    ) = 1
)
SELECT 'imported', f.cause, f.effect, 'inferred', 'by-uri', min(f.origin), $acquisition
FROM (FROM out UNION ALL FROM newest) f
WHERE NOT EXISTS (FROM edge e WHERE e.kind = 'imported' AND e.cause = f.cause AND e.effect = f.effect)
GROUP BY f.cause, f.effect ORDER BY f.cause, f.effect;

-- A fingerprint is made of sizes and times, so equal ones say little: each such version is tied to the next, both ways.
-- @name by_fingerprint
INSERT INTO edge
WITH pair AS (
    SELECT node, lead(node) OVER (PARTITION BY value ORDER BY node) AS next, origin FROM (
        SELECT value, node, min(origin) AS origin FROM reference WHERE kind = 'fingerprint' GROUP BY value, node
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
DROP TABLE IF EXISTS addressed;
