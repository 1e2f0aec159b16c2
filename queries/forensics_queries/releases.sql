-- @title Releases, and what they released

-- @name releases
-- A release whose tag is gone was missed by a later reading; one that came back stands in the newest refs.
-- @param until the newest acquisition to be seen
SELECT r.id, r.source, r.name, r.artifact_name, r.time, coalesce(r.actor_mail, ''), coalesce(nullif(r.ref, ''), o.path, ''),
    EXISTS (FROM missed m WHERE m.node = r.id AND m.acquisition <= $until) AND NOT EXISTS (
        FROM ref f WHERE f.source = r.source AND f.name = r.ref AND f.git_commit = r.git_commit AND f.acquisition = (
            SELECT max(n.acquisition) FROM ref n WHERE n.source = r.source AND n.acquisition <= $until)
    ) AS gone
FROM release r LEFT JOIN origin o ON o.id = r.origin
WHERE r.acquisition <= $until ORDER BY r.source, r.artifact_name, r.time, r.name, r.id;

-- @name released
-- What an edge that is not certain joins cannot be cleared.
-- @param releases ids of releases
SELECT e.effect, e.cause, min(CASE WHEN e.strength IN ('recorded', 'matched') THEN '' ELSE e.strength END)
FROM edge e SEMI JOIN (SELECT unnest($releases::INTEGER[]) AS id) g ON g.id = e.effect
WHERE e.kind = 'released' GROUP BY e.effect, e.cause ORDER BY e.effect, e.cause;
