-- @title Staged records into the case
-- @description Runs in one transaction, statement by statement in this order. Each inserts only what the case does not
--   hold yet (anti-join; there are no primary keys). Facts that are here already keep their first acquisition.
-- @param source the source's id
-- @param acquisition the id of this acquisition
-- @param mentioned local numbers of nodes that facts name and that this reading does not describe
-- @param connector the name of the connector that read the source, as in the acquisition's details

-- @name resolve_nodes
CREATE OR REPLACE TEMP TABLE local_node AS
WITH known AS (
    SELECT s.local, s.kind, s.key, n.id FROM stage_node s LEFT JOIN node n ON n.key = s.key
)
SELECT local, kind, key, id IS NULL AS is_new,
    coalesce(id, (SELECT coalesce(max(id), -1) FROM node)
        + row_number() OVER (PARTITION BY id IS NULL ORDER BY local))::INTEGER AS id
FROM known;

-- @name insert_nodes
INSERT INTO node SELECT id, kind, key, $acquisition FROM local_node WHERE is_new ORDER BY id;

-- @name resolve_artifacts
CREATE OR REPLACE TEMP TABLE local_artifact AS
WITH known AS (
    SELECT s.local, s.path, CASE WHEN s.external THEN 0 ELSE $source END AS source, a.id
    FROM stage_artifact s
    LEFT JOIN artifact a ON a.path = s.path AND a.source = CASE WHEN s.external THEN 0 ELSE $source END
)
SELECT local, path, source, id IS NULL AS is_new,
    coalesce(id, (SELECT coalesce(max(id), 0) FROM artifact)
        + row_number() OVER (PARTITION BY id IS NULL ORDER BY local))::INTEGER AS id
FROM known;

-- @name insert_artifacts
INSERT INTO artifact SELECT id, source, path, $acquisition FROM local_artifact WHERE is_new ORDER BY id;

-- @name resolve_origins
CREATE OR REPLACE TEMP TABLE local_origin AS
WITH known AS (
    SELECT s.*, o.id FROM stage_origin s
    LEFT JOIN origin o ON o.source = $source AND o.path = s.path AND o.commit_oid = s.commit_oid AND o.locus = s.locus
)
SELECT local, path, commit_oid, locus, id IS NULL AS is_new,
    coalesce(id, (SELECT coalesce(max(id), -1) FROM origin)
        + row_number() OVER (PARTITION BY id IS NULL ORDER BY local))::INTEGER AS id
FROM known;

-- @name insert_origins
INSERT INTO origin SELECT id, $source, path, commit_oid, locus FROM local_origin WHERE is_new ORDER BY id;

-- @name insert_contents
INSERT INTO content
SELECT n.id, s.algorithm, s.value FROM stage_content s JOIN local_node n ON n.local = s.local
WHERE n.is_new OR NOT EXISTS (FROM content c WHERE c.id = n.id) ORDER BY n.id;

-- @name insert_actors
INSERT INTO actor
SELECT n.id, s.mail, s.name FROM stage_actor s JOIN local_node n ON n.local = s.local
WHERE n.is_new OR NOT EXISTS (FROM actor a WHERE a.id = n.id) ORDER BY n.id;

-- @name insert_versions
INSERT INTO version
SELECT n.id, any_value(a.id), any_value(c.id), max(s.size), max(s.nfiles),
    arg_min(s.kind, list_position(['model', 'metric', 'params', 'dataset', 'code', 'other'], s.kind)),
    bool_or(s.tracked), max(s.label), max(s.owner), arg_min(o.id, s.origin), $acquisition
FROM stage_version s
JOIN local_node n ON n.local = s.local
JOIN local_artifact a ON a.local = s.artifact
LEFT JOIN local_node c ON c.local = s.content
JOIN local_origin o ON o.local = s.origin
WHERE n.is_new OR NOT EXISTS (FROM version v WHERE v.id = n.id)
GROUP BY n.id ORDER BY n.id;

-- @name insert_executions
INSERT INTO execution
SELECT n.id, $source, any_value(s.identity), arg_min(s.name, s.origin), any_value(s.directory), any_value(s.command),
    bool_or(s.declared), bool_or(s.frozen), arg_min(s.script, s.origin), arg_min(o.id, s.origin), $acquisition
FROM stage_execution s
JOIN local_node n ON n.local = s.local
JOIN local_origin o ON o.local = s.origin
WHERE n.is_new OR NOT EXISTS (FROM execution e WHERE e.id = n.id)
GROUP BY n.id ORDER BY n.id;

-- @name insert_commits
INSERT INTO git_commit
SELECT n.id, $source, s.oid, a.id, s.author_time, s.author_offset, s.committer_name, s.committer_mail, s.commit_time,
    s.commit_offset, s.message, s.boundary, s.position, $acquisition
