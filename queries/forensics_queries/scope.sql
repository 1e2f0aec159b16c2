-- @title As the case stood at a time
-- @description What an acquisition that had finished by then had seen.

-- @name known
-- @param at a time in UTC
SELECT n.id FROM node n JOIN acquisition a ON a.id = n.acquisition WHERE a.finished_at <= $at ORDER BY n.id;
