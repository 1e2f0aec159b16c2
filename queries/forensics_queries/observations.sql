-- @title Observations
-- @description What people observed: added and withdrawn, never changed and never erased.

-- @name all
-- @param at a time, UTC
SELECT o.observation_id, o.kind, o.subject, o.state, o.metric, o.reliability, o.reason, o.author,
    floor(epoch(o.made_at))::BIGINT, floor(epoch(o.withdrawn_at))::BIGINT, coalesce(o.withdrawn_by, ''),
    coalesce(o.withdrawn_because, ''), o.made_at <= $at::TIMESTAMP AND (o.withdrawn_at IS NULL OR o.withdrawn_at > $at::TIMESTAMP)
FROM observations o ORDER BY o.observation_id;

-- @name next
SELECT coalesce(max(id), 0) + 1 FROM observation;

-- @name add
-- @param id number of the observation
-- @param kind label, content, inspection or metric
-- @param subject what was observed, pinned; empty for a metric
-- @param state bad, good or clean; which way is better for a metric
-- @param metric its name, else empty
-- @param reliability how far it is to be trusted, or NULL
-- @param reason why
-- @param author who says so
-- @param made_at when, UTC
INSERT INTO observation VALUES
    ($id, $kind, $subject, $state, $metric, $reliability::DOUBLE, $reason, $author, $made_at::TIMESTAMP);

-- @name withdraw
-- @param observation number of the observation
-- @param reason why
-- @param author who says so
-- @param made_at when, UTC
INSERT INTO observation_withdrawal VALUES ($observation, $reason, $author, $made_at::TIMESTAMP);

-- @name releases
-- @param versions ids of versions
-- Names of releases that mean one version alone; a plain tag may release several.
SELECT e.cause, min(r.name) FROM edge e JOIN release r ON r.id = e.effect
SEMI JOIN (SELECT unnest($versions::INTEGER[]) AS id) g ON g.id = e.cause
WHERE e.kind = 'released' AND NOT EXISTS (
    FROM edge o WHERE o.kind = 'released' AND o.effect = e.effect AND o.cause <> e.cause
) GROUP BY e.cause ORDER BY e.cause;

-- @name models
SELECT v.version_id FROM versions v WHERE v.kind = 'model' ORDER BY v.version_id;
