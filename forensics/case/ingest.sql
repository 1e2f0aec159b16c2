-- @title Sources, their states and what an acquisition noticed

-- @name known_source
SELECT s.id FROM source s
WHERE s.kind = $kind AND s.object_format = $object_format
  AND EXISTS (FROM fingerprint f WHERE f.source = s.id AND list_contains($fingerprints::VARCHAR[], f.value))
ORDER BY s.id LIMIT 1;

-- Several connectors may read one source, each to a state of its own.
-- @name last_state
SELECT state FROM acquisition
WHERE source = $source AND locator = $locator
  AND ($connector = '' OR connector IN ('', $connector))
ORDER BY id DESC LIMIT 1;

-- @name insert_fingerprints
INSERT INTO fingerprint
SELECT $source, value FROM (SELECT DISTINCT unnest($values::VARCHAR[]) AS value)
WHERE NOT EXISTS (FROM fingerprint f WHERE f.source = $source AND f.value = value) ORDER BY value;

-- @name new_findings
SELECT kind, count(*) FROM finding WHERE acquisition = $acquisition GROUP BY kind ORDER BY kind;

-- @name new_unread
-- A listing that this acquisition missed and the case holds hides nothing.
SELECT count(*) FROM finding f WHERE f.acquisition = $acquisition AND f.admits
    AND NOT EXISTS (FROM filled l WHERE l.node = f.node AND l.kind = f.kind);
