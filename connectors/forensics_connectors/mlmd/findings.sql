-- @title What an incident responder should know of an ML Metadata store
-- @description Each statement selects (kind, message, admits, node, document, locus): deleted and orphaned rows, rows
--   altered late, dates and digests that do not fit together, values that mean nothing.
-- @param table the name of a table as people write it
-- @param last the last id that the backend says it gave out in that table, 0 where it does not say
-- @param hides whether a lost row of that table hides lineage
-- @param weak a remark on how much the gaps of this backend prove, or an empty text

-- @name is_dense
SELECT count(DISTINCT id) = greatest(coalesce(max(id), 0), $last) FROM numbered_row WHERE id > 0;

-- @name deleted
INSERT INTO finding
WITH given AS (
    SELECT DISTINCT id FROM numbered_row WHERE id > 0
    UNION SELECT greatest(coalesce(max(id), 0), $last) + 1 FROM numbered_row
), hole AS (
    SELECT lag(id, 1, 0::BIGINT) OVER (ORDER BY id) + 1 AS first, id - 1 AS last FROM given
), missing AS (
    SELECT *, row_number() OVER (ORDER BY first) AS place FROM hole WHERE last >= first
)
SELECT 'deleted-rows', sum(last - first + 1)::VARCHAR || ' ' || $table || ' ids were given out and are gone: '
    || string_agg(CASE WHEN first = last THEN first::VARCHAR ELSE first || '-' || last END, ', ' ORDER BY first)
        FILTER (place <= 20)
    || CASE WHEN count(*) > 20 THEN ' and ' || (count(*) - 20) || ' ranges more' ELSE '' END || $weak,
    $hides, NULL, $table, min(first)::VARCHAR
FROM missing HAVING count(*) > 0;

-- @name orphans_of_artifacts
WITH left_behind AS (
    SELECT artifact_id AS id, 'events' AS what, count(*) AS n FROM mlmd_event GROUP BY 1
    UNION ALL SELECT owner_id, 'properties', count(*) FROM mlmd_artifact_property GROUP BY 1
    UNION ALL SELECT artifact_id, 'attributions', count(*) FROM mlmd_attribution GROUP BY 1
)
SELECT 'orphan', 'artifact ' || a.id || ' is gone, but ' || string_agg(l.n || ' ' || l.what, ', ' ORDER BY l.what)
    || ' still name it', true, a.local, 'Artifact', a.id::VARCHAR
FROM artifact a JOIN left_behind l ON l.id = a.id WHERE a.gone GROUP BY a.local, a.id;

-- @name orphans_of_executions
WITH left_behind AS (
    SELECT execution_id AS id, 'events' AS what, count(*) AS n FROM mlmd_event GROUP BY 1
    UNION ALL SELECT owner_id, 'properties', count(*) FROM mlmd_execution_property GROUP BY 1
    UNION ALL SELECT execution_id, 'associations', count(*) FROM mlmd_association GROUP BY 1
)
SELECT 'orphan', 'execution ' || x.id || ' is gone, but ' || string_agg(l.n || ' ' || l.what, ', ' ORDER BY l.what)
    || ' still name it', true, x.local, 'Execution', x.id::VARCHAR
FROM execution x JOIN left_behind l ON l.id = x.id WHERE x.gone GROUP BY x.local, x.id;

-- @name orphans_of_contexts
WITH named AS (
    SELECT context_id AS id FROM mlmd_association UNION ALL SELECT context_id FROM mlmd_attribution
    UNION ALL SELECT owner_id FROM mlmd_context_property UNION ALL SELECT context_id FROM mlmd_parent_context
    UNION ALL SELECT parent_context_id FROM mlmd_parent_context
)
SELECT 'orphan', 'context ' || id || ' is gone, but ' || count(*) || ' rows still name it', false, NULL, 'Context',
    id::VARCHAR
FROM named WHERE id NOT IN (SELECT id FROM context) GROUP BY id;

