-- @title The first reading of a source into a case that knows none of its nodes
-- @description Takes the place of the statements of merge.sql that have the same names. All that was staged is new, and its
--   numbers leave none out: ids are numbers moved on, and there is nothing to look up or to leave out.
-- @param source the source's id
-- @param acquisition the id of this acquisition
-- @param lowest what stands in the staging tables for the number 0 of a batch

-- @name numbered
-- For nodes, artifacts and origins: how many numbers come from batches, whether none is left out or given twice, and the
-- first free id.
WITH every AS (
    SELECT 'node' AS space, local FROM stage_node UNION ALL SELECT 'artifact', local FROM stage_artifact
    UNION ALL SELECT 'origin', local FROM stage_origin
)
SELECT space, count(*) FILTER (local < 0), count(*) = count(DISTINCT local)
        AND coalesce(max(local) FILTER (local < 0) + 1 - $lowest, 0) = count(*) FILTER (local < 0)
        AND coalesce(max(local) FILTER (local >= 0) + 1, 0) = count(*) FILTER (local >= 0),
    CASE space WHEN 'node' THEN (SELECT coalesce(max(id), -1) FROM node)
        WHEN 'artifact' THEN (SELECT coalesce(max(id), 0) FROM artifact)
        ELSE (SELECT coalesce(max(id), -1) FROM origin) END + 1
FROM every GROUP BY space;

-- @name known
SELECT EXISTS (FROM stage_node s SEMI JOIN node n ON n.key = s.key)
    OR EXISTS (FROM stage_artifact s JOIN artifact a ON a.path = s.path AND s.external AND a.source = 0);

-- @name macros
-- Batches come first, then what came record by record.
CREATE OR REPLACE TEMP MACRO node_id(number) AS (number + CASE WHEN number < 0 THEN getvariable('batched_nodes')
    ELSE getvariable('other_nodes') END)::INTEGER;
CREATE OR REPLACE TEMP MACRO artifact_id(number) AS (number + CASE WHEN number < 0 THEN getvariable('batched_artifacts')
    ELSE getvariable('other_artifacts') END)::INTEGER;
CREATE OR REPLACE TEMP MACRO origin_id(number) AS (number + CASE WHEN number < 0 THEN getvariable('batched_origins')
    ELSE getvariable('other_origins') END)::INTEGER;

-- @name resolve_nodes
CREATE OR REPLACE TEMP VIEW local_node AS SELECT local, kind, key, true AS is_new, node_id(local) AS id FROM stage_node;

-- @name resolve_artifacts
CREATE OR REPLACE TEMP VIEW local_artifact AS SELECT local, artifact_id(local) AS id FROM stage_artifact;

-- @name resolve_origins
CREATE OR REPLACE TEMP VIEW local_origin AS SELECT local, origin_id(local) AS id FROM stage_origin;

-- @name insert_nodes
INSERT INTO node SELECT node_id(local), kind, key, $acquisition FROM stage_node;

-- @name insert_artifacts
INSERT INTO artifact SELECT artifact_id(local), CASE WHEN external THEN 0 ELSE $source END, path, $acquisition
FROM stage_artifact;

-- @name insert_origins
INSERT INTO origin SELECT origin_id(local), $source, path, commit_oid, locus FROM stage_origin;

-- @name insert_contents
INSERT INTO content SELECT node_id(local), algorithm, value FROM stage_content;

-- @name insert_versions
INSERT INTO version
SELECT node_id(local), artifact_id(any_value(artifact)), node_id(any_value(content)), max(size), max(nfiles),
    arg_min(kind, list_position(['model', 'metric', 'params', 'dataset', 'code', 'other'], kind)), bool_or(tracked),
    max(label), max(owner), origin_id(min(origin)), $acquisition
FROM stage_version GROUP BY local ORDER BY local;

-- @name insert_executions
INSERT INTO execution
SELECT node_id(local), $source, any_value(identity), arg_min(name, origin), any_value(directory), any_value(command),
    bool_or(declared), bool_or(frozen), arg_min(script, origin), origin_id(min(origin)), $acquisition
FROM stage_execution GROUP BY local ORDER BY local;

-- @name insert_edges
INSERT INTO edge
SELECT m.kind, node_id(d.cause), node_id(d.effect), m.strength, m.reason, origin_id(d.origin), $acquisition
FROM (SELECT manner, cause, effect, min(origin) AS origin FROM stage_edge GROUP BY manner, cause, effect) d
JOIN stage_manner m ON m.local = d.manner
ORDER BY d.cause, d.effect, d.manner;

-- @name insert_details
INSERT INTO details
SELECT node_id(node), type, name, uri, state, external_id, created, updated, origin_id(origin), $acquisition
FROM stage_details;

-- @name insert_properties
INSERT INTO property SELECT node_id(node), name, kind, value, custom, origin_id(origin), $acquisition FROM stage_property;

-- @name insert_measurements
INSERT INTO measurement
SELECT node_id(version), name, value, origin_id(origin), $acquisition FROM stage_measurement;

-- @name insert_events
INSERT INTO event SELECT node_id(execution), node_id(version), type, time, path, origin_id(origin), $acquisition
FROM stage_event;

-- @name insert_memberships
INSERT INTO membership SELECT node_id(context), node_id(member), origin_id(origin), $acquisition FROM stage_membership;

-- @name insert_references
INSERT INTO reference
SELECT node_id(node), kind, value, commit_oid, repository, strength, origin_id(min(origin)), $acquisition
FROM stage_reference GROUP BY node, kind, value, commit_oid, repository, strength
ORDER BY node, kind, value, commit_oid, repository, strength;

-- @name counts
SELECT kind, count(*) FROM stage_node GROUP BY kind ORDER BY kind;

-- @name drop_local
DROP VIEW IF EXISTS local_node; DROP VIEW IF EXISTS local_artifact; DROP VIEW IF EXISTS local_origin;