FROM stage_git_commit s
JOIN local_node n ON n.local = s.local
JOIN local_node a ON a.local = s.actor
WHERE n.is_new OR NOT EXISTS (FROM git_commit c WHERE c.id = n.id) ORDER BY n.id;

-- @name insert_parents
INSERT INTO parent
SELECT DISTINCT c.id, s.ordinal, p.id, $acquisition
FROM stage_parent s JOIN local_node c ON c.local = s.child JOIN local_node p ON p.local = s.parent
WHERE NOT EXISTS (FROM parent o WHERE o.child = c.id AND o.ordinal = s.ordinal) ORDER BY c.id, s.ordinal;

-- @name insert_refs
INSERT INTO ref
SELECT $source, $acquisition, s.name, s.kind, n.id, s.tag, s.tagger_mail, s.tag_time, s.message
FROM stage_ref s JOIN local_node n ON n.local = s.git_commit ORDER BY s.name;

-- @name insert_releases
INSERT INTO release
SELECT n.id, $source, s.name, s.artifact_name, s.label, c.id, s.time, s.actor_mail, s.message, s.ref, o.id, $acquisition
FROM stage_release s
JOIN local_node n ON n.local = s.local
LEFT JOIN local_node c ON c.local = s.git_commit
JOIN local_origin o ON o.local = s.origin
WHERE n.is_new OR NOT EXISTS (FROM release r WHERE r.id = n.id) ORDER BY n.id;

-- @name insert_stage_moves
INSERT INTO stage_move
SELECT $source, r.id, s.artifact_name, s.stage, s.action, c.id, s.time, s.actor_mail, s.ref, s.ordinal, o.id, $acquisition
FROM stage_stage_move s
LEFT JOIN local_node r ON r.local = s.release
LEFT JOIN local_node c ON c.local = s.git_commit
JOIN local_origin o ON o.local = s.origin
WHERE NOT EXISTS (
    FROM stage_move m WHERE m.source = $source AND m.ref = s.ref AND m.action = s.action
        AND m.git_commit IS NOT DISTINCT FROM c.id
) ORDER BY s.artifact_name, s.ordinal;

-- @name insert_edges
INSERT INTO edge
SELECT m.kind, d.cause, d.effect, m.strength, m.reason, d.origin, $acquisition
FROM (
    SELECT s.manner, c.id AS cause, e.id AS effect, min(o.id) AS origin, bool_or(c.is_new OR e.is_new) AS is_new
    FROM stage_edge s
    JOIN local_node c ON c.local = s.cause
    JOIN local_node e ON e.local = s.effect
    JOIN local_origin o ON o.local = s.origin
    GROUP BY s.manner, c.id, e.id
) d
JOIN stage_manner m ON m.local = d.manner
WHERE d.is_new OR NOT EXISTS (
    FROM edge x WHERE x.cause = d.cause AND x.effect = d.effect AND x.kind = m.kind AND x.strength = m.strength
        AND x.reason = m.reason
)
ORDER BY d.cause, d.effect, d.manner;

-- @name insert_members
INSERT INTO member
SELECT d.id, s.name, c.id, s.size, $acquisition
FROM stage_member s JOIN local_node d ON d.local = s.directory JOIN local_node c ON c.local = s.content
WHERE NOT EXISTS (FROM listing l WHERE l.directory = d.id) ORDER BY d.id, s.name;

-- @name insert_listings
INSERT INTO listing
SELECT d.id, s.nfiles, s.strength, o.id, $acquisition
FROM stage_listing s JOIN local_node d ON d.local = s.directory JOIN local_origin o ON o.local = s.origin
WHERE NOT EXISTS (FROM listing l WHERE l.directory = d.id) ORDER BY d.id;

-- @name insert_changes
INSERT INTO change
SELECT DISTINCT c.id, s.parent, a.id, v.id, s.layer, $acquisition
FROM stage_change s
JOIN local_node c ON c.local = s.git_commit
JOIN local_artifact a ON a.local = s.artifact
LEFT JOIN local_node v ON v.local = s.version
WHERE c.is_new OR NOT EXISTS (
    FROM change x WHERE x.git_commit = c.id AND x.parent = s.parent AND x.artifact = a.id AND x.layer = s.layer
        AND x.version IS NOT DISTINCT FROM v.id
) ORDER BY c.id, s.parent, a.id, s.layer;

-- @name insert_roles
INSERT INTO role
SELECT a.id, s.kind, s.name, s.owner, s.strength, min(o.id), $acquisition
FROM stage_role s JOIN local_artifact a ON a.local = s.artifact JOIN local_origin o ON o.local = s.origin
WHERE NOT EXISTS (
    FROM role r WHERE r.artifact = a.id AND r.kind = s.kind AND r.name = s.name AND r.strength = s.strength
)
GROUP BY a.id, s.kind, s.name, s.owner, s.strength ORDER BY a.id, s.kind, s.name, s.owner, s.strength;

