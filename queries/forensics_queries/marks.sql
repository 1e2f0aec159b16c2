-- @title Marks
-- @description What investigators stated. Marks are added and withdrawn, never changed and never erased.

-- @name all
-- @param at a time, UTC
WITH judged AS (
    SELECT mark, technique, arg_max(verdict, id) AS verdict FROM technique_judgement GROUP BY mark, technique
), named AS (
    SELECT mark, string_agg(technique, ', ' ORDER BY technique) AS techniques FROM (
        SELECT id AS mark, technique FROM mark WHERE technique <> ''
        UNION SELECT mark, technique FROM judged WHERE verdict = 'confirmed'
        EXCEPT SELECT mark, technique FROM judged WHERE verdict = 'rejected'
    ) GROUP BY mark
)
SELECT m.mark_id, m.state, m.subject, m.reason, m.author, m.evidence, coalesce(n.techniques, ''), floor(epoch(m.made_at))::BIGINT,
    floor(epoch(m.expires_at))::BIGINT, floor(epoch(m.withdrawn_at))::BIGINT, coalesce(m.withdrawn_by, ''),
    coalesce(m.withdrawn_because, ''),
    (m.withdrawn_at IS NULL OR m.withdrawn_at > $at::TIMESTAMP) AND (m.expires_at IS NULL OR m.expires_at > $at::TIMESTAMP)
FROM marks m LEFT JOIN named n ON n.mark = m.mark_id ORDER BY m.mark_id;

-- @name next
SELECT coalesce(max(id), 0) + 1 FROM mark;

-- @name add
-- @param id number of the mark
-- @param state bad, suspect, good or cleared
-- @param subject what is marked, pinned
-- @param reason why
-- @param author who says so
-- @param evidence what it rests on
-- @param technique identifier in MITRE ATLAS
-- @param made_at when, UTC
-- @param expires_at until when, or NULL
INSERT INTO mark VALUES
    ($id, $state, $subject, $reason, $author, $evidence, $technique, $made_at::TIMESTAMP, $expires_at::TIMESTAMP);

-- @name withdraw
-- @param mark number of the mark
-- @param reason why
-- @param author who says so
-- @param made_at when, UTC
INSERT INTO mark_withdrawal VALUES ($mark, $reason, $author, $made_at::TIMESTAMP);
