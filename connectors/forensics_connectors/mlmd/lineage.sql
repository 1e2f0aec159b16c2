-- @title What led to what in an ML Metadata store
-- @description Edges from events, and from what stands outside events: judged models, cached runs, parent DAGs, outside
--   inputs, and code. Each names the document that says so: by its number, or by the property (document, locus).
-- @param most how many edges may follow from the nesting of DAGs at most

-- @name asides
-- Versions that are no artifacts of the store: code, and data that was read at an outside address.
CREATE TABLE aside AS
WITH checksum AS (
    SELECT local, min(value) AS value FROM execution_text
    WHERE meaning = 'module_md5' AND regexp_full_match(value, '(?i)[0-9a-f]{32}') GROUP BY local
), packed AS (
    SELECT DISTINCT local FROM execution_text
    WHERE meaning = 'module_path' AND regexp_matches(value, '\+[0-9a-f]{64}-')
), print AS (
    SELECT local, min(value) AS value FROM execution_text WHERE meaning = 'fingerprint' AND name = 'input_fingerprint'
    GROUP BY local
)
SELECT local AS execution, id, 'module:' || coalesce(nullif(regexp_extract(value, '^([^@]+)@', 1), ''), 'unnamed') AS path,
    'tfx-code' AS algorithm, regexp_extract(value, '\+([0-9a-f]{64})-', 1) AS value, '' AS identity, 'code' AS kind,
    name AS property, '' AS uri
FROM execution_text WHERE meaning = 'module_path' AND regexp_matches(value, '\+[0-9a-f]{64}-')
UNION ALL
SELECT t.local, t.id, coalesce(nullif(address(t.value), ''), 'module'), CASE WHEN c.value IS NOT NULL THEN 'md5' END,
    lower(c.value), '', 'code', t.name, t.value
FROM execution_text t LEFT JOIN checksum c ON c.local = t.local
WHERE t.meaning = 'module_file' AND (c.value IS NOT NULL OR t.local NOT IN (SELECT local FROM packed))
UNION ALL
SELECT t.local, t.id, 'module:' || n.name, 'md5', lower(t.value), '', 'code', t.name, ''
FROM execution_text t JOIN execution_name n ON n.local = t.local
WHERE t.meaning = 'module_md5' AND regexp_full_match(t.value, '(?i)[0-9a-f]{32}')
    AND t.local NOT IN (SELECT local FROM execution_text WHERE meaning = 'module_file')
UNION ALL
SELECT local, id, split_part(value, '@', 1), 'sha256', lower(regexp_extract(value, '@sha256:([0-9A-Fa-f]{64})$', 1)), '',
    'code', name, ''
FROM execution_text WHERE meaning = 'image' AND regexp_matches(value, '.@sha256:[0-9A-Fa-f]{64}$')
UNION ALL
SELECT t.local, t.id, coalesce(nullif(address(t.value), ''), 'input'), NULL, NULL, coalesce(f.value, ''), 'dataset',
    t.name, t.value
FROM execution_text t LEFT JOIN print f ON f.local = t.local WHERE t.meaning = 'input';

-- @name children
CREATE TABLE child AS
SELECT t.local AS child, t.id, d.local AS dag, t.name
FROM execution_text t JOIN execution d ON d.id = try_cast(t.value AS BIGINT) AND d.local <> t.local
WHERE t.meaning = 'parent_dag';
CREATE TABLE ancestor AS
WITH RECURSIVE up(child, id, name, dag, depth) AS (
    SELECT child, id, name, dag, 1 FROM child
    UNION
    SELECT u.child, u.id, u.name, c.dag, u.depth + 1 FROM up u JOIN child c ON c.child = u.dag WHERE u.depth < 16
)
SELECT child, id, any_value(name) AS name, dag FROM up WHERE child <> dag GROUP BY child, id, dag;

-- @name nested
-- How many edges would follow; a store that makes them without end is not to be believed.
SELECT coalesce(sum(a.children::HUGEINT * i.inputs), 0)::DOUBLE FROM
    (SELECT dag, count(*) AS children FROM ancestor GROUP BY dag) a
    JOIN (SELECT execution, count(*) AS inputs FROM event WHERE is_input(type) GROUP BY execution) i
        ON i.execution = a.dag;

