-- @title The public views of a case
-- @description Stable and documented in docs/views.md: analysts and auditors write SQL against them. Digests stand in
--   them as algorithm:value; times are claimed unless the column says otherwise.

CREATE OR REPLACE VIEW sources AS
SELECT s.id AS source_id, s.kind, s.name, s.object_format,
    (SELECT arg_max(a.locator, a.id) FROM acquisition a WHERE a.source = s.id) AS locator,
    (SELECT count(*) FROM acquisition a WHERE a.source = s.id) AS acquisitions,
    (SELECT max(a.finished_at) FROM acquisition a WHERE a.source = s.id) AS last_read_at
FROM source s;

CREATE OR REPLACE VIEW acquisitions AS
SELECT a.id AS acquisition_id, a.source AS source_id, s.name AS source, a.locator, a.state, a.started_at, a.finished_at,
    a.tool_version, a.connector, a.added, a.details
FROM acquisition a LEFT JOIN source s ON s.id = a.source;

CREATE OR REPLACE VIEW contents AS
SELECT c.id AS content_id, c.algorithm || ':' || c.value AS digest, c.algorithm, c.value,
    ends_with(c.value, '.dir') AS is_directory, n.acquisition AS acquisition_id
FROM content c JOIN node n ON n.id = c.id;

CREATE OR REPLACE VIEW artifacts AS
SELECT a.id AS artifact_id, a.source AS source_id, s.name AS source, a.path,
    coalesce(r.kind, v.kind, 'other') AS kind, coalesce(r.strength, 'inferred') AS kind_known, r.name, r.owner
FROM artifact a
LEFT JOIN source s ON s.id = a.source
LEFT JOIN (
    SELECT artifact, arg_min(kind, rank) AS kind, arg_min(strength, rank) AS strength,
        max(nullif(name, '')) AS name, max(nullif(owner, '')) AS owner
    FROM (SELECT *, CASE strength WHEN 'recorded' THEN 0 ELSE 10 END
            + list_position(['model', 'metric', 'params', 'dataset', 'code', 'other'], kind) AS rank FROM role)
    GROUP BY artifact
) r ON r.artifact = a.id
LEFT JOIN (
    SELECT artifact, arg_min(kind, list_position(['model', 'metric', 'params', 'dataset', 'code', 'other'], kind)) AS kind
    FROM version GROUP BY artifact
) v ON v.artifact = a.id;

CREATE OR REPLACE VIEW versions AS
SELECT v.id AS version_id, v.artifact AS artifact_id, a.source_id, a.source, a.path, a.kind, a.name,
    v.content AS content_id, c.algorithm || ':' || c.value AS digest, v.size, v.nfiles, v.tracked, v.label,
    coalesce(nullif(v.owner, ''), a.owner) AS owner, o.path AS document, o.commit_oid AS document_commit,
    o.locus AS document_locus, v.acquisition AS acquisition_id
FROM version v
JOIN artifacts a ON a.artifact_id = v.artifact
LEFT JOIN content c ON c.id = v.content
LEFT JOIN origin o ON o.id = v.origin;

CREATE OR REPLACE VIEW members AS
SELECT m.directory AS directory_id, d.algorithm || ':' || d.value AS directory, m.name, m.content AS content_id,
    c.algorithm || ':' || c.value AS digest, m.size, m.acquisition AS acquisition_id
FROM member m JOIN content d ON d.id = m.directory JOIN content c ON c.id = m.content;

CREATE OR REPLACE VIEW executions AS
SELECT e.id AS execution_id, e.source AS source_id, s.name AS source, e.identity, e.name, e.directory, e.command,
    e.declared, e.frozen, e.script, o.path AS document, o.commit_oid AS document_commit, o.locus AS document_locus,
    e.acquisition AS acquisition_id
FROM execution e LEFT JOIN source s ON s.id = e.source LEFT JOIN origin o ON o.id = e.origin;

CREATE OR REPLACE VIEW inputs AS
SELECT e.effect AS execution_id, e.cause AS version_id, e.strength, e.reason, o.path AS document,
    o.commit_oid AS document_commit, o.locus AS document_locus
FROM edge e LEFT JOIN origin o ON o.id = e.origin WHERE e.kind = 'used';

CREATE OR REPLACE VIEW outputs AS
SELECT e.cause AS execution_id, e.effect AS version_id, e.strength, e.reason, o.path AS document,
    o.commit_oid AS document_commit, o.locus AS document_locus
FROM edge e LEFT JOIN origin o ON o.id = e.origin WHERE e.kind = 'generated';

CREATE OR REPLACE VIEW actors AS
SELECT id AS actor_id, mail, name FROM actor;

CREATE OR REPLACE VIEW commits AS
SELECT c.id AS commit_id, c.source AS source_id, s.name AS source, c.oid, c.actor AS actor_id, a.mail AS author_mail,
    a.name AS author_name, c.author_time, c.author_offset, c.committer_name, c.committer_mail, c.commit_time,
    c.commit_offset, c.message, c.boundary, c.position, c.acquisition AS acquisition_id