-- @name insert_gaps
INSERT INTO gap
SELECT n.id, s.kind, max(s.size), min(s.detail), min(o.id), $acquisition
FROM stage_gap s JOIN local_node n ON n.local = s.node JOIN local_origin o ON o.local = s.origin
WHERE NOT EXISTS (FROM gap g WHERE g.node = n.id AND g.kind = s.kind)
GROUP BY n.id, s.kind ORDER BY n.id, s.kind;

-- @name fill_listing_gaps
INSERT INTO filled
SELECT g.node, g.kind, $acquisition FROM gap g
WHERE g.kind IN ('missing-listing', 'code-not-committed') AND EXISTS (FROM listing l WHERE l.directory = g.node)
  AND NOT EXISTS (FROM filled f WHERE f.node = g.node AND f.kind = g.kind);

-- What one connector does not repeat, it has looked for; what another one said, it may know nothing of.
-- @name fill_other_gaps
INSERT INTO filled
SELECT g.node, g.kind, $acquisition FROM gap g
JOIN origin o ON o.id = g.origin AND o.source = $source
JOIN acquisition q ON q.id = g.acquisition AND q.connector = $connector
JOIN local_node n ON n.id = g.node
WHERE g.kind <> 'missing-listing'
  AND NOT EXISTS (FROM stage_gap s JOIN local_node m ON m.local = s.node WHERE m.id = g.node AND s.kind = g.kind)
  AND NOT EXISTS (FROM filled f WHERE f.node = g.node AND f.kind = g.kind);

-- @name insert_details
INSERT INTO details
SELECT n.id, s.type, s.name, s.uri, s.state, s.external_id, s.created, s.updated, o.id, $acquisition
FROM stage_details s JOIN local_node n ON n.local = s.node JOIN local_origin o ON o.local = s.origin
WHERE n.is_new OR NOT EXISTS (
    FROM details d WHERE d.node = n.id AND d.type = s.type AND d.name = s.name AND d.uri = s.uri AND d.state = s.state
        AND d.external_id = s.external_id AND d.created IS NOT DISTINCT FROM s.created
        AND d.updated IS NOT DISTINCT FROM s.updated
);

-- @name insert_properties
INSERT INTO property
SELECT n.id, s.name, s.kind, s.value, s.custom, o.id, $acquisition
FROM stage_property s JOIN local_node n ON n.local = s.node JOIN local_origin o ON o.local = s.origin
WHERE n.is_new OR NOT EXISTS (
    FROM property p WHERE p.node = n.id AND p.name = s.name AND p.custom = s.custom AND p.kind = s.kind
        AND p.value = s.value
);

-- @name insert_measurements
INSERT INTO measurement
SELECT n.id, s.name, s.value, o.id, $acquisition
FROM stage_measurement s JOIN local_node n ON n.local = s.version JOIN local_origin o ON o.local = s.origin
WHERE n.is_new OR NOT EXISTS (
    FROM measurement m WHERE m.version = n.id AND m.name = s.name AND m.value = s.value
)
ORDER BY n.id, s.name;

-- @name insert_events
INSERT INTO event
SELECT e.id, v.id, s.type, s.time, s.path, o.id, $acquisition
FROM stage_event s
JOIN local_node e ON e.local = s.execution
JOIN local_node v ON v.local = s.version
JOIN local_origin o ON o.local = s.origin
WHERE e.is_new OR v.is_new OR NOT EXISTS (
    FROM event x WHERE x.execution = e.id AND x.version = v.id AND x.type = s.type AND x.path = s.path
        AND x.time IS NOT DISTINCT FROM s.time
);

-- @name insert_memberships
INSERT INTO membership
SELECT c.id, m.id, o.id, $acquisition
FROM stage_membership s
JOIN local_node c ON c.local = s.context
JOIN local_node m ON m.local = s.member
JOIN local_origin o ON o.local = s.origin
WHERE c.is_new OR m.is_new OR NOT EXISTS (FROM membership x WHERE x.context = c.id AND x.member = m.id);

-- @name insert_references
INSERT INTO reference
SELECT DISTINCT ON (n.id, s.kind, s.value, s.commit_oid, s.repository, s.strength)
    n.id, s.kind, s.value, s.commit_oid, s.repository, s.strength, o.id, $acquisition
