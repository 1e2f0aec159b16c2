-- @title What was read
-- @description One row an acquisition, newest last.

-- @name acquisitions
SELECT s.name, s.kind, a.acquisition_id, a.locator, floor(epoch(a.started_at))::BIGINT, floor(epoch(a.finished_at))::BIGINT,
    a.tool_version, a.state, a.added,
    (SELECT count(*) FROM finding f WHERE f.acquisition = a.acquisition_id),
    (SELECT count(*) FROM finding f WHERE f.acquisition = a.acquisition_id AND f.admits
        AND NOT EXISTS (FROM filled l WHERE l.node = f.node AND l.kind = f.kind)),
    coalesce((SELECT string_agg(n || ' ' || kind, ', ' ORDER BY kind) FROM (
        SELECT f.kind, count(*) AS n FROM finding f WHERE f.acquisition = a.acquisition_id GROUP BY f.kind)), '')
FROM acquisitions a JOIN sources s ON s.source_id = a.source_id ORDER BY s.source_id, a.acquisition_id;
