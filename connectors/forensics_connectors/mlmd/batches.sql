-- @title The batches of records that an ML Metadata store gives
-- @description Each SELECT is one batch, named by its kind, columns as in forensics.model.Batch. Before them, the numbers
--   of what is no row of the store: contents, further versions, releases, documents.

-- @name contents
CREATE TABLE first_free AS SELECT ((SELECT count(*) FROM artifact) + (SELECT count(*) FROM execution)
    + (SELECT count(*) FROM context))::INTEGER AS nodes;
CREATE TABLE content AS
SELECT (nodes + row_number() OVER (ORDER BY algorithm, value) - 1)::INTEGER AS local, algorithm, value
FROM (SELECT algorithm, value FROM stated_digest
    UNION SELECT algorithm, value FROM aside WHERE algorithm IS NOT NULL
    UNION SELECT algorithm, value FROM earlier), first_free;

-- @name versions
CREATE TABLE version AS
SELECT a.local, a.id, n.path, d.algorithm, d.value, coalesce(k.kind, 'other') AS kind, a.gone,
    'version' || chr(0) || n.path || chr(0) || coalesce(d.algorithm || ':' || d.value, '') || chr(0) || a.id || chr(0)
    || a.uri AS key
FROM artifact a JOIN named n ON n.local = a.local LEFT JOIN own_digest d ON d.local = a.local
LEFT JOIN type_kind k ON k.id = a.type_id;
CREATE TABLE further AS
SELECT (nodes + (SELECT count(*) FROM content) + row_number() OVER (ORDER BY path, algorithm, value, identity)
    - 1)::INTEGER AS local, *
FROM (SELECT path, algorithm, value, identity, min(kind) AS kind, min(id) AS id, arg_min(property, id) AS property,
    arg_min(uri, id) AS uri FROM aside GROUP BY path, algorithm, value, identity), first_free;
-- Its key is that of the row as a reading before would have found it.
CREATE TABLE former AS
SELECT (nodes + (SELECT count(*) FROM content) + (SELECT count(*) FROM further) + row_number() OVER (ORDER BY e.local)
    - 1)::INTEGER AS local, v.local AS later, e.id || '/name' AS locus, v.path, v.kind, e.algorithm, e.value,
    'version' || chr(0) || v.path || chr(0) || e.algorithm || ':' || e.value || chr(0) || e.id || chr(0) || e.spelled AS key
FROM earlier e JOIN version v ON v.local = e.local, first_free;
CREATE TABLE path AS
SELECT (row_number() OVER (ORDER BY path) - 1)::INTEGER AS local, path
FROM (SELECT path FROM named UNION SELECT path FROM further);

-- @name releases
CREATE TABLE pushed AS
WITH said AS (
    SELECT local, min(value) FILTER (meaning = 'pushed') AS pushed,
        min(value) FILTER (meaning = 'pushed_version') AS label,
        min(value) FILTER (meaning = 'pushed_destination') AS destination
    FROM artifact_text WHERE meaning IN ('pushed', 'pushed_version', 'pushed_destination') GROUP BY local
)
SELECT v.local, v.id, v.path, coalesce(s.label, v.id::VARCHAR) AS label, coalesce(s.destination, '') AS destination,
    coalesce(a.updated, a.created) // 1000 AS time
FROM version v JOIN artifact a ON a.local = v.local LEFT JOIN said s ON s.local = v.local
WHERE a.bare_type = 'PushedModel' AND coalesce(s.pushed, '1') NOT IN ('0', '0.0', 'false', 'False')
    AND (a.state IS NULL OR a.state NOT IN (1, 5));
CREATE TABLE release AS
SELECT (nodes + (SELECT count(*) FROM content) + (SELECT count(*) FROM further) + (SELECT count(*) FROM former)
    + row_number() OVER (ORDER BY oldest.time, oldest.local) - 1)::INTEGER AS local, name, oldest.time, oldest.local AS version,
    oldest.path, oldest.label, oldest.destination
FROM (SELECT path || '@' || label AS name, min(struct_pack(time := time, local := local, path := path, label := label,
        destination := destination)) AS oldest
    FROM pushed GROUP BY 1), first_free;

-- @name documents
CREATE TABLE document AS
SELECT ((SELECT nodes FROM first_free) + (SELECT count(*) FROM event) + row_number() OVER (ORDER BY path, locus)
    - 1)::INTEGER AS local, path, locus
