-- @title The case's edges as integers
-- @description Arrays for forensics.graph. Codes are an edge kind times eight plus a strength (forensics.case.codes).
--   Content edges hold both ways, so they stand here twice. The empty file and the empty directory join nothing.

-- @param until the newest acquisition to be seen, for answers as of a time
-- @name kinds
SELECT (list_position($kinds::VARCHAR[], kind) - 1)::UTINYINT AS code FROM node ORDER BY id;

-- @name edges
WITH joining AS (
    SELECT id, algorithm, value FROM content
    WHERE NOT list_contains($empty::VARCHAR[], algorithm || ':' || value)
), addressed AS (
    SELECT DISTINCT cause, effect FROM edge WHERE kind = 'imported' AND reason = 'by-uri' AND acquisition <= $until
), named AS (
    -- A row that several runs wrote has the digest of the last one alone.
    SELECT v.id, v.content FROM version v
    SEMI JOIN (SELECT cause AS id FROM addressed UNION SELECT effect FROM addressed) a ON a.id = v.id
    WHERE v.content IS NOT NULL
        AND (SELECT count(*) FROM edge g WHERE g.kind = 'generated' AND g.effect = v.id) <= 1
), twin AS (
    SELECT cause, effect FROM edge
    WHERE kind = 'content' AND strength IN ('recorded', 'matched') AND acquisition <= $until
), told AS (
    FROM named
    UNION SELECT n.id, t.effect FROM named n JOIN twin t ON t.cause = n.content
    UNION SELECT n.id, t.cause FROM named n JOIN twin t ON t.effect = n.content
), settled AS (
    -- Digests of one algorithm, found since the two were tied by address, say whether the bytes are the same.
    SELECT DISTINCT a.cause, a.effect FROM addressed a
    JOIN told x ON x.id = a.cause JOIN content c ON c.id = x.content
    JOIN told y ON y.id = a.effect JOIN content d ON d.id = y.content AND d.algorithm = c.algorithm
), coded AS (
    SELECT e.cause, e.effect, (list_position($kinds::VARCHAR[], e.kind) - 1) * 8
        + list_position($strengths::VARCHAR[], e.strength) - 1 AS code, e.kind
    FROM edge e WHERE e.acquisition <= $until AND NOT (
        e.kind = 'imported' AND e.reason = 'by-uri' AND EXISTS (FROM settled s WHERE s.cause = e.cause AND s.effect = e.effect)
    )
)
SELECT cause, effect, code::UTINYINT AS code FROM coded
UNION ALL
SELECT effect, cause, code::UTINYINT FROM coded WHERE kind = 'content'
UNION ALL
SELECT v.id, v.content, $content::UTINYINT FROM version v SEMI JOIN joining j ON j.id = v.content
WHERE v.acquisition <= $until
UNION ALL
SELECT v.content, v.id, $content::UTINYINT FROM version v SEMI JOIN joining j ON j.id = v.content
WHERE v.acquisition <= $until
UNION ALL
SELECT a.id, b.id, $assumed::UTINYINT FROM joining a JOIN joining b ON b.value = a.value AND a.algorithm <> b.algorithm
WHERE a.algorithm IN ('md5', 'md5-dos2unix') AND b.algorithm IN ('md5', 'md5-dos2unix')
UNION ALL
SELECT m.content, m.directory, $member::UTINYINT FROM member m SEMI JOIN joining j ON j.id = m.content
WHERE m.acquisition <= $until
UNION ALL
SELECT c.actor, c.id, $authored::UTINYINT FROM git_commit c WHERE c.actor IS NOT NULL AND c.acquisition <= $until
UNION ALL
SELECT p.parent, p.child, $parent::UTINYINT FROM parent p WHERE p.acquisition <= $until;
