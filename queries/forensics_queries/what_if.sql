-- @title What a supposition needs to know of runs

-- @name data
-- The inputs of runs that are data: neither code, nor a parameter, nor the text of the command.
-- @param runs ids of executions
SELECT e.effect, e.cause FROM edge e
SEMI JOIN (SELECT unnest($runs::INTEGER[]) AS id) g ON g.id = e.effect
JOIN version v ON v.id = e.cause
JOIN artifact a ON a.id = v.artifact
WHERE e.kind = 'used' AND v.kind NOT IN ('code', 'params') AND NOT starts_with(a.path, '$ ')
ORDER BY e.effect, e.cause;
