-- @title As the case stood at a time
-- @description What an acquisition that had finished by then had seen.

-- @name known
-- @param at seconds since 1970 in UTC
SELECT n.id FROM node n JOIN acquisition a ON a.id = n.acquisition
WHERE epoch(a.finished_at) <= $at ORDER BY n.id;

-- @name sources
SELECT id FROM source ORDER BY id;
