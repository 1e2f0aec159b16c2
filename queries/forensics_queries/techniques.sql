-- @title What is known of how marked things came to be, for the techniques that it is consistent with

-- @name signals
-- Of nodes, and of what they introduced, made, released, or are part of.
-- @param ids node ids
WITH asked AS (
    SELECT unnest($ids::INTEGER[]) AS id
), bytes AS (
    SELECT id FROM asked UNION SELECT m.directory FROM member m SEMI JOIN asked ON asked.id = m.content
), chosen AS (
    SELECT v.id FROM version v SEMI JOIN bytes ON bytes.id = v.content
    UNION SELECT v.id FROM version v SEMI JOIN asked ON asked.id = v.id
    UNION SELECT e.effect FROM edge e SEMI JOIN asked ON asked.id = e.cause WHERE e.kind IN ('introduced', 'generated')
    UNION SELECT e.cause FROM edge e SEMI JOIN asked ON asked.id = e.effect WHERE e.kind = 'released'
), told AS (
    SELECT v.version_id AS id, v.kind, v.content_id, v.artifact_id, v.source_id,
        EXISTS (FROM edge e WHERE e.effect = v.version_id AND e.kind = 'generated') AS made,
        v.source_id = 0 OR EXISTS (FROM edge e WHERE e.effect = v.version_id AND e.kind = 'imported') AS imported,
        EXISTS (FROM finding f WHERE f.node = v.content_id AND f.kind = 'tampered') AS tampered
    FROM versions v SEMI JOIN chosen ON chosen.id = v.version_id
)
SELECT DISTINCT signal FROM (
    SELECT unnest([
        CASE WHEN kind = 'dataset' AND NOT made AND NOT imported THEN 'data-by-commit' END,
        CASE WHEN kind IN ('dataset', 'other') AND imported THEN 'data-imported' END,
        CASE WHEN kind = 'model' AND imported THEN 'model-imported' END,
        CASE WHEN kind = 'code' AND imported THEN 'code-imported' END,
        CASE WHEN kind = 'model' AND NOT made AND NOT imported THEN 'model-by-commit' END,
        CASE WHEN imported AND EXISTS (
            FROM version o JOIN edge e ON e.effect = o.id AND e.kind = 'imported'
            WHERE o.artifact = told.artifact_id AND o.content <> told.content_id AND told.source_id > 0
        ) THEN 'import-exchanged' END,
        CASE WHEN tampered AND kind = 'model' THEN 'model-tampered' END,
        CASE WHEN tampered AND kind <> 'model' THEN 'data-tampered' END
    ]) AS signal FROM told
) WHERE signal IS NOT NULL ORDER BY signal;

-- @name stated
SELECT id, technique, reason, author, floor(epoch(made_at))::BIGINT FROM mark WHERE technique <> '' ORDER BY id;

-- @name judged
-- What analysts said of techniques, the last word on each.
SELECT mark, technique, arg_max(verdict, id), arg_max(reason, id), arg_max(author, id),
    floor(epoch(arg_max(made_at, id)))::BIGINT
FROM technique_judgement GROUP BY mark, technique ORDER BY mark, technique;

-- @name add
-- @param mark number of the mark
-- @param technique identifier in MITRE ATLAS
-- @param verdict confirmed or rejected
-- @param reason why
-- @param author who says so
-- @param made_at when, UTC
INSERT INTO technique_judgement
SELECT coalesce(max(id), 0) + 1, $mark, $technique, $verdict, $reason, $author, $made_at::TIMESTAMP FROM technique_judgement;