-- @name events_of_nothing
SELECT 'orphan', 'event ' || coalesce(id::VARCHAR, 'without an id') || ' names no '
    || CASE WHEN artifact_id IS NULL THEN 'artifact' ELSE 'execution' END, true, NULL, 'Event', coalesce(id::VARCHAR, '')
FROM mlmd_event WHERE artifact_id IS NULL OR execution_id IS NULL;

-- @name paths_of_nothing
SELECT 'orphan', count(*) || ' event paths are left of events that are gone', true, NULL, 'EventPath',
    min(event_id)::VARCHAR
FROM mlmd_event_path p ANTI JOIN mlmd_event e ON e.id = p.event_id HAVING count(*) > 0;

-- @name altered_late
SELECT 'altered-late', 'artifact ' || id || ' was written to ' || round((updated - created) / 3600000.0, 1)
    || ' hours after it was made', false, local, 'Artifact', id::VARCHAR
FROM artifact WHERE updated - created > 3600000;

-- @name altered_after_use
-- A run that reads an artifact may write to its row, at the time of its event or of its end; nobody else should.
SELECT 'altered-late', 'artifact ' || a.id || ' was written to '
    || round((any_value(a.updated) - min(e.time) FILTER (is_input(e.type))) / 1000.0, 1)
    || ' seconds after an execution had read it, when no run that is on record touched it', false, a.local, 'Artifact',
    a.id::VARCHAR
FROM artifact a
JOIN (SELECT version, min(time) AS time FROM event WHERE is_input(type) GROUP BY version) r
    ON r.version = a.local AND a.updated > r.time
JOIN event e ON e.version = a.local JOIN execution x ON x.local = e.execution
GROUP BY a.local, a.id
HAVING NOT coalesce(bool_or(
    abs(e.time - a.updated) <= 5000 OR abs(x.updated - a.updated) <= 5000 OR abs(x.created - a.updated) <= 5000), false);

-- @name null_properties
SELECT 'null-property', 'property ' || coalesce(plain(p.name), '') || ' of ' || p.what || ' ' || coalesce(p.id::VARCHAR, '?')
    || ' has no value, so the official client cannot read the store', false, coalesce(a.local, x.local, c.local),
    upper(p.what[1]) || p.what[2:] || 'Property', coalesce(p.id::VARCHAR, '') || '/' || coalesce(plain(p.name), '')
FROM (
    SELECT 'artifact' AS what, owner_id AS id, name FROM mlmd_artifact_property WHERE no_value(int_value, double_value,
        string_value, byte_value, proto_value, bool_value)
    UNION ALL SELECT 'execution', owner_id, name FROM mlmd_execution_property WHERE no_value(int_value, double_value,
        string_value, byte_value, proto_value, bool_value)
    UNION ALL SELECT 'context', owner_id, name FROM mlmd_context_property WHERE no_value(int_value, double_value,
        string_value, byte_value, proto_value, bool_value)
) p
LEFT JOIN artifact a ON a.id = p.id AND p.what = 'artifact'
LEFT JOIN execution x ON x.id = p.id AND p.what = 'execution'
LEFT JOIN context c ON c.id = p.id AND p.what = 'context';

-- @name outputs_before_inputs
SELECT 'time-order', 'execution ' || x.id || ' wrote ' || round((t.first_input - t.first_output) / 1000.0, 1)
    || ' seconds before it read anything', false, x.local, 'Execution', x.id::VARCHAR
FROM (SELECT execution, min(time) FILTER (is_input(type)) AS first_input,
        min(time) FILTER (is_output(type)) AS first_output FROM event WHERE NOT cached GROUP BY execution) t
JOIN execution x ON x.local = t.execution WHERE t.first_output < t.first_input;

-- @name read_before_made
SELECT 'time-order', 'artifact ' || a.id || ' was read ' || round((t.made - t.used) / 1000.0, 1)
    || ' seconds before it was made', false, a.local, 'Artifact', a.id::VARCHAR
