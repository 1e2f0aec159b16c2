-- @title What the blast radius shows beside the verdicts

-- @name releases
-- @param versions ids of versions
SELECT e.cause, r.id, r.name
FROM edge e
JOIN release r ON r.id = e.effect
SEMI JOIN (SELECT unnest($versions::INTEGER[]) AS id) g ON g.id = e.cause
WHERE e.kind = 'released'
ORDER BY e.cause, r.name;

-- @name commits
-- @param commits ids of commits
SELECT c.id, c.oid, c.author_time, coalesce(a.mail, '') FROM git_commit c
SEMI JOIN (SELECT unnest($commits::INTEGER[]) AS id) g ON g.id = c.id
LEFT JOIN actor a ON a.id = c.actor ORDER BY c.id;

-- @name unread
-- @param until the newest acquisition to be seen
SELECT DISTINCT c.id FROM finding f
JOIN origin o ON o.id = f.origin
LEFT JOIN git_commit c ON c.oid = o.commit_oid
WHERE f.admits AND f.kind <> 'missing-listing' AND f.acquisition <= $until ORDER BY c.id;

-- @name filled_later
-- @param until the newest acquisition to be seen
-- Gaps that stood then: lineage was missing at these nodes.
SELECT DISTINCT g.node FROM gap g JOIN filled f ON f.node = g.node AND f.kind = g.kind
WHERE g.acquisition <= $until AND f.acquisition > $until ORDER BY g.node;
