-- @title What an answer rests on
-- @description How far each source was read. A finding that admits lineage counts as unread until what it missed is
--   found by a later reading.

-- @name sources
SELECT s.name, s.kind, coalesce(s.locator, ''), s.acquisitions, floor(epoch(s.last_read_at))::BIGINT,
    (SELECT count(*) FROM finding f WHERE f.source = s.source_id),
    (SELECT count(*) FROM finding f WHERE f.source = s.source_id AND f.admits
        AND NOT EXISTS (FROM filled l WHERE l.node = f.node AND l.kind = f.kind))
FROM sources s ORDER BY s.source_id;

-- @name unread
SELECT s.name, f.kind, count(*), arg_min(f.message, f.id)
FROM finding f JOIN source s ON s.id = f.source
WHERE f.admits AND NOT EXISTS (FROM filled l WHERE l.node = f.node AND l.kind = f.kind)
GROUP BY s.id, s.name, f.kind ORDER BY s.id, f.kind;