FROM stage_reference s JOIN local_node n ON n.local = s.node JOIN local_origin o ON o.local = s.origin
WHERE n.is_new OR NOT EXISTS (
    FROM reference r WHERE r.node = n.id AND r.kind = s.kind AND r.value = s.value AND r.commit_oid = s.commit_oid
        AND r.repository = s.repository AND r.strength = s.strength
)
ORDER BY n.id, s.kind, s.value, s.commit_oid, s.repository, s.strength, o.id;

-- A reading of another state says anew what still stands: what an edited document no longer says is told by it.
-- @name insert_deployments
INSERT INTO deployment
SELECT $source, s.model, s.subject, s.environment, s.started, s.ended, o.id, $acquisition
FROM stage_deployment s JOIN local_origin o ON o.local = s.origin
WHERE NOT EXISTS (
    FROM deployment d JOIN acquisition q ON q.id = d.acquisition AND q.state = $state
    WHERE d.source = $source AND d.model = s.model AND d.subject = s.subject
        AND d.environment = s.environment AND d.started IS NOT DISTINCT FROM s.started
        AND d.ended IS NOT DISTINCT FROM s.ended AND d.origin = o.id
)
ORDER BY o.id;

-- @name insert_findings
INSERT INTO finding
SELECT ((SELECT coalesce(max(id), 0) FROM finding)
        + row_number() OVER (ORDER BY o.id, s.kind, s.message))::INTEGER,
    $source, s.kind, s.message, s.admits, n.id, o.id, $acquisition
FROM (SELECT DISTINCT * FROM stage_finding) s
LEFT JOIN local_node n ON n.local = s.node
JOIN local_origin o ON o.local = s.origin
WHERE NOT EXISTS (
    FROM finding f WHERE f.source = $source AND f.origin = o.id AND f.kind = s.kind AND f.message = s.message
);

-- A reading that gives no commits at all says nothing of them.
-- @name note_missed
INSERT INTO missed
SELECT c.id, $acquisition FROM git_commit c
WHERE c.source = $source AND EXISTS (FROM stage_git_commit) AND NOT EXISTS (FROM local_node n WHERE n.id = c.id)
  AND NOT EXISTS (FROM missed m WHERE m.node = c.id)
UNION ALL
SELECT r.id, $acquisition FROM release r
JOIN acquisition q ON q.id = r.acquisition AND q.connector = $connector
WHERE r.source = $source AND NOT EXISTS (FROM local_node n WHERE n.id = r.id)
  AND NOT EXISTS (FROM missed m WHERE m.node = r.id)
UNION ALL
-- A store that lives only grows: a row that is not there, or reads otherwise, was deleted or overwritten.
SELECT k.id, $acquisition FROM (
    SELECT v.id, a.source FROM version v JOIN artifact a ON a.id = v.artifact UNION ALL SELECT id, source FROM execution
) k
JOIN source s ON s.id = k.source AND s.is_store
WHERE k.source = $source AND NOT EXISTS (FROM local_node n WHERE n.id = k.id)
  AND NOT EXISTS (FROM missed m WHERE m.node = k.id);

-- @name note_gone
INSERT INTO finding
SELECT ((SELECT coalesce(max(id), 0) FROM finding)
        + row_number() OVER (ORDER BY g.node NULLS FIRST))::INTEGER,
    $source, 'gone', g.message, FALSE, g.node, g.origin, $acquisition
FROM (
    SELECT CASE count(*) WHEN 1 THEN '1 commit that an earlier reading saw is gone'
        ELSE count(*) || ' commits that an earlier reading saw are gone' END
        || ' (a force-push, or a clone that holds less?)' AS message, NULL AS node, NULL AS origin
    FROM missed m JOIN git_commit c ON c.id = m.node WHERE m.acquisition = $acquisition HAVING count(*) > 0
    UNION ALL
    SELECT 'release ' || r.name || ' that an earlier reading saw is gone', r.id, r.origin
    FROM missed m JOIN release r ON r.id = m.node WHERE m.acquisition = $acquisition
    UNION ALL
    SELECT lower(o.path) || ' ' || o.locus || ' that an earlier reading saw is gone from the store, or was overwritten',
        k.id, k.origin
    FROM (SELECT id, origin FROM version UNION ALL SELECT id, origin FROM execution) k
    JOIN missed m ON m.node = k.id AND m.acquisition = $acquisition JOIN origin o ON o.id = k.origin
) g;

-- @name undescribed
SELECT count(*) FROM local_node n
JOIN (SELECT unnest($mentioned::INTEGER[]) AS local) m ON m.local = n.local
WHERE n.is_new AND n.kind NOT IN ('commit', 'actor', 'content');

-- @name counts
SELECT kind, count(*) FROM local_node WHERE is_new GROUP BY kind ORDER BY kind;

-- @name drop_local
DROP TABLE IF EXISTS local_node; DROP TABLE IF EXISTS local_artifact; DROP TABLE IF EXISTS local_origin;
