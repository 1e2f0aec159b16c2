-- @title Sources and acquisitions up to a time

-- @name sources
SELECT id FROM source ORDER BY id;

-- @name acquisition
-- @param at a time in UTC
SELECT coalesce(max(id), 0) FROM acquisition WHERE finished_at <= $at;
