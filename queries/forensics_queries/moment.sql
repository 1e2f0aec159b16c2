-- @title Sources and acquisitions up to a time

-- @name sources
SELECT id FROM source ORDER BY id;

-- @name acquisition
-- @param at a time in UTC
SELECT max(id) FILTER (WHERE finished_at <= $at), min(finished_at) FROM acquisition;

-- @name known
-- @param until the newest acquisition to be seen
SELECT id FROM node WHERE acquisition <= $until ORDER BY id;
