-- @title What was in use where

-- @name moves
-- A tag that an earlier reading saw at that commit and the newest one did not is gone.
-- @param until the newest acquisition to be seen
WITH newest AS (
    SELECT source, max(acquisition) AS acquisition FROM ref WHERE acquisition <= $until GROUP BY source
), seen AS (
    SELECT f.source, f.name, f.git_commit, max(f.acquisition) AS last FROM ref f
    WHERE f.acquisition <= $until GROUP BY f.source, f.name, f.git_commit
)
SELECT m.source, m.artifact_name, m.stage, m.action, m.release, r.name, m.time, m.ordinal, m.ref,
    coalesce(m.actor_mail, ''), coalesce(o.path, ''), coalesce(f.last < n.acquisition, FALSE) AS gone
FROM stage_move m
JOIN release r ON r.id = m.release
LEFT JOIN origin o ON o.id = m.origin
LEFT JOIN seen f ON f.source = m.source AND f.name = m.ref AND f.git_commit = m.git_commit
LEFT JOIN newest n ON n.source = m.source
WHERE m.acquisition <= $until AND m.action IN ('assign', 'unassign', 'deregister')
ORDER BY m.source, m.artifact_name, coalesce(m.time, 0), m.ordinal, m.ref;

-- @name deployments
-- What the document says in the state that its connector read last.
-- @param until the newest acquisition to be seen
WITH newest AS (
    SELECT source, connector, arg_max(state, id) AS state FROM acquisition WHERE id <= $until GROUP BY source, connector
)
SELECT d.source, d.model, d.subject, d.environment, d.started, d.ended, coalesce(o.path, ''), coalesce(o.locus, '')
FROM deployment d
JOIN acquisition q ON q.id = d.acquisition
JOIN newest n ON n.source = q.source AND n.connector = q.connector AND n.state = q.state
LEFT JOIN origin o ON o.id = d.origin
WHERE d.acquisition <= $until
ORDER BY d.source, d.environment, d.started NULLS FIRST, d.ended NULLS LAST, o.path, o.locus, d.model, d.subject;

-- @name unread
-- @param until the newest acquisition to be seen
SELECT s.name, f.message
FROM finding f
JOIN source s ON s.id = f.source AND s.kind = 'deployments'
JOIN acquisition a ON a.id = f.acquisition
JOIN (SELECT source, arg_max(state, id) AS state FROM acquisition WHERE id <= $until GROUP BY source) n
    ON n.source = f.source AND n.state = a.state
WHERE f.acquisition <= $until ORDER BY f.id;

-- @name named
-- @param names names of releases
SELECT r.name, r.id FROM release r SEMI JOIN (SELECT unnest($names::VARCHAR[]) AS name) g ON g.name = r.name
ORDER BY r.name, r.id;

-- @name digests
-- @param digests algorithm:value
SELECT c.algorithm || ':' || c.value, c.id FROM content c
SEMI JOIN (SELECT unnest($digests::VARCHAR[]) AS digest) g ON g.digest = c.algorithm || ':' || c.value
ORDER BY c.id;
