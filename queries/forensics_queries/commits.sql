-- @title Commits and who is claimed to have written them

-- @name claims
-- @param ids ids of commits
SELECT commit_id, coalesce(author_name, ''), coalesce(author_mail, ''), author_time, author_offset, message
FROM commits WHERE commit_id IN (SELECT unnest($ids::INTEGER[])) ORDER BY commit_id;
