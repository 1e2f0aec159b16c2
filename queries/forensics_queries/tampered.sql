-- @title Tampered objects
-- @description Stored objects that held other bytes than the record says, when they were hashed first after they had changed.

-- @name all
-- Mended ones too: what was read meanwhile was not mended. An object stands for its content by either way of hashing.
-- @param at a time, UTC
WITH looked AS (
    SELECT b.*, lag(b.state) OVER one AS before, max(b.checked_at) FILTER (b.state = 'intact') OVER one AS intact_at
    FROM byte_check b WHERE b.checked_at <= $at::TIMESTAMP
    WINDOW one AS (PARTITION BY b.source, b.path ORDER BY b.checked_at, b.rowid ROWS UNBOUNDED PRECEDING)
)
SELECT same.id, l.path, l.found, l.sha256, l.mtime_ns // 1000000000, floor(epoch(l.checked_at))::BIGINT,
    floor(epoch(l.intact_at))::BIGINT
FROM looked l JOIN content c ON c.id = l.content
JOIN content same ON same.value = c.value AND same.algorithm IN ('md5', 'md5-dos2unix')
WHERE l.state = 'tampered' AND l.before IS DISTINCT FROM 'tampered'
ORDER BY same.id, l.checked_at, l.path;

-- @name newest
-- When the last of some versions came into the case; no row where there are none.
-- @param versions ids of versions
SELECT floor(epoch(max(a.finished_at)))::BIGINT FROM version v JOIN acquisition a ON a.id = v.acquisition
WHERE v.id IN (SELECT unnest($versions::INTEGER[])) HAVING count(*) > 0;
