-- @title The tables of a case
-- @description Facts are only ever added. Each carries the acquisition that first saw it and the document that states
--   it. Nodes of the graph share one dense integer id, given in the order of ingest. No primary keys: uniqueness is
--   kept by staging and anti-join, which is many times faster (docs/performance.md). Times are UTC without a zone.
--   One section a version of the schema: a new case runs all of them, an older one those that it lacks.

-- @name schema_1

CREATE TABLE meta (key VARCHAR, value VARCHAR);

CREATE TABLE source (id INTEGER, kind VARCHAR, name VARCHAR, object_format VARCHAR, acquisition INTEGER);
CREATE TABLE fingerprint (source INTEGER, value VARCHAR);
CREATE TABLE acquisition (
    id INTEGER, source INTEGER, locator VARCHAR, state VARCHAR, started_at TIMESTAMP, finished_at TIMESTAMP,
    tool_version VARCHAR, added BIGINT, details VARCHAR
);
CREATE TABLE origin (id INTEGER, source INTEGER, path VARCHAR, commit_oid VARCHAR, locus VARCHAR);

-- key: as in forensics.model, with the source's id in front for what belongs to one source.
CREATE TABLE node (id INTEGER, kind VARCHAR, key VARCHAR, acquisition INTEGER);
CREATE TABLE content (id INTEGER, algorithm VARCHAR, value VARCHAR);
CREATE TABLE artifact (id INTEGER, source INTEGER, path VARCHAR, acquisition INTEGER);  -- source 0: outside all
CREATE TABLE version (
    id INTEGER, artifact INTEGER, content INTEGER, size BIGINT, nfiles BIGINT, kind VARCHAR, tracked BOOLEAN,
    label VARCHAR, owner VARCHAR, origin INTEGER, acquisition INTEGER
);
CREATE TABLE execution (
    id INTEGER, source INTEGER, identity VARCHAR, name VARCHAR, directory VARCHAR, command VARCHAR, declared BOOLEAN,
    frozen BOOLEAN, script VARCHAR, origin INTEGER, acquisition INTEGER
);
CREATE TABLE actor (id INTEGER, mail VARCHAR, name VARCHAR);
CREATE TABLE git_commit (
    id INTEGER, source INTEGER, oid VARCHAR, actor INTEGER, author_time BIGINT, author_offset INTEGER,
    committer_name VARCHAR, committer_mail VARCHAR, commit_time BIGINT, commit_offset INTEGER, message VARCHAR,
    boundary BOOLEAN, position INTEGER, acquisition INTEGER
);
CREATE TABLE parent (child INTEGER, ordinal INTEGER, parent INTEGER, acquisition INTEGER);
-- A snapshot per acquisition that saw a change; the newest one of a source is what its refs are now.
CREATE TABLE ref (
    source INTEGER, acquisition INTEGER, name VARCHAR, kind VARCHAR, git_commit INTEGER, tag VARCHAR,
    tagger_mail VARCHAR, tag_time BIGINT, message VARCHAR
);
CREATE TABLE release (
    id INTEGER, source INTEGER, name VARCHAR, artifact_name VARCHAR, label VARCHAR, git_commit INTEGER, time BIGINT,
    actor_mail VARCHAR, message VARCHAR, ref VARCHAR, origin INTEGER, acquisition INTEGER
);
CREATE TABLE stage_move (
    source INTEGER, release INTEGER, artifact_name VARCHAR, stage VARCHAR, action VARCHAR, git_commit INTEGER,
    time BIGINT, actor_mail VARCHAR, ref VARCHAR, ordinal INTEGER, origin INTEGER, acquisition INTEGER
);

CREATE TABLE edge (
    kind VARCHAR, cause INTEGER, effect INTEGER, strength VARCHAR, reason VARCHAR, origin INTEGER, acquisition INTEGER
);
CREATE TABLE listing (directory INTEGER, nfiles BIGINT, strength VARCHAR, origin INTEGER, acquisition INTEGER);
CREATE TABLE member (directory INTEGER, name VARCHAR, content INTEGER, size BIGINT, acquisition INTEGER);
CREATE TABLE change (
    git_commit INTEGER, parent INTEGER, artifact INTEGER, version INTEGER, layer VARCHAR, acquisition INTEGER
);
CREATE TABLE role (
    artifact INTEGER, kind VARCHAR, name VARCHAR, owner VARCHAR, strength VARCHAR, origin INTEGER, acquisition INTEGER
);
CREATE TABLE gap (
    node INTEGER, kind VARCHAR, size BIGINT, detail VARCHAR, origin INTEGER, acquisition INTEGER
);
-- A listing or object that was missing at first and found later fills its gap; the gap's row stays.
CREATE TABLE filled (node INTEGER, kind VARCHAR, acquisition INTEGER);
-- A commit or release that an earlier acquisition saw and this one did not: it stays, and is said to be gone.
CREATE TABLE missed (node INTEGER, acquisition INTEGER);
CREATE TABLE finding (
    id INTEGER, source INTEGER, kind VARCHAR, message VARCHAR, admits BOOLEAN, node INTEGER, origin INTEGER,
    acquisition INTEGER
);

