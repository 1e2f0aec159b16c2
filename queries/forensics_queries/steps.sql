-- @title The documents behind a path
-- @description For neighbouring nodes, the best known edge that leads from one to the other, else one that leads back
--   (bytes hold both ways; a part speaks for its whole).

-- @name between
-- @param causes node ids
-- @param effects node ids, as many
WITH pair AS (
    SELECT DISTINCT unnest($causes::INTEGER[]) AS cause, unnest($effects::INTEGER[]) AS effect
), known AS (
    SELECT p.cause, p.effect, e.* EXCLUDE (cause_id, effect_id), FALSE AS turned
    FROM pair p JOIN edges e ON e.cause_id = p.cause AND e.effect_id = p.effect
    UNION ALL
    SELECT p.cause, p.effect, e.* EXCLUDE (cause_id, effect_id), TRUE
    FROM pair p JOIN edges e ON e.cause_id = p.effect AND e.effect_id = p.cause
    UNION ALL
    SELECT p.cause, p.effect, 'content', 'assumed', 'same-value', '', '', '', NULL, FALSE
    FROM pair p JOIN content a ON a.id = p.cause JOIN content b ON b.id = p.effect AND b.value = a.value
)
SELECT cause, effect, kind, strength, coalesce(reason, ''), coalesce(document, ''), coalesce(document_commit, ''),
    coalesce(document_locus, '')
FROM known
QUALIFY row_number() OVER (
    PARTITION BY cause, effect
    ORDER BY turned, kind = 'restored',
        list_position(['recorded', 'matched', 'declared', 'inferred', 'assumed'], strength), kind, reason,
        acquisition_id, document, document_commit, document_locus
) = 1
ORDER BY cause, effect;
