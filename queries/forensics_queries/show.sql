-- @title All that is known of one thing
-- @description Attributes and edges of nodes, each with the document that states it.

-- @name attributes
-- @param ids node ids
WITH asked AS (SELECT unnest($ids::INTEGER[]) AS id), fact AS (
    SELECT v.id, unnest([
        {'n': 1, 'fact': 'artifact kind', 'value': a.kind || ' (' || a.kind_known || ')'},
        {'n': 2, 'fact': 'size', 'value': v.size::VARCHAR},
        {'n': 3, 'fact': 'files', 'value': v.nfiles::VARCHAR},
        {'n': 4, 'fact': 'tracked', 'value': CASE WHEN v.tracked THEN 'the source vouches for these bytes' END},
        {'n': 5, 'fact': 'label', 'value': v.label}, {'n': 6, 'fact': 'owner', 'value': coalesce(nullif(v.owner, ''), a.owner)}
    ], recursive := true), v.origin, v.acquisition
    FROM version v JOIN artifacts a ON a.artifact_id = v.artifact SEMI JOIN asked ON asked.id = v.id
    UNION ALL
    SELECT e.id, unnest([
        {'n': 1, 'fact': 'command', 'value': e.command}, {'n': 2, 'fact': 'directory', 'value': e.directory},
        {'n': 3, 'fact': 'declared', 'value': CASE WHEN e.declared THEN 'yes' ELSE 'no: a past run' END},
        {'n': 4, 'fact': 'frozen', 'value': CASE WHEN e.frozen THEN 'yes' END}
    ], recursive := true), e.origin, e.acquisition
    FROM execution e SEMI JOIN asked ON asked.id = e.id
    UNION ALL
    SELECT r.id, unnest([
        {'n': 1, 'fact': 'label', 'value': r.label}, {'n': 2, 'fact': 'tag', 'value': r.ref},
        {'n': 3, 'fact': 'stages now', 'value': nullif(array_to_string(r.stages, ', '), '')},
        {'n': 4, 'fact': 'claimed by', 'value': r.actor_mail}, {'n': 5, 'fact': 'message', 'value': r.message},
        {'n': 6, 'fact': 'commit', 'value': r.commit_oid}
    ], recursive := true), o.origin, o.acquisition
    FROM (SELECT release_id AS id, * FROM releases) r JOIN release o ON o.id = r.id SEMI JOIN asked ON asked.id = r.id
    UNION ALL
    SELECT c.commit_id, unnest([
        {'n': 1, 'fact': 'claimed author', 'value': c.author_name || ' <' || c.author_mail || '>'},
        {'n': 2, 'fact': 'claimed time', 'value': strftime(make_timestamp(c.author_time * 1000000), '%Y-%m-%dT%H:%M:%SZ')},
        {'n': 3, 'fact': 'claimed committer', 'value': c.committer_name || ' <' || c.committer_mail || '>'},
        {'n': 4, 'fact': 'claimed commit time',
         'value': strftime(make_timestamp(c.commit_time * 1000000), '%Y-%m-%dT%H:%M:%SZ')},
        {'n': 5, 'fact': 'message', 'value': c.message},
        {'n': 6, 'fact': 'parents', 'value': CASE WHEN c.boundary THEN 'not cloned' END}
    ], recursive := true), NULL, c.acquisition_id
    FROM commits c SEMI JOIN asked ON asked.id = c.commit_id
    UNION ALL
    SELECT d.node, unnest([
        {'n': 30, 'fact': 'type', 'value': d.type}, {'n': 31, 'fact': 'stated name', 'value': d.name},
        {'n': 32, 'fact': 'address', 'value': d.uri}, {'n': 33, 'fact': 'claimed state', 'value': d.state},
        {'n': 34, 'fact': 'external id', 'value': d.external_id},
        {'n': 35, 'fact': 'claimed time of creation', 'value': strftime(make_timestamp(d.created * 1000), '%Y-%m-%dT%H:%M:%S.%gZ')},
        {'n': 36, 'fact': 'claimed time of last update', 'value': strftime(make_timestamp(d.updated * 1000), '%Y-%m-%dT%H:%M:%S.%gZ')}
    ], recursive := true), d.origin, d.acquisition
    FROM details d SEMI JOIN asked ON asked.id = d.node
    UNION ALL
    SELECT p.node, 40, 'property ' || p.name, p.value, p.origin, p.acquisition
    FROM property p SEMI JOIN asked ON asked.id = p.node
    UNION ALL
    SELECT m.member, 41, 'belongs to', d.type || ' ' || d.name, m.origin, m.acquisition
    FROM membership m JOIN details d ON d.node = m.context SEMI JOIN asked ON asked.id = m.member
    UNION ALL
    SELECT r.node, 42, 'names ' || r.kind, r.value, r.origin, r.acquisition
    FROM reference r SEMI JOIN asked ON asked.id = r.node
    UNION ALL
    SELECT l.directory, 10, 'files listed', l.nfiles::VARCHAR, l.origin, l.acquisition
    FROM listing l SEMI JOIN asked ON asked.id = l.directory
    UNION ALL
    SELECT g.node, 20, 'gap', g.kind || ': ' || g.detail
        || CASE WHEN f.acquisition IS NULL THEN '' ELSE ' (filled by acquisition ' || f.acquisition || ')' END,
        g.origin, g.acquisition
    FROM gap g LEFT JOIN filled f ON f.node = g.node AND f.kind = g.kind SEMI JOIN asked ON asked.id = g.node
    UNION ALL
    SELECT f.node, 21, 'finding', f.kind || ': ' || f.message, f.origin, f.acquisition
    FROM finding f SEMI JOIN asked ON asked.id = f.node
    UNION ALL
    SELECT m.node, 22, 'gone', 'acquisition ' || m.acquisition || ' did not find it any more', NULL, m.acquisition
    FROM missed m SEMI JOIN asked ON asked.id = m.node
)
SELECT f.id, f.fact, f.value, coalesce(o.path, ''), coalesce(o.commit_oid, ''), coalesce(o.locus, ''), f.acquisition
FROM fact f LEFT JOIN origin o ON o.id = f.origin
WHERE f.value IS NOT NULL AND f.value <> '' ORDER BY f.id, f.n, f.value, o.path, o.commit_oid;

-- @name edges
-- @param ids node ids
-- Files of a directory are counted by attributes; they are not listed here.
SELECT e.effect_id AS id, e.kind, FALSE AS outward, e.cause_id AS other, e.strength, coalesce(e.reason, ''),
    coalesce(e.document, ''), coalesce(e.document_commit, ''), coalesce(e.document_locus, ''), e.acquisition_id
FROM edges e ANTI JOIN listing l ON l.directory = e.effect_id AND e.kind = 'member'
WHERE e.effect_id IN (SELECT unnest($ids::INTEGER[]))
UNION ALL
SELECT e.cause_id, e.kind, TRUE, e.effect_id, e.strength, coalesce(e.reason, ''),
    coalesce(e.document, ''), coalesce(e.document_commit, ''), coalesce(e.document_locus, ''), e.acquisition_id
FROM edges e WHERE e.cause_id IN (SELECT unnest($ids::INTEGER[]))
ORDER BY 1, 3, 2, 4, 5, 6, 7, 8, 9;
