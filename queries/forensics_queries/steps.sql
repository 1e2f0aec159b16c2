-- @title The edges between pairs of nodes, with the documents that state them

-- @name between
-- @param causes the node that each pair begins with
-- @param effects the node that each pair ends with
WITH pair AS (
    SELECT unnest($causes::INTEGER[]) AS cause_id, unnest($effects::INTEGER[]) AS effect_id
), found AS (
    SELECT p.cause_id, p.effect_id, e.kind, e.strength, e.reason, e.document, e.document_commit, e.document_locus, 0 AS turned
    FROM pair p JOIN edges e ON e.cause_id = p.cause_id AND e.effect_id = p.effect_id
    UNION ALL
    SELECT p.cause_id, p.effect_id, e.kind, e.strength, e.reason, e.document, e.document_commit, e.document_locus, 1
    FROM pair p JOIN edges e ON e.cause_id = p.effect_id AND e.effect_id = p.cause_id
)
SELECT cause_id, effect_id, kind, strength, reason, document, document_commit, document_locus
FROM found
QUALIFY row_number() OVER (
    PARTITION BY cause_id, effect_id
    ORDER BY turned, list_position(['recorded', 'matched', 'declared', 'inferred', 'assumed'], strength), kind, reason,
        document, document_commit, document_locus
) = 1
ORDER BY cause_id, effect_id;
