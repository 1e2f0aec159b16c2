-- @title What could be evaluated to find a source

-- @name models
-- @param observed ids of versions that were observed
-- @param until the newest acquisition to be seen
WITH model AS (
    SELECT version_id AS id, coalesce(content_id, -version_id) AS bytes FROM versions
    WHERE kind = 'model' AND acquisition_id <= $until
), known AS (
    SELECT coalesce(content, -id) AS bytes FROM version WHERE id IN (SELECT unnest($observed::INTEGER[]))
)
SELECT min(m.id) FROM model m ANTI JOIN known k ON k.bytes = m.bytes GROUP BY m.bytes ORDER BY 1;