FROM (SELECT document AS path, locus FROM indirect
    UNION SELECT document, locus FROM finding WHERE document IS NOT NULL
    UNION SELECT 'ExecutionProperty', id || '/' || property FROM aside
    UNION SELECT 'Artifact', locus FROM former);

-- @name node
SELECT local, 'version' AS kind, key FROM version
UNION ALL SELECT local, 'execution', 'execution' || chr(0) || 'mlmd/' || id FROM execution
UNION ALL SELECT local, 'context', 'context' || chr(0) || id FROM context
UNION ALL SELECT local, 'content', 'content' || chr(0) || algorithm || ':' || value FROM content
UNION ALL SELECT local, 'version', 'version' || chr(0) || path || chr(0) || coalesce(algorithm || ':' || value, '')
    || CASE WHEN identity <> '' THEN chr(0) || 'input' || chr(0) || identity ELSE '' END FROM further
UNION ALL SELECT local, 'version', key FROM former
UNION ALL SELECT local, 'release', 'release' || chr(0) || replace(name, chr(0), '') || chr(0) FROM release;

-- @name origin
SELECT local, 'Artifact' AS path, '' AS commit_oid, id::VARCHAR AS locus FROM artifact
UNION ALL SELECT local, 'Execution', '', id::VARCHAR FROM execution
UNION ALL SELECT local, 'Context', '', id::VARCHAR FROM context
UNION ALL SELECT origin, 'Event', '', coalesce(id::VARCHAR, '') FROM event
UNION ALL SELECT local, path, '', locus FROM document;

-- @name artifact
SELECT local, path, false AS external FROM path;

-- @name content
SELECT local, algorithm, value FROM content;

-- @name version
SELECT v.local, p.local AS artifact, c.local AS content, NULL::BIGINT AS size, NULL::BIGINT AS nfiles, v.kind,
    false AS tracked, 'artifact/' || v.id AS label, '' AS owner, v.local AS origin
FROM version v JOIN path p ON p.path = v.path
LEFT JOIN content c ON c.algorithm = v.algorithm AND c.value = v.value
UNION ALL
SELECT f.local, p.local, c.local, NULL, NULL, f.kind, false, '', '', d.local
FROM further f JOIN path p ON p.path = f.path LEFT JOIN content c ON c.algorithm = f.algorithm AND c.value = f.value
JOIN document d ON d.path = 'ExecutionProperty' AND d.locus = f.id || '/' || f.property
UNION ALL
SELECT f.local, p.local, c.local, NULL, NULL, f.kind, false, '', '', d.local
FROM former f JOIN path p ON p.path = f.path JOIN content c ON c.algorithm = f.algorithm AND c.value = f.value
JOIN document d ON d.path = 'Artifact' AND d.locus = f.locus;

-- @name execution
SELECT x.local, 'mlmd/' || x.id AS identity, n.name, '' AS directory, coalesce(i.value, '') AS command, true AS declared,
    false AS frozen, x.type AS script, x.local AS origin
FROM execution x JOIN execution_name n ON n.local = x.local
LEFT JOIN (SELECT local, min(value) AS value FROM execution_text WHERE meaning = 'image' GROUP BY local) i
    ON i.local = x.local;

-- @name role
SELECT p.local AS artifact, v.kind, '' AS name, '' AS owner, 'recorded' AS strength, min(v.local) AS origin
FROM version v JOIN path p ON p.path = v.path WHERE v.kind <> 'other' GROUP BY p.local, v.kind;

-- @name details
SELECT local AS node, type, name, uri, CASE coalesce(state, 0) WHEN 0 THEN '' WHEN 1 THEN 'PENDING' WHEN 2 THEN 'LIVE'
        WHEN 3 THEN 'MARKED_FOR_DELETION' WHEN 4 THEN 'DELETED' WHEN 5 THEN 'ABANDONED' WHEN 6 THEN 'REFERENCE'
        ELSE state::VARCHAR END AS state,
    external_id, created, updated, local AS origin
