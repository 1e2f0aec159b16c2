-- @title What the rows of an ML Metadata store say about bytes
-- @description Digest properties and addresses, read as (algorithm, value); which of them is the artifact's content.

-- @name spelled
-- rest: what stands behind an algorithm's name; a digest in hexadecimal digits of the right length, or in base64.
CREATE MACRO is_named(t) AS contains(t, ':') OR contains(t, '=') OR contains(t, '-');
CREATE MACRO algorithm_of(t, hint) AS coalesce(CASE WHEN is_named(t) THEN
    nullif(replace(lower(regexp_extract(t, '(?i)^(md5|sha-?1|sha-?256)[:=-]', 1)), '-', ''), '') END, hint);
CREATE MACRO rest_of(t) AS
    CASE WHEN is_named(t) THEN regexp_replace(t, '(?i)^(md5|sha-?1|sha-?256)[:=-]', '') ELSE t END;
CREATE MACRO by_length(rest) AS CASE
    WHEN length(rest) IN (32, 36) AND regexp_full_match(rest, '[0-9A-Fa-f]{32}(\.dir)?') THEN 'md5'
    WHEN length(rest) = 40 AND regexp_full_match(rest, '[0-9A-Fa-f]{40}') THEN 'sha1'
    WHEN length(rest) = 64 AND regexp_full_match(rest, '[0-9A-Fa-f]{64}') THEN 'sha256' END;
CREATE MACRO octets(rest) AS CASE
    WHEN regexp_full_match(rest, '[A-Za-z0-9+/]{22}==') THEN 'md5'
    WHEN regexp_full_match(rest, '[A-Za-z0-9+/]{27}=') THEN 'sha1'
    WHEN regexp_full_match(rest, '[A-Za-z0-9+/]{43}=') THEN 'sha256' END;

-- @name candidates
CREATE TABLE spoken AS
SELECT local, id, value, algorithm AS hint, 0 AS place, name FROM artifact_text WHERE meaning = 'digest'
UNION ALL
SELECT local, id, uri, 'any', 1, '' FROM artifact
WHERE length(uri) BETWEEN 32 AND 80 AND NOT contains(uri, '/')
    AND regexp_full_match(uri, '(?i)(md5:|sha1:|sha256:)?[0-9a-f]{32,64}(\.dir)?')
UNION ALL
SELECT local, id, regexp_extract(uri, '@(sha256:[0-9A-Fa-f]{64})$', 1), 'any', 1, '' FROM artifact
WHERE contains(uri, '@sha256:') AND regexp_matches(uri, '@sha256:[0-9A-Fa-f]{64}$');

-- @name digests
CREATE TABLE read_value AS
WITH distinct_value AS (SELECT DISTINCT value, hint FROM spoken), parts AS (
    SELECT value, hint, nullif(nullif(algorithm_of(value, hint), 'any'), 'cmf') AS told, rest_of(value) AS rest,
        hint = 'cmf' AS only_md5
    FROM distinct_value
), judged AS (
    SELECT *, by_length(rest) AS hex, CASE WHEN told IS NOT NULL AND contains(rest, '=') THEN octets(rest) END AS raw FROM parts
)
SELECT value, hint, CASE
        WHEN only_md5 AND hex IS DISTINCT FROM 'md5' THEN NULL
        WHEN hex IS NOT NULL AND coalesce(told, hex) = hex THEN hex
        WHEN hex IS NULL AND raw = told THEN raw END AS algorithm,
    CASE WHEN hex IS NOT NULL THEN lower(rest) WHEN raw IS NOT NULL THEN lower(hex(from_base64(rest))) END AS digest,
    told IS NOT NULL AS claimed
FROM judged;
CREATE TABLE stated_digest AS
SELECT s.local, r.algorithm, r.digest AS value, min(s.place) AS place, min(nullif(s.name, '')) AS name
FROM spoken s JOIN read_value r ON r.value = s.value AND r.hint = s.hint
WHERE r.algorithm IS NOT NULL GROUP BY ALL;
CREATE TABLE bad_digest AS
SELECT s.local, s.id, s.name, s.value FROM spoken s JOIN read_value r ON r.value = s.value AND r.hint = s.hint
WHERE r.algorithm IS NULL AND r.claimed;

-- @name earlier
-- What an artifact was before it was written over: CMF leaves the first digest in the name.
CREATE TABLE earlier AS
WITH called AS (
    SELECT local, id, uri, regexp_extract(name, '^.+?:([0-9A-Fa-f]{32}([.]dir)?)(:|$)', 1) AS spelled
    FROM artifact JOIN named n USING (local)
    WHERE n.cmf IS NOT NULL AND NOT contains(name, ':' || uri)
)
SELECT c.local, c.id, c.spelled, 'md5' AS algorithm, lower(c.spelled) AS value FROM called c
WHERE NOT EXISTS (FROM stated_digest s WHERE s.local = c.local AND s.algorithm = 'md5' AND s.value = lower(c.spelled));

-- @name chosen
CREATE TABLE own_digest AS
WITH stated AS (
    SELECT local, count(*) AS digests, any_value(algorithm) AS algorithm, any_value(value) AS value FROM stated_digest
    GROUP BY local
)
SELECT local, algorithm, value FROM stated WHERE digests = 1
UNION ALL
SELECT local, arg_min(algorithm, rank) AS algorithm, arg_min(value, rank) AS value FROM (
    SELECT local, algorithm, value, struct_pack(strength := list_position(['sha256', 'sha1', 'md5'], algorithm),
        place := place, value := value) AS rank
    FROM stated_digest WHERE local IN (SELECT local FROM stated WHERE digests > 1)
) GROUP BY local;
