-- @title What a bundle takes from the case beside the answers of questions
-- @description Lists of node ids are bound. Claimed times are seconds since 1970 and, beside them, as they were written.

-- @name sources
SELECT s.id, s.kind, s.object_format,
    (SELECT coalesce(list(f.value ORDER BY f.value), []) FROM fingerprint f WHERE f.source = s.id)
FROM source s ORDER BY s.id;

-- @name acquisitions
SELECT id, source, coalesce(connector, ''), locator, state, floor(epoch(started_at))::BIGINT,
    floor(epoch(finished_at))::BIGINT, tool_version, added, details
FROM acquisition ORDER BY id;

-- @name findings
SELECT node_id, finding_id, source_id, kind, message, admits, coalesce(document, ''), coalesce(document_commit, ''),
    coalesce(document_locus, ''), acquisition_id
FROM findings ORDER BY finding_id;

-- @name gaps
-- Those of some nodes, or of the bytes of some versions.
-- @param ids node ids
WITH near AS (
    SELECT unnest($ids::INTEGER[]) AS id
    UNION SELECT v.content FROM version v SEMI JOIN (SELECT unnest($ids::INTEGER[]) AS id) g ON g.id = v.id
)
SELECT DISTINCT g.node_id, g.kind, g.detail, g.size, coalesce(g.document, ''), coalesce(g.document_commit, ''),
    coalesce(g.document_locus, ''), g.acquisition_id, g.filled_by
FROM gaps g SEMI JOIN near n ON n.id = g.node_id ORDER BY ALL;

-- @name gap_counts
-- All gaps, as rows of ``gaps`` has them: how many of each kind in each source, and how many of these were filled.
SELECT a.source, g.kind, count(*), count(g.filled_by)
FROM (SELECT DISTINCT node_id, kind, detail, size, document, document_commit, document_locus, acquisition_id, filled_by
    FROM gaps) g JOIN acquisition a ON a.id = g.acquisition_id
GROUP BY a.source, g.kind ORDER BY a.source, g.kind;

-- @name suppliers
-- What made or brought versions, the runs and versions that they came from.
-- @param ids ids of versions
SELECT DISTINCT e.cause FROM edge e SEMI JOIN (SELECT unnest($ids::INTEGER[]) AS id) g ON g.id = e.effect
WHERE e.kind IN ('generated', 'imported', 'declared', 'part', 'introduced') ORDER BY e.cause;

-- @name inputs
-- What runs used, and the commits that recorded them or that they ran with.
-- @param ids ids of executions
SELECT DISTINCT e.cause FROM edge e SEMI JOIN (SELECT unnest($ids::INTEGER[]) AS id) g ON g.id = e.effect
WHERE e.kind IN ('used', 'recorded', 'checked-out') ORDER BY e.cause;

-- @name introductions
-- @param ids ids of versions
SELECT DISTINCT e.cause FROM edge e SEMI JOIN (SELECT unnest($ids::INTEGER[]) AS id) g ON g.id = e.effect
WHERE e.kind = 'introduced' ORDER BY e.cause;

-- @name authors
-- @param ids ids of commits
SELECT DISTINCT c.actor FROM git_commit c SEMI JOIN (SELECT unnest($ids::INTEGER[]) AS id) g ON g.id = c.id
WHERE c.actor IS NOT NULL ORDER BY c.actor;

-- @name released
-- @param ids ids of versions
SELECT DISTINCT e.effect FROM edge e SEMI JOIN (SELECT unnest($ids::INTEGER[]) AS id) g ON g.id = e.cause
WHERE e.kind = 'released' ORDER BY e.effect;

-- @name links
-- All edges among nodes, with the source whose document states each. Edges of content hold both ways and stand once.
-- @param ids node ids
WITH one AS MATERIALIZED (SELECT unnest($ids::INTEGER[]) AS id
), stated AS (
    SELECT kind, cause, effect, strength, reason, origin FROM edge
    UNION ALL
    SELECT 'content', id, content, 'recorded', '', origin FROM version WHERE content IS NOT NULL
    UNION ALL
    SELECT 'member', m.content, m.directory, l.strength, '', l.origin
    FROM member m JOIN listing l ON l.directory = m.directory
), found AS (
    SELECT s.kind, s.cause, s.effect, s.strength, coalesce(s.reason, ''), coalesce(o.source, 0), coalesce(o.path, ''),
        coalesce(o.commit_oid, ''), coalesce(o.locus, '')
    FROM stated s SEMI JOIN one c ON c.id = s.cause SEMI JOIN one e ON e.id = s.effect
    LEFT JOIN origin o ON o.id = s.origin
    UNION
    SELECT 'authored', c.actor, c.id, 'recorded', '', c.source, '', c.oid, ''
    FROM git_commit c SEMI JOIN one a ON a.id = c.actor SEMI JOIN one e ON e.id = c.id
)
FROM found ORDER BY ALL;

-- @name neighbours
-- What documents tie to nodes by an edge of their own.
-- @param ids node ids
SELECT e.effect FROM edge e SEMI JOIN (SELECT unnest($ids::INTEGER[]) AS id) g ON g.id = e.cause
UNION SELECT e.cause FROM edge e SEMI JOIN (SELECT unnest($ids::INTEGER[]) AS id) g ON g.id = e.effect;

