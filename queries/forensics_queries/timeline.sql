-- @title All that has a time, in one order
-- @description Times as each source has them, with how many microseconds one unit is; null where none is stated.

-- @name all
WITH occurrence AS (
    SELECT author_time AS value, 1000000 AS unit, TRUE AS claimed, 'commit' AS kind, c.id AS node, c.source,
        coalesce(a.name || ' <' || a.mail || '>', '') AS actor, coalesce(message, '') AS what, '' AS document, oid AS commit_oid
    FROM git_commit c LEFT JOIN actor a ON a.id = c.actor
    UNION ALL
    SELECT commit_time, 1000000, TRUE, 'commit-written', id, source, committer_name || ' <' || committer_mail || '>',
        coalesce(message, ''), '', oid
    FROM git_commit WHERE commit_time <> author_time
    UNION ALL
    SELECT DISTINCT d.created, 1000, TRUE, CASE n.kind WHEN 'execution' THEN 'execution' ELSE 'registration' END, n.id,
        o.source, '', concat_ws(' ', d.type, d.name), lower(o.path) || ' ' || o.locus, ''
    FROM details d JOIN node n ON n.id = d.node JOIN origin o ON o.id = d.origin WHERE n.kind IN ('execution', 'version')
    UNION ALL
    SELECT DISTINCT d.updated, 1000, TRUE, 'execution-updated', n.id, o.source, '', concat_ws(' ', d.state, d.type, d.name),
        lower(o.path) || ' ' || o.locus, ''
    FROM details d JOIN node n ON n.id = d.node JOIN origin o ON o.id = d.origin
    WHERE n.kind = 'execution' AND d.updated <> d.created
    UNION ALL
    SELECT r.time, 1000000, TRUE, 'release', r.id, r.source, coalesce(r.actor_mail, ''), concat_ws(': ', r.name, nullif(r.message, '')),
        coalesce(r.ref, ''), coalesce(c.oid, '')
    FROM release r LEFT JOIN git_commit c ON c.id = r.git_commit
    UNION ALL
    SELECT m.time, 1000000, TRUE, 'stage-move', m.release, m.source, coalesce(m.actor_mail, ''),
        concat_ws(' ', m.action, coalesce(r.name, m.artifact_name), nullif(m.stage, '')), coalesce(m.ref, ''), coalesce(c.oid, '')
    FROM stage_move m LEFT JOIN release r ON r.id = m.release LEFT JOIN git_commit c ON c.id = m.git_commit
    UNION ALL
    SELECT DISTINCT d.started, 1000000, TRUE, 'deployment', NULL::INTEGER, d.source, '',
        concat(d.model, ' as ', d.subject, ' in ', d.environment), concat_ws(' ', o.path, nullif(o.locus, '')), ''
    FROM deployment d LEFT JOIN origin o ON o.id = d.origin
    UNION ALL
    SELECT DISTINCT d.ended, 1000000, TRUE, 'deployment-end', NULL, d.source, '',
        concat(d.model, ' as ', d.subject, ' in ', d.environment), concat_ws(' ', o.path, nullif(o.locus, '')), ''
    FROM deployment d LEFT JOIN origin o ON o.id = d.origin
    UNION ALL
    SELECT epoch_us(started_at), 1, FALSE, 'acquisition', NULL, source, '', locator, '', '' FROM acquisition
    UNION ALL
    SELECT epoch_us(made_at), 1, FALSE, 'mark', NULL, NULL, author,
        concat('mark ', id, ': ', state, ' ', subject, ' (' || nullif(reason, '') || ')'), '', ''
    FROM mark
    UNION ALL
    SELECT epoch_us(expires_at), 1, FALSE, 'mark-expiry', NULL, NULL, '', concat('mark ', id, ': ', state, ' ', subject), '', ''
    FROM mark
    UNION ALL
    SELECT epoch_us(w.made_at), 1, FALSE, 'mark-withdrawal', NULL, NULL, w.author,
        concat('mark ', m.id, ': ', m.state, ' ', m.subject, ' (' || nullif(w.reason, '') || ')'), '', ''
    FROM mark_withdrawal w JOIN mark m ON m.id = w.mark
    UNION ALL
    SELECT epoch_us(made_at), 1, FALSE, 'observation', NULL, NULL, author,
        concat('observation ', id, ': ', concat_ws(' ', subject, nullif(state, ''), nullif(metric, '')), ' (' || nullif(reason, '') || ')'), '', ''
    FROM observation
    UNION ALL
    SELECT epoch_us(w.made_at), 1, FALSE, 'observation-withdrawal', NULL, NULL, w.author,
        concat('observation ', o.id, ': ', o.subject, ' (' || nullif(w.reason, '') || ')'), '', ''
    FROM observation_withdrawal w JOIN observation o ON o.id = w.observation
)
SELECT o.value, o.unit, o.claimed, o.kind, o.node, coalesce(s.name, ''), o.actor, o.what, o.document, o.commit_oid
FROM occurrence o LEFT JOIN source s ON s.id = o.source
WHERE o.value IS NOT NULL
ORDER BY o.value::HUGEINT * o.unit, o.kind, o.source, o.node, o.what, o.document, o.actor, o.commit_oid;
