-- @title What joins the sources of a case
-- @description One row for each pair of sources, each way they are joined and how it is known; and one for each pair with
--   the versions that have a digest or an address, and found no partner in the other source.

-- @name joins
-- @param empty digests of the empty file and the empty directory, which join nothing
WITH held AS MATERIALIZED (
    SELECT a.source, v.id, v.content, c.algorithm, c.value FROM version v
    JOIN artifact a ON a.id = v.artifact AND a.source > 0 AND NOT starts_with(a.path, '$ ')
    LEFT JOIN content c ON c.id = v.content AND c.algorithm <> 'param'
        AND NOT list_contains($empty::VARCHAR[], c.algorithm || ':' || c.value)
), holder AS MATERIALIZED (
    SELECT source, content, algorithm, value, count(*) AS versions FROM held WHERE algorithm IS NOT NULL GROUP BY ALL
), twin AS MATERIALIZED (
    SELECT cause AS one, effect AS two, strength IN ('recorded', 'matched') AS certain FROM edge WHERE kind = 'content'
    UNION ALL
    SELECT effect, cause, strength IN ('recorded', 'matched') FROM edge WHERE kind = 'content'
    UNION ALL
    SELECT a.content, b.content, FALSE FROM holder a JOIN holder b ON b.value = a.value AND b.algorithm <> a.algorithm
    WHERE a.algorithm IN ('md5', 'md5-dos2unix') AND b.algorithm IN ('md5', 'md5-dos2unix')
), same AS (
    SELECT DISTINCT content AS one, content AS two, TRUE AS certain FROM holder
    UNION FROM twin
    UNION SELECT a.one, b.two, a.certain AND b.certain FROM twin a JOIN twin b ON b.one = a.two AND b.two <> a.one
), surest AS (
    SELECT one, two, bool_or(certain) AS certain FROM same GROUP BY one, two
), alike AS (
    SELECT a.source, b.source AS other, a.content, b.content AS twin, s.certain
    FROM holder a JOIN surest s ON s.one = a.content JOIN holder b ON b.content = s.two AND b.source <> a.source
), part AS (
    SELECT a.source, b.source AS other, a.content, m.directory AS twin, l.strength IN ('recorded', 'matched') AS certain
    FROM holder a JOIN member m ON m.content = a.content JOIN listing l ON l.directory = m.directory
    JOIN holder b ON b.content = m.directory AND b.source <> a.source
), by_bytes AS (
    SELECT source, other, 'same bytes' AS joined_by, CASE WHEN certain THEN 'matched' ELSE 'assumed' END AS known, content, twin
    FROM alike
    UNION ALL
    SELECT source, other, 'file of a directory', CASE WHEN certain THEN 'matched' ELSE 'assumed' END, content, twin FROM part
    UNION ALL
    SELECT other, source, 'file of a directory', CASE WHEN certain THEN 'matched' ELSE 'assumed' END, twin, content FROM part
), by_edge AS (
    SELECT a.source, b.source AS other, CASE e.reason WHEN 'by-uri' THEN 'address' WHEN 'fingerprint' THEN 'fingerprint'
 WHEN 'upstream' THEN 'import'
            WHEN 'by-path' THEN 'import' ELSE replace(e.kind, 'imported', 'import') END AS joined_by, e.strength AS known, e.cause, e.effect
    FROM edge e JOIN held a ON a.id = e.cause JOIN held b ON b.id = e.effect AND b.source <> a.source
    WHERE e.kind IN ('imported', 'declared')
    UNION ALL
    SELECT a.source, b.source, 'import', e.strength, e.cause, f.effect
    FROM edge e JOIN edge f ON f.kind = 'imported' AND f.cause = e.effect
    JOIN held a ON a.id = e.cause JOIN held b ON b.id = f.effect AND b.source <> a.source
    WHERE e.kind = 'imported' AND e.reason IN ('upstream', 'by-path')
    UNION ALL
    SELECT c.source, x.source, 'commit', e.strength, e.cause, e.effect
    FROM edge e JOIN git_commit c ON c.id = e.cause JOIN execution x ON x.id = e.effect AND x.source <> c.source
    WHERE e.kind = 'checked-out'
), each_way AS (
    FROM by_edge UNION ALL SELECT other, source, joined_by, known, effect, cause FROM by_edge
), joined AS MATERIALIZED (
    SELECT source, other, joined_by, known, content AS mine, twin AS theirs, TRUE AS is_content FROM by_bytes
    UNION ALL
    SELECT source, other, joined_by, known, cause, effect, FALSE FROM each_way
), partner AS (
    SELECT DISTINCT j.source, j.other, h.id FROM joined j JOIN held h ON h.source = j.source AND h.content = j.mine
    WHERE j.is_content
    UNION
    SELECT DISTINCT j.source, j.other, j.mine FROM joined j JOIN held h ON h.id = j.mine WHERE NOT j.is_content
), counted AS (
    SELECT j.source, j.other, j.joined_by, j.known, count(DISTINCT (j.mine, j.theirs)) AS joins, count(DISTINCT j.mine) AS mine
    FROM joined j GROUP BY ALL
), pair AS (
    SELECT a.id AS source, b.id AS other, a.name AS source_name, b.name AS other_name
    FROM source a JOIN source b ON b.id > a.id
), joinable AS (
    SELECT h.source, h.id FROM held h
    WHERE h.algorithm IS NOT NULL OR EXISTS (FROM reference r WHERE r.node = h.id AND r.kind IN ('uri', 'fingerprint'))
), could AS (
    SELECT s.id AS source, count(j.id) AS versions FROM source s LEFT JOIN joinable j ON j.source = s.id GROUP BY s.id
), alone AS (
    SELECT s.source, s.other, count(j.id) AS versions
    FROM (SELECT source, other FROM pair UNION ALL SELECT other, source FROM pair) s
    LEFT JOIN joinable j ON j.source = s.source
        AND NOT EXISTS (FROM partner p WHERE p.source = s.source AND p.other = s.other AND p.id = j.id)
    GROUP BY s.source, s.other
)
SELECT p.source_name, p.other_name, p.joined_by, p.known, p.joins, p.here, p.there, p.of_here, p.of_there FROM (
    SELECT p.*, t.joined_by, t.known, t.joins, t.mine AS here, u.mine AS there, NULL AS of_here, NULL AS of_there,
        list_position(['same bytes', 'file of a directory', 'import', 'commit', 'declared', 'address', 'fingerprint'],
            t.joined_by) AS place
    FROM pair p JOIN counted t ON t.source = p.source AND t.other = p.other
    JOIN counted u ON u.source = p.other AND u.other = p.source AND u.joined_by = t.joined_by AND u.known = t.known
    UNION ALL
    SELECT p.*, 'no partner', '', 0, a.versions, b.versions, c.versions, d.versions, 99
    FROM pair p
    JOIN alone a ON a.source = p.source AND a.other = p.other JOIN alone b ON b.source = p.other AND b.other = p.source
    JOIN could c ON c.source = p.source JOIN could d ON d.source = p.other
) p ORDER BY p.source, p.other, p.place, p.known;
