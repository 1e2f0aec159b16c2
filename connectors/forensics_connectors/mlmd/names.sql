-- @title What artifacts and executions of an ML Metadata store are called over time
-- @description An artifact's path is the named thing of which it is one state. In this order: the name that CMF gives
--   (path:digest); the address without the id of the execution that made it (TFX); pipeline, task and output (Kubeflow
--   Pipelines); the artifact's own name; its address; type and id.

-- @name numbered
CREATE TABLE numbered AS
WITH tail AS (
    SELECT local, place AS path, try_cast(regexp_extract(place, '/([0-9]{1,18})$', 1) AS BIGINT) AS made_by
    FROM artifact WHERE regexp_matches(place, '[0-9]$')
)
SELECT DISTINCT t.local, left(t.path, -1 - length(regexp_extract(t.path, '[0-9]+$'))) AS path
FROM tail t JOIN event e ON e.version = t.local AND is_output(e.type)
JOIN execution x ON x.local = e.execution AND x.id = t.made_by;

-- @name kubeflow
CREATE TABLE kubeflow AS
WITH pipeline AS (
    SELECT t.artifact_id AS id, min(c.name) AS name
    FROM mlmd_attribution t JOIN context c ON c.id = t.context_id WHERE c.bare_type = 'system.Pipeline' GROUP BY 1
), producing_pipeline AS (
    SELECT s.execution_id AS id, min(c.name) AS name
    FROM mlmd_association s JOIN context c ON c.id = s.context_id WHERE c.bare_type = 'system.Pipeline' GROUP BY 1
), task AS (
    SELECT local, arg_min(value, CASE meaning WHEN 'task' THEN 0 ELSE 1 END) AS name FROM execution_text
    WHERE meaning IN ('task', 'display') GROUP BY local
), made AS (
    SELECT e.version AS local, arg_min(struct_pack(task := t.name, slot := s.path, pipeline := pp.name),
        struct_pack(cached := e.cached, id := x.id)) AS by
    FROM event e JOIN artifact a ON a.local = e.version AND starts_with(a.bare_type, 'system.')
    JOIN execution x ON x.local = e.execution LEFT JOIN task t ON t.local = x.local
    LEFT JOIN slot s ON s.event_id = e.id LEFT JOIN producing_pipeline pp ON pp.id = x.id
    WHERE is_output(e.type) GROUP BY e.version
), named AS (
    SELECT a.local, coalesce(p.name, m.by.pipeline) AS pipeline, m.by.task AS task,
        coalesce(nullif(split_part(m.by.slot, '/', 1), ''), d.value) AS output
    FROM artifact a LEFT JOIN made m ON m.local = a.local LEFT JOIN pipeline p ON p.id = a.id
    LEFT JOIN (SELECT local, min(value) AS value FROM artifact_text WHERE meaning = 'display' GROUP BY local) d
        ON d.local = a.local
    WHERE starts_with(a.bare_type, 'system.')
)
SELECT local, concat_ws('/', pipeline, task, output) AS path FROM named
WHERE output IS NOT NULL AND (task IS NOT NULL OR pipeline IS NOT NULL);

-- @name cmf
-- The address is the digest. What is overwritten in place gets another one, and keeps the name that has the first.
CREATE MACRO cmf_name(name, uri) AS CASE WHEN uri = '' THEN ''
    WHEN contains(name, ':' || uri) THEN split_part(name, ':' || uri, 1)
    WHEN length(uri) IN (32, 36) AND regexp_full_match(uri, '[0-9A-Fa-f]{32}([.]dir)?')
        THEN regexp_extract(name, '^(.+?):[0-9A-Fa-f]{32}([.]dir)?(:|$)', 1) ELSE '' END;

-- @name paths
-- A macro repeats what it is given, and address() repeats it often: so a column of its own comes first.
CREATE TABLE named AS
SELECT a.local, nullif(address(a.cmf), '') AS cmf, coalesce(
    nullif(address(a.cmf), ''),
    nullif(n.path, ''),
    nullif(k.path, ''),
    -- TFX names the artifacts of an interactive run by the time of day.
    CASE WHEN a.uri = '' OR NOT regexp_matches(a.name, ':[0-9]{4}-[0-9]{2}-[0-9]{2}T') THEN nullif(address(a.name), '') END,
    nullif(a.place, ''),
    CASE WHEN a.gone OR a.type = '' THEN 'artifact' ELSE a.type END || '/' || a.id
) AS path
FROM (SELECT *, cmf_name(name, uri) AS cmf FROM artifact) a
LEFT JOIN numbered n ON n.local = a.local LEFT JOIN kubeflow k ON k.local = a.local;

-- @name execution_names
CREATE TABLE execution_name AS
WITH said AS (
    SELECT local, arg_min(value, list_position(['component', 'task', 'display'], meaning)) AS name
    FROM execution_text WHERE meaning IN ('component', 'task', 'display') GROUP BY local
), node AS (
    SELECT s.execution_id AS id, min(c.name) AS name
    FROM mlmd_association s JOIN context c ON c.id = s.context_id WHERE c.bare_type = 'node' GROUP BY 1
)
SELECT x.local, coalesce(
    s.name,
    nullif(regexp_extract(n.name, '([^.]+)$', 1), ''),
    CASE WHEN starts_with(x.bare_type, 'tfx.') THEN regexp_extract(x.bare_type, '([^.]+)$', 1) END,
    nullif(x.type, ''),
    'execution/' || x.id
) AS name
FROM execution x LEFT JOIN said s ON s.local = x.local LEFT JOIN node n ON n.id = x.id;

-- @name kinds
CREATE TABLE type_kind AS
WITH every AS (
    SELECT id, bare FROM type
    UNION ALL SELECT p.type_id, t.bare FROM mlmd_parent_type p JOIN type t ON t.id = p.parent_type_id
), judged AS (
    SELECT id, CASE
        WHEN regexp_matches(bare, '(?i)(^|[._]|\b)(pushed_?)?model(_?run)?$|[a-z](Model|_model)$') THEN 'model'
        WHEN regexp_matches(bare, '(?i)(metrics?|evaluation)$') THEN 'metric'
        WHEN regexp_matches(bare, '(?i)(hyperparameters|tunerresults)$') THEN 'params'
        WHEN regexp_matches(bare, '(?i)(examples|dataset|dataslice|data|externalartifact)$') THEN 'dataset'
        END AS kind
    FROM every
)
SELECT id, arg_min(kind, list_position(['model', 'dataset', 'metric', 'params'], kind)) AS kind
FROM judged WHERE kind IS NOT NULL GROUP BY id;