-- @name keys
-- @param ids node ids
SELECT n.id, n.key, coalesce(v.source, e.source, r.source, 0) FROM node n
SEMI JOIN (SELECT unnest($ids::INTEGER[]) AS id) g ON g.id = n.id
LEFT JOIN (SELECT v.id, a.source FROM version v JOIN artifact a ON a.id = v.artifact) v ON v.id = n.id
LEFT JOIN execution e ON e.id = n.id
LEFT JOIN release r ON r.id = n.id
ORDER BY n.id;

-- @name all_keys
SELECT n.id, n.key FROM node n ORDER BY n.id;

-- @name versions
-- @param ids node ids
SELECT v.id, v.size, v.nfiles FROM version v
SEMI JOIN (SELECT unnest($ids::INTEGER[]) AS id) g ON g.id = v.id ORDER BY v.id;

-- @name digests
-- Digests of the bytes of versions and contents: the recorded one first, then those that are on record for the same.
-- @param ids node ids
WITH held AS (
    SELECT g.id, coalesce(v.content, c.id) AS content
    FROM (SELECT unnest($ids::INTEGER[]) AS id) g LEFT JOIN version v ON v.id = g.id LEFT JOIN content c ON c.id = g.id
), same AS (
    SELECT id, content, 0 AS place FROM held WHERE content IS NOT NULL
    UNION SELECT h.id, e.effect, 1 FROM held h JOIN edge e ON e.cause = h.content
        JOIN content c ON c.id = e.effect WHERE e.kind = 'content' AND e.strength IN ('recorded', 'matched')
    UNION SELECT h.id, e.cause, 1 FROM held h JOIN edge e ON e.effect = h.content
        JOIN content c ON c.id = e.cause WHERE e.kind = 'content' AND e.strength IN ('recorded', 'matched')
), digest AS (
    SELECT s.id, s.place, c.algorithm || ':' || c.value AS digest FROM same s JOIN content c ON c.id = s.content
    UNION SELECT s.id, 2, 'sha256:' || b.sha256 FROM same s JOIN content c ON c.id = s.content
        JOIN byte_check b ON b.content = s.content WHERE s.place = 0 AND b.sha256 <> '' AND b.found = c.algorithm || ':' || c.value
), first AS (
    SELECT id, digest, min(place) AS place FROM digest GROUP BY id, digest
)
SELECT id, list(digest ORDER BY place, digest) FROM first GROUP BY id ORDER BY id;

-- @name executions
-- @param ids node ids
SELECT e.id, e.command, e.directory FROM execution e
SEMI JOIN (SELECT unnest($ids::INTEGER[]) AS id) g ON g.id = e.id ORDER BY e.id;

-- @name commits
-- @param ids node ids
SELECT c.id, c.message, coalesce(a.mail, ''), coalesce(a.name, ''), c.author_time, c.author_offset FROM git_commit c
SEMI JOIN (SELECT unnest($ids::INTEGER[]) AS id) g ON g.id = c.id LEFT JOIN actor a ON a.id = c.actor ORDER BY c.id;

-- @name actors
-- @param ids node ids
SELECT a.id, a.mail, a.name FROM actor a
SEMI JOIN (SELECT unnest($ids::INTEGER[]) AS id) g ON g.id = a.id ORDER BY a.id;

-- @name releases
-- @param ids node ids
SELECT r.release_id, coalesce(r.message, ''), coalesce(r.actor_mail, ''), r.time, coalesce(r.stages, [])
FROM releases r
SEMI JOIN (SELECT unnest($ids::INTEGER[]) AS id) g ON g.id = r.release_id ORDER BY r.release_id;

-- @name descriptions
-- The newest of each.
-- @param ids node ids
SELECT d.node_id, coalesce(d.type, ''), coalesce(d.state, ''), coalesce(d.uri, ''), d.created, d.updated
FROM descriptions d
SEMI JOIN (SELECT unnest($ids::INTEGER[]) AS id) g ON g.id = d.node_id
QUALIFY row_number() OVER (PARTITION BY d.node_id ORDER BY d.acquisition_id DESC, d.updated DESC, d.document_locus) = 1
ORDER BY d.node_id;

-- @name people
-- Who is named anywhere on record: addresses, names, accounts; and the one address that a name stands with, if it is one.
WITH named AS (
    SELECT mail AS name, '' AS mail FROM actor UNION ALL SELECT name, mail FROM actor
    UNION ALL SELECT committer_name, committer_mail FROM git_commit UNION ALL SELECT committer_mail, '' FROM git_commit
    UNION ALL SELECT tagger_mail, '' FROM ref UNION ALL SELECT actor_mail, '' FROM release
    UNION ALL SELECT actor_mail, '' FROM stage_move
    UNION ALL SELECT owner, '' FROM role UNION ALL SELECT owner, '' FROM version
    UNION ALL SELECT author, '' FROM mark UNION ALL SELECT author, '' FROM mark_withdrawal
    UNION ALL SELECT author, '' FROM technique_judgement
    UNION ALL SELECT author, '' FROM observation UNION ALL SELECT author, '' FROM observation_withdrawal
)
SELECT name, CASE WHEN count(DISTINCT lower(nullif(mail, ''))) = 1 THEN coalesce(max(lower(mail)), '') ELSE '' END
FROM named WHERE name <> '' GROUP BY name ORDER BY name;
