-- @title What an ML Metadata store describes: artifacts, executions, contexts, events
-- @description Runs in the reader's scratch database, over its raw tables mlmd_*. Artifacts, executions and contexts
--   get numbers in one row; a row that others still name though it is deleted gets one too (gone). Such a number is
--   that of the node in the batches, and that of the origin as well: the row itself is the document that states it.

-- @name plain
-- A zero byte would forge keys, which it separates; a password in an address is not evidence.
CREATE MACRO plain(t) AS CASE WHEN contains(t, '://') OR contains(t, chr(0))
    THEN replace(regexp_replace(t, '://[^/@:]*:[^/@]*@', '://'), chr(0), '␀') ELSE coalesce(t, '') END;

-- @name address
-- With slashes, without what is no place: scheme, drive letter, dot segments, a slash at the end.
CREATE MACRO without_scheme(t) AS CASE WHEN t LIKE '%://%' THEN regexp_replace(t, '^[A-Za-z][A-Za-z0-9+.-]*://', '')
    WHEN t LIKE '_:/%' THEN substr(t, 3) ELSE t END;
CREATE MACRO without_dots(t) AS CASE WHEN t LIKE '%/./%' OR t LIKE './%' OR t LIKE '%//%' OR t LIKE '%/.'
    THEN regexp_replace(regexp_replace(t, '(^|/)(\./)+', '\1', 'g'), '/{2,}|/\.$', '/', 'g') ELSE t END;