CREATE TABLE mark (
    id INTEGER, state VARCHAR, subject VARCHAR, reason VARCHAR, author VARCHAR, evidence VARCHAR, technique VARCHAR,
    made_at TIMESTAMP, expires_at TIMESTAMP
);
CREATE TABLE mark_withdrawal (mark INTEGER, reason VARCHAR, author VARCHAR, made_at TIMESTAMP);
CREATE TABLE journal_entry (
    seq INTEGER, made_at TIMESTAMP, action VARCHAR, argv VARCHAR, tool_version VARCHAR, claimed_user VARCHAR,
    details VARCHAR, previous VARCHAR, digest VARCHAR
);

-- @name schema_2
-- Several connectors may read one source; empty where none gave its name.
ALTER TABLE acquisition ADD COLUMN connector VARCHAR;
UPDATE acquisition SET connector = coalesce(json_extract_string(details, '$.connector'), '');
-- What a source says of nodes beside their lineage (forensics.model.facts). Times are milliseconds since 1970.
CREATE TABLE details (
    node INTEGER, type VARCHAR, name VARCHAR, uri VARCHAR, state VARCHAR, external_id VARCHAR, created BIGINT,
    updated BIGINT, origin INTEGER, acquisition INTEGER
);
CREATE TABLE property (
    node INTEGER, name VARCHAR, kind VARCHAR, value VARCHAR, custom BOOLEAN, origin INTEGER, acquisition INTEGER
);
CREATE TABLE event (
    execution INTEGER, version INTEGER, type VARCHAR, time BIGINT, path VARCHAR, origin INTEGER, acquisition INTEGER
);
CREATE TABLE membership (context INTEGER, member INTEGER, origin INTEGER, acquisition INTEGER);
CREATE TABLE reference (
    node INTEGER, kind VARCHAR, value VARCHAR, commit_oid VARCHAR, repository VARCHAR, strength VARCHAR, origin INTEGER,
    acquisition INTEGER
);
CREATE TABLE deployment (
    source INTEGER, model VARCHAR, subject VARCHAR, environment VARCHAR, started BIGINT, ended BIGINT, origin INTEGER,
    acquisition INTEGER
);

-- @name schema_3
-- Whether the source's facts are rows of a store: known by their ids, and overwritten in place.
ALTER TABLE source ADD COLUMN is_store BOOLEAN;
UPDATE source SET is_store = kind = 'mlmd';
-- What people observed: a symptom, an inspection, or a series of measurements to go by. Never a cause by itself.
CREATE TABLE observation (
    id INTEGER, kind VARCHAR, subject VARCHAR, state VARCHAR, metric VARCHAR, reliability DOUBLE, reason VARCHAR,
    author VARCHAR, made_at TIMESTAMP
);
CREATE TABLE observation_withdrawal (observation INTEGER, reason VARCHAR, author VARCHAR, made_at TIMESTAMP);
-- A number that a version of a metric holds under a name.
CREATE TABLE measurement (version INTEGER, name VARCHAR, value DOUBLE, origin INTEGER, acquisition INTEGER);
-- What analysts said of a technique beside a mark: the last word counts.
CREATE TABLE technique_judgement (
    id INTEGER, mark INTEGER, technique VARCHAR, verdict VARCHAR, reason VARCHAR, author VARCHAR, made_at TIMESTAMP
);
-- Stored bytes that were hashed again: what was found at a path, and when.
CREATE TABLE byte_check (
    source INTEGER, content INTEGER, path VARCHAR, size BIGINT, mtime_ns BIGINT, state VARCHAR, found VARCHAR,
    sha256 VARCHAR, checked_at TIMESTAMP
);