-- @name links
CREATE TABLE link AS
WITH stated AS (
    SELECT CASE WHEN is_input(type) THEN 'used' WHEN cached THEN 'reused' ELSE 'generated' END AS kind,
        CASE WHEN is_input(type) THEN version ELSE execution END AS cause,
        CASE WHEN is_input(type) THEN execution ELSE version END AS effect,
        CASE WHEN type = 7 AND NOT cached THEN 'inferred' ELSE 'recorded' END AS strength,
        CASE WHEN type = 7 AND NOT cached THEN 'pending' ELSE '' END AS reason, origin
    FROM event WHERE type BETWEEN 1 AND 7
    UNION ALL
    -- An event of an unknown type may mean either: whoever hides lineage would write one.
    SELECT 'used', version, execution, 'inferred', 'unknown-type', origin FROM event
    WHERE type IS NULL OR type NOT BETWEEN 1 AND 7
    UNION ALL
    SELECT 'generated', execution, version, 'inferred', 'unknown-type', origin FROM event
    WHERE type IS NULL OR type NOT BETWEEN 1 AND 7
)
SELECT kind, cause, effect, bool_or(strength = 'recorded') AS certain,
    coalesce(arg_min(reason, origin) FILTER (strength <> 'recorded'), '') AS reason, min(origin) AS origin
FROM stated GROUP BY kind, cause, effect ORDER BY min(origin), kind;

-- @name indirect
CREATE TABLE indirect AS
WITH dag_input AS (SELECT DISTINCT execution, version FROM event WHERE is_input(type)),
made AS (SELECT DISTINCT execution, version FROM event WHERE is_output(type)),
blessing AS (
    SELECT DISTINCT m.local AS model, p.execution, 'Artifact' AS owner, t.id, t.name
    FROM artifact_text t JOIN artifact m ON m.id = try_cast(t.value AS BIGINT)
    JOIN event p ON p.version = t.local AND is_output(p.type) AND NOT p.cached
    WHERE t.meaning = 'judged'
), task AS (
    SELECT c.child, c.dag, t.value AS name FROM child c JOIN execution_text t ON t.local = c.child AND t.meaning = 'task'
), producer AS (
    SELECT DISTINCT w.local AS execution, w.id, w.name, k.child AS task
    FROM wanted_task w JOIN task k ON k.name = w.task
        AND (k.dag = w.local OR k.dag IN (SELECT dag FROM child WHERE child = w.local)) AND k.child <> w.local
), every AS (
    SELECT 'used' AS kind, model AS cause, execution AS effect, true AS certain, 'blessing' AS reason,
        owner, id, name FROM blessing
    UNION ALL
    SELECT 'reused', t.local, m.version, true, 'cached', 'Execution', t.id, t.name
    FROM execution_text t JOIN execution x ON x.id = try_cast(t.value AS BIGINT) AND x.local <> t.local
    JOIN made m ON m.execution = x.local WHERE t.meaning = 'cached'
    UNION ALL
    SELECT 'used', i.version, a.child, true, 'parent-dag', 'Execution', a.id, a.name
    FROM ancestor a JOIN dag_input i ON i.execution = a.dag
    UNION ALL
    -- Not certain: a DAG hands on what its tasks make, and must not speak for them.
    SELECT 'generated', c.dag, m.version, false, 'parent-dag', 'Execution', c.id, c.name
    FROM child c JOIN made m ON m.execution = c.child AND m.execution NOT IN (SELECT local FROM execution WHERE cached)
    WHERE c.dag NOT IN (SELECT execution FROM made)
    UNION ALL
    SELECT 'used', m.version, p.execution, false, 'parameter', 'Execution', p.id, p.name
    FROM producer p JOIN made m ON m.execution = p.task
)
SELECT kind, cause, effect, bool_or(certain) AS certain, arg_min(reason, NOT certain) AS reason,
    min(owner || 'Property') AS document, min(id || '/' || name) AS locus
FROM every e
WHERE NOT EXISTS (FROM link l WHERE l.kind = e.kind AND l.cause = e.cause AND l.effect = e.effect)
    AND (kind <> 'reused'
        OR NOT EXISTS (FROM link l WHERE l.kind = 'generated' AND l.cause = e.cause AND l.effect = e.effect))
GROUP BY kind, cause, effect ORDER BY kind, cause, effect;
