-- @title The journal
-- @description What was done with the case, the first entry first.

-- @name entries
SELECT seq, floor(epoch(made_at))::BIGINT, action, argv, tool_version, claimed_user, details, previous, digest
FROM journal ORDER BY seq;