FROM artifact WHERE NOT gone
UNION ALL
SELECT local, type, name, '', CASE coalesce(state, 0) WHEN 0 THEN '' WHEN 1 THEN 'NEW' WHEN 2 THEN 'RUNNING'
        WHEN 3 THEN 'COMPLETE' WHEN 4 THEN 'FAILED' WHEN 5 THEN 'CACHED' WHEN 6 THEN 'CANCELED' ELSE state::VARCHAR END,
    external_id, created, updated, local
FROM execution WHERE NOT gone
UNION ALL
SELECT local, type, name, '', '', external_id, created, updated, local FROM context;

-- @name property_artifact
SELECT o.local AS node, coalesce(plain(p.name), '') AS name,
    value_kind(p.int_value, p.double_value, p.string_value, p.byte_value, p.proto_value, p.bool_value, s.json) AS kind,
    value_text(p.int_value, p.double_value, p.string_value, p.byte_value, p.proto_value, p.bool_value, s.json) AS value,
    coalesce(p.is_custom_property, false) AS custom, o.local AS origin
FROM mlmd_artifact_property p JOIN artifact o ON o.id = p.owner_id LEFT JOIN struct_text s ON s.value = p.string_value;

-- @name property_execution
SELECT o.local AS node, coalesce(plain(p.name), '') AS name,
    value_kind(p.int_value, p.double_value, p.string_value, p.byte_value, p.proto_value, p.bool_value, s.json) AS kind,
    value_text(p.int_value, p.double_value, p.string_value, p.byte_value, p.proto_value, p.bool_value, s.json) AS value,
    coalesce(p.is_custom_property, false) AS custom, o.local AS origin
FROM mlmd_execution_property p JOIN execution o ON o.id = p.owner_id LEFT JOIN struct_text s ON s.value = p.string_value;

-- @name property_context
SELECT o.local AS node, coalesce(plain(p.name), '') AS name,
    value_kind(p.int_value, p.double_value, p.string_value, p.byte_value, p.proto_value, p.bool_value, s.json) AS kind,
    value_text(p.int_value, p.double_value, p.string_value, p.byte_value, p.proto_value, p.bool_value, s.json) AS value,
    coalesce(p.is_custom_property, false) AS custom, o.local AS origin
FROM mlmd_context_property p JOIN context o ON o.id = p.owner_id LEFT JOIN struct_text s ON s.value = p.string_value;

-- @name event
SELECT e.execution, e.version, CASE e.type WHEN 1 THEN 'DECLARED_OUTPUT' WHEN 2 THEN 'DECLARED_INPUT' WHEN 3 THEN 'INPUT'
        WHEN 4 THEN 'OUTPUT' WHEN 5 THEN 'INTERNAL_INPUT' WHEN 6 THEN 'INTERNAL_OUTPUT' WHEN 7 THEN 'PENDING_OUTPUT'
        ELSE coalesce(e.type::VARCHAR, '') END AS type,
    e.time, coalesce(s.path, '') AS path, e.origin
FROM event e LEFT JOIN slot s ON s.event_id = e.id;

-- @name membership
SELECT DISTINCT c.local AS context, a.local AS member, c.local AS origin
FROM mlmd_attribution t JOIN context c ON c.id = t.context_id JOIN artifact a ON a.id = t.artifact_id
UNION ALL
SELECT DISTINCT c.local, x.local, c.local
FROM mlmd_association s JOIN context c ON c.id = s.context_id JOIN execution x ON x.id = s.execution_id
UNION ALL
SELECT DISTINCT up.local, c.local, c.local
FROM mlmd_parent_context p JOIN context up ON up.id = p.parent_context_id JOIN context c ON c.id = p.context_id;

-- @name edge
-- By its events, what was written over was made by any of those that wrote before the last to write.
WITH written AS (
    SELECT f.local, e.execution, min(e.time) AS time, min(e.origin) AS origin, count(*) OVER (PARTITION BY f.local) AS writers
    FROM former f JOIN event e ON e.version = f.later AND is_output(e.type) AND NOT e.cached
    GROUP BY f.local, e.execution
)
SELECT kind, cause, effect, CASE WHEN certain THEN 'recorded' ELSE 'inferred' END AS strength,
    CASE WHEN certain THEN '' ELSE reason END AS reason, origin FROM link