FROM git_commit c LEFT JOIN actor a ON a.id = c.actor LEFT JOIN source s ON s.id = c.source;

-- A stage is held by the release that was assigned to it last, of those that were not unassigned from it or deregistered
-- since. Tags that the newest reading did not find any more do not count.
CREATE OR REPLACE VIEW releases AS
WITH newest AS (
    SELECT source, max(acquisition) AS acquisition FROM ref GROUP BY source
), tagged AS (
    SELECT source, name, git_commit, max(acquisition) AS last FROM ref GROUP BY source, name, git_commit
), moved AS (
    SELECT m.*, (coalesce(m.time, 0), m.ordinal, m.ref) AS place
    FROM stage_move m
    LEFT JOIN tagged t ON t.source = m.source AND t.name = m.ref AND t.git_commit = m.git_commit
    LEFT JOIN newest n ON n.source = m.source
    WHERE m.release IS NOT NULL AND NOT coalesce(t.last < n.acquisition, FALSE)
), held AS (
    SELECT a.source, a.artifact_name, a.stage, arg_max(a.release, a.place) AS release
    FROM moved a
    WHERE a.action = 'assign' AND NOT EXISTS (
        FROM moved u WHERE u.source = a.source AND u.artifact_name = a.artifact_name AND u.release = a.release
            AND u.place > a.place AND (u.action = 'deregister' OR (u.action = 'unassign' AND u.stage = a.stage))
    )
    GROUP BY a.source, a.artifact_name, a.stage
), live AS (
    SELECT release, list(DISTINCT stage ORDER BY stage) AS stages FROM held GROUP BY release
)
SELECT r.id AS release_id, r.source AS source_id, s.name AS source, r.name, r.artifact_name, r.label,
    c.oid AS commit_oid, r.time, r.actor_mail, r.message, r.ref, l.stages, r.acquisition AS acquisition_id
FROM release r LEFT JOIN git_commit c ON c.id = r.git_commit LEFT JOIN source s ON s.id = r.source
LEFT JOIN live l ON l.release = r.id;

CREATE OR REPLACE VIEW deployments AS
SELECT d.source AS source_id, s.name AS source, d.model, d.subject, d.environment, d.started, d.ended,
    q.state = (
        SELECT arg_max(a.state, a.id) FROM acquisition a WHERE a.source = d.source
            AND a.connector = q.connector
    ) AS stands, o.path AS document, o.locus AS document_locus, d.acquisition AS acquisition_id
FROM deployment d LEFT JOIN source s ON s.id = d.source LEFT JOIN acquisition q ON q.id = d.acquisition
LEFT JOIN origin o ON o.id = d.origin;

CREATE OR REPLACE VIEW descriptions AS
SELECT d.node AS node_id, n.kind AS node_kind, d.type, d.name, d.uri, d.state, d.external_id, d.created, d.updated,
    o.path AS document, o.locus AS document_locus, d.acquisition AS acquisition_id
FROM details d JOIN node n ON n.id = d.node LEFT JOIN origin o ON o.id = d.origin;

CREATE OR REPLACE VIEW properties AS
SELECT p.node AS node_id, n.kind AS node_kind, p.name, p.kind, p.value, p.custom, o.path AS document,
    o.locus AS document_locus, p.acquisition AS acquisition_id
FROM property p JOIN node n ON n.id = p.node LEFT JOIN origin o ON o.id = p.origin;

CREATE OR REPLACE VIEW events AS
SELECT e.execution AS execution_id, e.version AS version_id, e.type, e.time, e.path, o.path AS document,
    o.locus AS document_locus, e.acquisition AS acquisition_id
FROM event e LEFT JOIN origin o ON o.id = e.origin;

-- A description for each state that a reading found a context in: the newest counts.
CREATE OR REPLACE VIEW contexts AS
SELECT n.id AS context_id, o.source AS source_id, s.name AS source, d.type, d.name, d.created, d.updated,
    o.path AS document, o.locus AS document_locus, n.acquisition AS acquisition_id
FROM node n
LEFT JOIN (FROM details QUALIFY row_number() OVER (PARTITION BY node ORDER BY acquisition DESC, updated DESC) = 1) d
    ON d.node = n.id
LEFT JOIN origin o ON o.id = d.origin LEFT JOIN source s ON s.id = o.source
WHERE n.kind = 'context';

CREATE OR REPLACE VIEW memberships AS
SELECT m.context AS context_id, m.member AS member_id, n.kind AS member_kind, o.path AS document,
    o.locus AS document_locus, m.acquisition AS acquisition_id
FROM membership m JOIN node n ON n.id = m.member LEFT JOIN origin o ON o.id = m.origin;

