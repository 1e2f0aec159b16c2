-- @title The documents behind a path
-- @description For neighbouring nodes, the best known edge that leads from one to the other.

-- @name between
-- @param causes node ids
-- @param effects node ids, as many
WITH pair AS (
    SELECT DISTINCT unnest($causes::INTEGER[]) AS cause, unnest($effects::INTEGER[]) AS effect
), known AS (
    SELECT p.cause, p.effect, e.* EXCLUDE (cause_id, effect_id)
    FROM pair p JOIN edges e ON e.cause_id = p.cause AND e.effect_id = p.effect WHERE e.kind <> 'restored'
    UNION ALL
    SELECT p.cause, p.effect, e.* EXCLUDE (cause_id, effect_id)
    FROM pair p JOIN edges e ON e.cause_id = p.effect AND e.effect_id = p.cause WHERE e.kind = 'content'
)
SELECT cause, effect, kind, strength, coalesce(reason, ''), coalesce(document, ''), coalesce(document_commit, ''),
    coalesce(document_locus, '')
FROM known
QUALIFY row_number() OVER (
    PARTITION BY cause, effect
    ORDER BY list_position(['recorded', 'matched', 'declared', 'inferred', 'assumed'], strength), kind, reason,
        acquisition_id, document, document_commit, document_locus
) = 1
ORDER BY cause, effect;
