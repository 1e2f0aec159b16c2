-- @title Marks
-- @description What investigators stated. Marks are added and withdrawn, never changed and never erased.

-- @name all
-- @param at a time, UTC
SELECT m.mark_id, m.state, m.subject, m.reason, m.author, m.evidence, m.technique, floor(epoch(m.made_at))::BIGINT,
    floor(epoch(m.expires_at))::BIGINT, floor(epoch(m.withdrawn_at))::BIGINT, coalesce(m.withdrawn_by, ''),
    coalesce(m.withdrawn_because, ''),
    (m.withdrawn_at IS NULL OR m.withdrawn_at > $at::TIMESTAMP) AND (m.expires_at IS NULL OR m.expires_at > $at::TIMESTAMP)
FROM marks m ORDER BY m.mark_id;

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
