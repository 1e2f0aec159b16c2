-- @title What an answer rests on
-- @description How far each source was read. A finding that admits lineage counts as unread until what it missed is
--   found by a later reading.

-- @name sources
-- @param until the newest acquisition to be seen
SELECT s.name, s.kind, coalesce(arg_max(a.locator, a.id), ''), count(*), floor(epoch(max(a.finished_at)))::BIGINT,
    (SELECT count(*) FROM finding f WHERE f.source = s.id AND f.acquisition <= $until),
    (SELECT count(*) FROM finding f WHERE f.source = s.id AND f.acquisition <= $until AND f.admits
        AND NOT EXISTS (FROM filled l WHERE l.node = f.node AND l.kind = f.kind AND l.acquisition <= $until))
FROM source s JOIN acquisition a ON a.source = s.id AND a.id <= $until
GROUP BY s.id, s.name, s.kind ORDER BY s.id;

-- @name unread
-- @param until the newest acquisition to be seen
SELECT s.name, f.kind, count(*), arg_min(f.message, f.id)
FROM finding f JOIN source s ON s.id = f.source
WHERE f.admits AND f.acquisition <= $until
    AND NOT EXISTS (FROM filled l WHERE l.node = f.node AND l.kind = f.kind AND l.acquisition <= $until)
GROUP BY s.id, s.name, f.kind ORDER BY s.id, f.kind;
