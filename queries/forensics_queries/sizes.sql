-- @title How many bytes things have, as far as it is on record

-- @name contents
-- @param contents ids of contents
-- Different sizes of one digest are a claim against a claim: then none is known.
WITH wanted AS (
    SELECT unnest($contents::INTEGER[]) AS id
), said AS (
    SELECT v.content AS id, v.size FROM version v SEMI JOIN wanted w ON w.id = v.content WHERE v.size IS NOT NULL
    UNION
    SELECT m.content, m.size FROM member m SEMI JOIN wanted w ON w.id = m.content WHERE m.size IS NOT NULL
)
SELECT id, min(size) FROM said GROUP BY id HAVING count(DISTINCT size) = 1 ORDER BY id;