CREATE MACRO plain_address(t) AS
    CASE WHEN without_dots(without_scheme(replace(t, '\', '/'))) = '/' THEN '/'
    ELSE rtrim(without_dots(without_scheme(replace(t, '\', '/'))), '/') END;
-- Nearly every address is plain as it is.
CREATE MACRO address(t) AS CASE WHEN contains(t, '\') OR contains(t, '//') OR contains(t, '/.') OR contains(t, ':/')
    OR starts_with(t, './') OR ends_with(t, '/') THEN plain_address(t) ELSE t END;

-- @name directions
CREATE MACRO is_output(t) AS t IN (1, 4, 6, 7);
CREATE MACRO is_input(t) AS t IN (2, 3, 5);

-- @name values
CREATE MACRO no_value(i, d, s, y, p, b) AS
    i IS NULL AND d IS NULL AND s IS NULL AND y IS NULL AND p IS NULL AND b IS NULL;
CREATE MACRO value_kind(i, d, s, y, p, b, json) AS CASE WHEN json IS NOT NULL THEN 'struct' WHEN s IS NOT NULL THEN 'string'
    WHEN i IS NOT NULL THEN 'int' WHEN d IS NOT NULL THEN 'double' WHEN b IS NOT NULL THEN 'bool'
    WHEN p IS NOT NULL OR y IS NOT NULL THEN 'proto' ELSE 'null' END;
CREATE MACRO value_text(i, d, s, y, p, b, json) AS CASE WHEN json IS NOT NULL THEN json WHEN s IS NOT NULL THEN plain(s)
    WHEN i IS NOT NULL THEN i::VARCHAR WHEN d IS NOT NULL THEN d::VARCHAR WHEN b IS NOT NULL THEN b::VARCHAR
    WHEN p IS NOT NULL THEN base64(p) WHEN y IS NOT NULL THEN base64(y) ELSE '' END;

-- @name types
CREATE TABLE type AS
SELECT id, any_value(plain(name) || CASE WHEN coalesce(version, '') <> '' THEN '@' || plain(version) ELSE '' END) AS name,
    any_value(plain(name)) AS bare
FROM mlmd_type WHERE id IS NOT NULL GROUP BY id;

-- @name artifacts
CREATE TABLE artifact AS
WITH named AS (
    SELECT artifact_id AS id FROM mlmd_event ANTI JOIN mlmd_artifact ON mlmd_artifact.id = artifact_id
    UNION SELECT artifact_id FROM mlmd_attribution ANTI JOIN mlmd_artifact ON mlmd_artifact.id = artifact_id
    UNION SELECT owner_id FROM mlmd_artifact_property ANTI JOIN mlmd_artifact ON mlmd_artifact.id = owner_id
), every AS (
    SELECT id, false AS gone, type_id, plain(uri) AS uri, state, plain(name) AS name, plain(external_id) AS external_id,
        nullif(create_time_since_epoch, 0) AS created, nullif(last_update_time_since_epoch, 0) AS updated
    FROM mlmd_artifact
    UNION ALL SELECT id, true, NULL, '', NULL, '', '', NULL, NULL FROM named WHERE id IS NOT NULL
)
SELECT (row_number() OVER (ORDER BY e.id) - 1)::INTEGER AS local, e.*, address(e.uri) AS place,
    coalesce(t.name, '') AS type, coalesce(t.bare, '') AS bare_type
FROM every e LEFT JOIN type t ON t.id = e.type_id;

-- @name executions
CREATE TABLE execution AS
WITH named AS (
    SELECT execution_id AS id FROM mlmd_event ANTI JOIN mlmd_execution ON mlmd_execution.id = execution_id
    UNION SELECT execution_id FROM mlmd_association ANTI JOIN mlmd_execution ON mlmd_execution.id = execution_id
    UNION SELECT owner_id FROM mlmd_execution_property ANTI JOIN mlmd_execution ON mlmd_execution.id = owner_id
), every AS (
    SELECT id, false AS gone, type_id, last_known_state AS state, plain(name) AS name, plain(external_id) AS external_id,
        nullif(create_time_since_epoch, 0) AS created, nullif(last_update_time_since_epoch, 0) AS updated
    FROM mlmd_execution
    UNION ALL SELECT id, true, NULL, NULL, '', '', NULL, NULL FROM named WHERE id IS NOT NULL
)
SELECT ((SELECT count(*) FROM artifact) + row_number() OVER (ORDER BY e.id) - 1)::INTEGER AS local, e.*,
    coalesce(t.name, '') AS type, coalesce(t.bare, '') AS bare_type, coalesce(e.state = 5, false) AS cached
FROM every e LEFT JOIN type t ON t.id = e.type_id;

-- @name contexts
CREATE TABLE context AS
SELECT ((SELECT count(*) FROM artifact) + (SELECT count(*) FROM execution) + row_number() OVER (ORDER BY c.id)
    - 1)::INTEGER AS local, c.id, plain(c.name) AS name, plain(c.external_id) AS external_id,
    nullif(c.create_time_since_epoch, 0) AS created, nullif(c.last_update_time_since_epoch, 0) AS updated,
    coalesce(t.name, '') AS type, coalesce(t.bare, '') AS bare_type
FROM mlmd_context c LEFT JOIN type t ON t.id = c.type_id;

-- @name texts
-- The properties that say something of lineage or names, as text. Numbers stand in either column, by writer's taste.
CREATE MACRO stated(s, i) AS CASE WHEN s IS NULL THEN i::VARCHAR ELSE trim(plain(s), E' \t\r\n') END;
CREATE MACRO is_stated(s, i) AS CASE WHEN s IS NULL THEN i IS NOT NULL
    ELSE NOT regexp_full_match(s, '[ \t\r\n]*(None|null|)[ \t\r\n]*') END;
CREATE TABLE execution_text AS
SELECT x.local, x.id, p.name, m.meaning, m.algorithm, stated(p.string_value, p.int_value) AS value
FROM mlmd_execution_property p
JOIN meaning m ON m.name = p.name AND m.of_execution
JOIN execution x ON x.id = p.owner_id
WHERE is_stated(p.string_value, p.int_value);
CREATE TABLE artifact_text AS
SELECT a.local, a.id, p.name, m.meaning, m.algorithm, stated(p.string_value, p.int_value) AS value
FROM mlmd_artifact_property p
JOIN meaning m ON m.name = p.name AND NOT m.of_execution
JOIN artifact a ON a.id = p.owner_id
WHERE is_stated(p.string_value, p.int_value);

-- @name events
CREATE TABLE event AS
SELECT e.id, a.local AS version, x.local AS execution, e.type, nullif(e.milliseconds_since_epoch, 0) AS time,
    ((SELECT count(*) FROM artifact) + (SELECT count(*) FROM execution) + (SELECT count(*) FROM context)
        + row_number() OVER (ORDER BY e.id) - 1)::INTEGER AS origin, x.cached
FROM mlmd_event e JOIN artifact a ON a.id = e.artifact_id JOIN execution x ON x.id = e.execution_id;

-- @name slots
-- Nearly every path is a key and an index; only longer ones are worth an ordered aggregate.
CREATE TABLE slot AS
WITH step AS (
    SELECT event_id, ordinal,
        CASE WHEN is_index_step IS false OR step_index IS NULL THEN plain(step_key) ELSE step_index::VARCHAR END AS step
    FROM mlmd_event_path
), short AS (
    SELECT event_id, count(*) AS steps, arg_min(step, ordinal) AS first, arg_max(step, ordinal) AS last
    FROM step GROUP BY event_id
)
SELECT event_id, CASE steps WHEN 1 THEN first ELSE first || '/' || last END AS path FROM short WHERE steps <= 2
UNION ALL
SELECT event_id, string_agg(step, '/' ORDER BY ordinal) FROM step
WHERE event_id IN (SELECT event_id FROM short WHERE steps > 2) GROUP BY event_id;