UNION ALL
SELECT * FROM (
    SELECT i.kind, i.cause, i.effect, CASE WHEN i.certain THEN 'recorded' ELSE 'inferred' END, i.reason, d.local
    FROM indirect i JOIN document d ON d.path = i.document AND d.locus = i.locus
    UNION ALL
    SELECT 'used', f.local, a.execution, 'recorded', CASE a.kind WHEN 'code' THEN 'code' ELSE 'outside' END, min(d.local) AS origin
    FROM aside a JOIN further f ON f.path = a.path AND f.algorithm IS NOT DISTINCT FROM a.algorithm
        AND f.value IS NOT DISTINCT FROM a.value AND f.identity = a.identity
    JOIN document d ON d.path = 'ExecutionProperty' AND d.locus = a.id || '/' || a.property GROUP BY ALL
    UNION ALL
    SELECT 'content', own.local, other.local,
        CASE WHEN d.algorithm = s.algorithm THEN 'assumed' ELSE 'recorded' END, 'same-record', min(s.local)
    FROM stated_digest s JOIN own_digest d ON d.local = s.local AND (d.algorithm, d.value) <> (s.algorithm, s.value)
    JOIN content own ON own.algorithm = d.algorithm AND own.value = d.value
    JOIN content other ON other.algorithm = s.algorithm AND other.value = s.value GROUP BY ALL
    UNION ALL
    SELECT 'imported', f.local, f.later, 'inferred', 'overwritten', d.local
    FROM former f JOIN document d ON d.path = 'Artifact' AND d.locus = f.locus
    UNION ALL
    SELECT 'generated', w.execution, w.local, 'inferred', 'overwritten', w.origin FROM written w
    WHERE w.writers = 1 OR EXISTS (FROM written o
        WHERE o.local = w.local AND o.execution <> w.execution AND coalesce(o.time >= w.time, TRUE))
    UNION ALL
    SELECT 'released', p.local, r.local, 'recorded', '', p.local
    FROM pushed p JOIN release r ON r.name = p.path || '@' || p.label
    ORDER BY ALL
);