CREATE OR REPLACE VIEW cross_references AS
SELECT r.node AS node_id, n.kind AS node_kind, r.kind, r.value, r.commit_oid, r.repository, r.strength,
    o.path AS document, o.commit_oid AS document_commit, o.locus AS document_locus, r.acquisition AS acquisition_id
FROM reference r JOIN node n ON n.id = r.node LEFT JOIN origin o ON o.id = r.origin;

CREATE OR REPLACE VIEW nodes AS
SELECT n.id AS node_id, n.kind, n.acquisition AS acquisition_id FROM node n;

-- content edges hold both ways; they stand here once, from the version, or from the first digest, to the content.
CREATE OR REPLACE VIEW edges AS
SELECT e.kind, e.cause AS cause_id, e.effect AS effect_id, e.strength, e.reason, o.path AS document,
    o.commit_oid AS document_commit, o.locus AS document_locus, e.acquisition AS acquisition_id
FROM edge e LEFT JOIN origin o ON o.id = e.origin
UNION ALL
SELECT 'content', v.id, v.content, 'recorded', '', o.path, o.commit_oid, o.locus, v.acquisition
FROM version v LEFT JOIN origin o ON o.id = v.origin WHERE v.content IS NOT NULL
UNION ALL
SELECT 'member', m.content, m.directory, l.strength, '', o.path, o.commit_oid, o.locus, m.acquisition
FROM member m JOIN listing l ON l.directory = m.directory LEFT JOIN origin o ON o.id = l.origin
UNION ALL
SELECT 'authored', c.actor, c.id, 'recorded', '', '', c.oid, '', c.acquisition
FROM git_commit c WHERE c.actor IS NOT NULL;

CREATE OR REPLACE VIEW marks AS
SELECT m.id AS mark_id, m.state, m.subject, m.reason, m.author, m.evidence, m.technique, m.made_at, m.expires_at,
    w.made_at AS withdrawn_at, w.author AS withdrawn_by, w.reason AS withdrawn_because
FROM mark m LEFT JOIN mark_withdrawal w ON w.mark = m.id;

CREATE OR REPLACE VIEW observations AS
SELECT o.id AS observation_id, o.kind, o.state, o.subject, o.metric, o.reliability, o.reason, o.author, o.made_at,
    w.made_at AS withdrawn_at, w.author AS withdrawn_by, w.reason AS withdrawn_because
FROM observation o LEFT JOIN observation_withdrawal w ON w.observation = o.id;

-- Numbers in metrics files, and those that a store or a record keeps with a metric or a model itself.
CREATE OR REPLACE VIEW measurements AS
WITH number AS (
    SELECT version, name, value, origin, acquisition FROM measurement
    UNION ALL
    SELECT p.node, p.name, try_cast(p.value AS DOUBLE), p.origin, p.acquisition FROM property p
    WHERE p.kind IN ('double', 'int') AND (p.kind = 'double' OR EXISTS (
        FROM details d WHERE d.node = p.node AND contains(lower(d.type), 'metric')
    ))
)
SELECT m.version AS version_id, v.source_id, v.source, v.path, v.digest, m.name, m.value, o.path AS document,
    o.commit_oid AS document_commit, o.locus AS document_locus, m.acquisition AS acquisition_id
FROM number m JOIN versions v ON v.version_id = m.version LEFT JOIN origin o ON o.id = m.origin
WHERE isfinite(m.value);

CREATE OR REPLACE VIEW findings AS
SELECT f.id AS finding_id, f.source AS source_id, s.name AS source, f.kind, f.message, f.admits, f.node AS node_id,
    o.path AS document, o.commit_oid AS document_commit, o.locus AS document_locus, f.acquisition AS acquisition_id
FROM finding f LEFT JOIN source s ON s.id = f.source LEFT JOIN origin o ON o.id = f.origin;

CREATE OR REPLACE VIEW technique_judgements AS
SELECT j.mark AS mark_id, j.technique, j.verdict, j.reason, j.author, j.made_at FROM technique_judgement j;

CREATE OR REPLACE VIEW byte_checks AS
SELECT b.source AS source_id, s.name AS source, b.content AS content_id, c.algorithm || ':' || c.value AS digest, b.path,
    b.size, b.mtime_ns, b.state, b.found, b.sha256, b.checked_at
FROM byte_check b LEFT JOIN source s ON s.id = b.source LEFT JOIN content c ON c.id = b.content;

CREATE OR REPLACE VIEW gaps AS
SELECT g.node AS node_id, g.kind, g.size, g.detail, o.path AS document, o.commit_oid AS document_commit,
    o.locus AS document_locus, g.acquisition AS acquisition_id, f.acquisition AS filled_by
FROM gap g LEFT JOIN origin o ON o.id = g.origin LEFT JOIN filled f ON f.node = g.node AND f.kind = g.kind;

CREATE OR REPLACE VIEW journal AS
SELECT seq, made_at, action, argv, tool_version, claimed_user, details, previous, digest FROM journal_entry;
