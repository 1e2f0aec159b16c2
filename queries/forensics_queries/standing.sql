-- @title Marks that stand

-- @name marks
-- @param at a time in UTC
SELECT m.id, m.state, m.subject, m.reason
FROM mark m
WHERE m.made_at <= $at AND (m.expires_at IS NULL OR m.expires_at > $at)
  AND NOT EXISTS (FROM mark_withdrawal w WHERE w.mark = m.id AND w.made_at <= $at)
ORDER BY m.id;
