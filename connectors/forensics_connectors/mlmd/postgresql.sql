-- @title What a PostgreSQL database says of itself
-- @description Run by the server, in a read-only transaction on one snapshot. The search path is pg_catalog alone, so no
--   function or operator that somebody put into the database is called.

-- @name version
SELECT current_setting('server_version'), getdatabaseencoding()::text

-- @name columns
-- Catalogs, unlike information_schema, list what the account may not read as well.
SELECT n.nspname::text, c.relname::text, a.attname::text, c.relkind::text
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
WHERE lower(c.relname::text) = ANY ($1::text[]) AND c.relkind::text = ANY ('{r,p,v,m,f}'::text[])
  AND a.attnum > 0 AND NOT a.attisdropped AND n.nspname::text <> ALL ('{pg_catalog,information_schema}'::text[])
ORDER BY 1, 2, a.attnum

-- @name sequences
-- The sequences that belong to a column, as those of serial columns do, where the account may look at them.
SELECT t.relname::text,
    CASE WHEN s.relkind = 'S' AND has_sequence_privilege(s.oid, 'USAGE, SELECT') THEN pg_sequence_last_value(s.oid) END
FROM pg_class s
JOIN pg_depend d ON d.objid = s.oid AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
JOIN pg_class t ON t.oid = d.refobjid JOIN pg_namespace n ON n.oid = t.relnamespace
WHERE s.relkind = 'S' AND n.nspname::text = $1