FROM (SELECT version, min(time) FILTER (is_input(type)) AS used, min(time) FILTER (is_output(type)) AS made
    FROM event GROUP BY version) t
JOIN artifact a ON a.local = t.version WHERE t.used < t.made;

-- @name same_uri
WITH known AS (
    SELECT a.id, a.local, a.uri, d.algorithm, d.value FROM artifact a JOIN own_digest d ON d.local = a.local
    WHERE a.uri <> ''
), shared AS (
    SELECT uri, algorithm FROM known GROUP BY uri, algorithm HAVING min(value) <> max(value)
)
SELECT 'same-uri', 'one address with ' || count(DISTINCT k.value) || ' digests, in artifacts '
    || string_agg(k.id::VARCHAR, ', ' ORDER BY k.id)[:200] || ': ' || k.uri, false, arg_max(k.local, k.id), 'Artifact',
    max(k.id)::VARCHAR
FROM known k JOIN shared s ON s.uri = k.uri AND s.algorithm = k.algorithm GROUP BY k.uri, k.algorithm;

-- @name overwritten
SELECT 'same-uri', 'artifact ' || a.id || ' was written over: by its name it was md5:' || e.value || ' before it was '
    || d.algorithm || ':' || d.value, false, a.local, 'Artifact', a.id::VARCHAR
FROM earlier e JOIN artifact a ON a.local = e.local JOIN own_digest d ON d.local = a.local;

-- @name two_digests
SELECT 'bad-digest', 'artifact ' || a.id || ' states ' || count(*) || ' different ' || s.algorithm || ' digests', false,
    a.local, 'Artifact', a.id::VARCHAR
FROM stated_digest s JOIN artifact a ON a.local = s.local GROUP BY a.local, a.id, s.algorithm HAVING count(*) > 1;

-- @name bad_digests
SELECT 'bad-digest', 'property ' || plain(name) || ' of artifact ' || id || ' is no digest: ' || value[:100], false, local,
    'ArtifactProperty', id || '/' || plain(name) FROM bad_digest;

-- @name duplicate_events
SELECT 'duplicate-key', count(*) || ' events of one type between artifact ' || artifact_id || ' and execution '
    || execution_id, false, NULL, 'Event', min(id)::VARCHAR
FROM mlmd_event WHERE artifact_id IS NOT NULL AND execution_id IS NOT NULL
GROUP BY artifact_id, execution_id, type HAVING count(*) > 1;

-- @name unknown_values
SELECT 'bad-row', 'event ' || coalesce(id::VARCHAR, 'without an id') || ' has the unknown type '
    || coalesce(type::VARCHAR, 'null'), false, NULL, 'Event', coalesce(id::VARCHAR, '')
FROM mlmd_event WHERE type IS NULL OR type NOT BETWEEN 1 AND 7
UNION ALL
SELECT 'bad-row', 'artifact ' || id || ' has the unknown state ' || state, false, local, 'Artifact', id::VARCHAR
FROM artifact WHERE state NOT BETWEEN 0 AND 6
UNION ALL
SELECT 'bad-row', 'execution ' || id || ' has the unknown state ' || state, false, local, 'Execution', id::VARCHAR
FROM execution WHERE state NOT BETWEEN 0 AND 6
UNION ALL
SELECT 'bad-row', 'artifact ' || a.id || ' has a type that is not in the store: ' || coalesce(a.type_id::VARCHAR, 'null'),
    false, a.local, 'Artifact', a.id::VARCHAR
FROM artifact a WHERE NOT a.gone AND a.type_id NOT IN (SELECT id FROM type)
UNION ALL
SELECT 'bad-row', 'execution ' || x.id || ' has a type that is not in the store: ' || coalesce(x.type_id::VARCHAR, 'null'),
    false, x.local, 'Execution', x.id::VARCHAR
FROM execution x WHERE NOT x.gone AND x.type_id NOT IN (SELECT id FROM type);
