-- @title How two lineages differ

-- @name targets
-- @param ids node ids
-- A release means the versions that it releases; bytes mean the versions that have them.
SELECT id FROM version WHERE id IN (SELECT unnest($ids::INTEGER[]))
UNION
SELECT cause FROM edge WHERE kind = 'released' AND effect IN (SELECT unnest($ids::INTEGER[])) ORDER BY 1;

-- @name holders
-- @param ids ids of contents
SELECT id FROM version WHERE content IN (SELECT unnest($ids::INTEGER[])) ORDER BY id;

-- @name release_commit
-- @param ids ids of releases
SELECT git_commit FROM release
WHERE id IN (SELECT unnest($ids::INTEGER[])) AND git_commit IS NOT NULL ORDER BY git_commit;

-- @name files
-- @param olds contents of directories
-- @param news contents of directories, one for each of the others
-- What the listings do not have in common, by set difference. Digests that are known to be of the same bytes are equal.
WITH pair AS (
    SELECT unnest($olds::INTEGER[]) AS old, unnest($news::INTEGER[]) AS new
), before AS (
    SELECT p.old, p.new, m.name, m.content FROM pair p JOIN member m ON m.directory = p.old
), after AS (
    SELECT p.old, p.new, m.name, m.content FROM pair p JOIN member m ON m.directory = p.new
), gone AS (FROM before EXCEPT FROM after), come AS (FROM after EXCEPT FROM before)
SELECT coalesce(g.old, c.old) AS old, coalesce(g.new, c.new) AS new, coalesce(g.name, c.name) AS name,
    g.content, c.content, x.algorithm, y.algorithm
FROM gone g FULL JOIN come c ON c.old = g.old AND c.new = g.new AND c.name = g.name
LEFT JOIN content x ON x.id = g.content
LEFT JOIN content y ON y.id = c.content
WHERE NOT coalesce(x.value = y.value AND x.algorithm IN ('md5', 'md5-dos2unix') AND y.algorithm IN ('md5', 'md5-dos2unix'), FALSE)
  AND NOT EXISTS (
      FROM edge e WHERE e.kind = 'content' AND e.cause = g.content AND e.effect = c.content
      UNION ALL FROM edge e WHERE e.kind = 'content' AND e.effect = g.content AND e.cause = c.content
  )
ORDER BY ALL;

-- @name counts
-- @param olds contents of directories
-- @param news contents of directories, one for each of the others
-- How many names have another content, or none, on the other side.
WITH pair AS (
    SELECT DISTINCT unnest($olds::INTEGER[]) AS old, unnest($news::INTEGER[]) AS new
), before AS (
    SELECT p.old, p.new, m.name, m.content FROM pair p JOIN member m ON m.directory = p.old
), after AS (
    SELECT p.old, p.new, m.name, m.content FROM pair p JOIN member m ON m.directory = p.new
), changed AS (
    SELECT old, new, name FROM (FROM before EXCEPT FROM after)
    UNION
    SELECT old, new, name FROM (FROM after EXCEPT FROM before)
)
SELECT p.old, p.new, count(c.name) FROM pair p LEFT JOIN changed c ON c.old = p.old AND c.new = p.new
GROUP BY p.old, p.new ORDER BY p.old, p.new;

-- @name listed
-- @param artifact id of an artifact that is a directory
-- @param names names of files in it
SELECT m.name, m.content, list(DISTINCT v.id ORDER BY v.id) FROM version v JOIN member m ON m.directory = v.content
SEMI JOIN (SELECT unnest($names::VARCHAR[]) AS name) n ON n.name = m.name
WHERE v.artifact = $artifact GROUP BY m.name, m.content ORDER BY m.name, m.content;

-- @name sources
-- @param commits ids of commits
SELECT DISTINCT source FROM git_commit WHERE id IN (SELECT unnest($commits::INTEGER[])) ORDER BY source;

-- @name labels
-- @param artifact id of an artifact
SELECT id, coalesce(label, '') FROM version WHERE artifact = $artifact ORDER BY id;