-- @name reference
WITH commit_of AS (
    SELECT local, arg_min(lower(value), struct_pack(late := name ILIKE '%end%', name := name)) AS value
    FROM execution_text WHERE meaning = 'commit' AND regexp_full_match(value, '(?i)[0-9a-f]{40}|[0-9a-f]{64}') GROUP BY local
), repository_of AS (
    SELECT local, min(value) AS value FROM (SELECT local, meaning, value FROM execution_text
        UNION ALL SELECT local, meaning, value FROM artifact_text) WHERE meaning = 'repository' GROUP BY local
), stated AS (
    SELECT a.local, min(lower(t.value)) AS value FROM artifact a JOIN artifact_text t ON t.local = a.local
    WHERE t.meaning = 'commit' AND regexp_full_match(t.value, '(?i)[0-9a-f]{40}|[0-9a-f]{64}') GROUP BY a.local
), made_at AS (
    SELECT e.version AS local, min(c.value) AS value, min(r.value) AS repository
    FROM event e LEFT JOIN commit_of c ON c.local = e.execution LEFT JOIN repository_of r ON r.local = e.execution
    WHERE is_output(e.type) AND NOT e.cached AND (c.value IS NOT NULL OR r.value IS NOT NULL)
    GROUP BY e.version HAVING count(DISTINCT c.value) <= 1
)
SELECT a.local AS node, 'uri' AS kind,
    coalesce(n.cmf, replace(a.uri, '\', '/')) AS value,
    coalesce(s.value, m.value, '') AS commit_oid, coalesce(r.value, m.repository, '') AS repository,
    'inferred' AS strength, a.local AS origin
FROM artifact a JOIN named n ON n.local = a.local LEFT JOIN stated s ON s.local = a.local
LEFT JOIN made_at m ON m.local = a.local LEFT JOIN repository_of r ON r.local = a.local
WHERE a.uri <> ''
UNION ALL
SELECT f.local, 'uri', replace(f.uri, '\', '/'), coalesce(c.value, ''), coalesce(r.value, ''), 'inferred', d.local
FROM further f JOIN document d ON d.path = 'ExecutionProperty' AND d.locus = f.id || '/' || f.property
JOIN execution x ON x.id = f.id LEFT JOIN commit_of c ON c.local = x.local LEFT JOIN repository_of r ON r.local = x.local
WHERE f.uri <> ''
UNION ALL
SELECT t.local, 'commit', lower(t.value), '', coalesce(any_value(r.value), ''),
    CASE WHEN length(t.value) IN (40, 64) THEN 'recorded' ELSE 'inferred' END, t.local
FROM execution_text t LEFT JOIN repository_of r ON r.local = t.local
WHERE t.meaning = 'commit' AND (regexp_full_match(t.value, '(?i)[0-9a-f]{40}|[0-9a-f]{64}')
    OR (regexp_full_match(t.value, '(?i)[0-9a-f]{7,39}') AND regexp_matches(t.name, '(?i)git|commit')))
GROUP BY t.local, t.value
UNION ALL
SELECT DISTINCT local, 'fingerprint', value, '', '', 'inferred', local FROM artifact_text WHERE meaning = 'fingerprint'
UNION ALL
SELECT DISTINCT local, 'fingerprint', value, '', '', 'inferred', local FROM execution_text WHERE meaning = 'fingerprint'
UNION ALL
SELECT f.local, 'fingerprint', f.identity, '', '', 'inferred', d.local
FROM further f JOIN document d ON d.path = 'ExecutionProperty' AND d.locus = f.id || '/' || f.property
WHERE f.identity <> '';

-- @name gap
WITH every AS (SELECT kind, cause, effect FROM link UNION ALL SELECT kind, cause, effect FROM indirect),
made AS (SELECT DISTINCT effect AS local FROM every WHERE kind = 'generated'),
given_out AS (SELECT DISTINCT effect AS local FROM every WHERE kind = 'reused'),
reads AS (SELECT DISTINCT effect AS local FROM every WHERE kind = 'used'
    UNION SELECT execution FROM aside WHERE kind = 'dataset')
SELECT v.local AS node, 'hashless' AS kind, NULL::BIGINT AS size,
    'artifact ' || v.id || ' was made outside the store and is known by no digest' AS detail, v.local AS origin
FROM version v WHERE v.algorithm IS NULL AND NOT v.gone AND v.local NOT IN (FROM made)
UNION ALL
SELECT x.local, 'hashless', NULL, 'execution ' || x.id || ' has outputs and no inputs on record', x.local
FROM execution x WHERE NOT x.cached AND x.local IN (SELECT cause FROM every WHERE kind = 'generated')
    AND x.local NOT IN (FROM reads)
UNION ALL
SELECT f.local, 'hashless', NULL, CASE f.kind WHEN 'code' THEN 'code' ELSE 'data' END
    || ' outside the store that is known by no digest: ' || f.path, d.local
FROM further f JOIN document d ON d.path = 'ExecutionProperty' AND d.locus = f.id || '/' || f.property
WHERE f.algorithm IS NULL
UNION ALL
SELECT v.local, 'no-producer', NULL, 'artifact ' || v.id || ' came from a cache, and the run that made it is not on record',
    v.local
FROM version v WHERE v.local IN (FROM given_out) AND v.local NOT IN (FROM made)
UNION ALL
SELECT local, 'no-producer', NULL, 'artifact ' || id || ' was deleted from the store', local FROM artifact WHERE gone
UNION ALL
SELECT local, 'no-producer', NULL, 'execution ' || id || ' was deleted from the store', local FROM execution WHERE gone
UNION ALL
SELECT c.local, 'missing-listing', NULL, 'which files made up this code is not in the store', min(d.local)
FROM further f JOIN content c ON c.algorithm = f.algorithm AND c.value = f.value
JOIN document d ON d.path = 'ExecutionProperty' AND d.locus = f.id || '/' || f.property
WHERE f.algorithm = 'tfx-code' GROUP BY c.local;

-- @name finding
SELECT f.kind, f.message, f.admits, f.node, d.local AS origin
FROM finding f JOIN document d ON d.path = f.document AND d.locus = f.locus;

-- @name release
SELECT local, name, path AS artifact_name, label, NULL::INTEGER AS git_commit, time, '' AS actor_mail,
    destination AS message, '' AS ref, version AS origin
FROM release;

-- @name stage_move
SELECT local AS release, path AS artifact_name, 'pushed' AS stage, 'assign' AS action, NULL::INTEGER AS git_commit, time,
    '' AS actor_mail, '' AS ref, (row_number() OVER (PARTITION BY path ORDER BY time, local) - 1)::INTEGER AS ordinal,
    version AS origin
FROM release;
