-- @title What a MySQL or MariaDB database says of itself, and the one snapshot that is read
-- @description Run by the server. information_schema shows an account only what it may read.

-- @name version
SELECT VERSION()

-- @name isolation
SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ

-- @name start
START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY

-- @name limit_mariadb
SET SESSION max_statement_time = %(seconds)s

-- @name limit_mysql
SET SESSION max_execution_time = %(milliseconds)s

-- @name fresh_statistics
SET SESSION information_schema_stats_expiry = 0

-- @name tables
SELECT table_name, table_type, engine, auto_increment FROM information_schema.tables
WHERE table_schema = DATABASE() ORDER BY table_name

-- @name columns
SELECT table_name, column_name FROM information_schema.columns
WHERE table_schema = DATABASE() ORDER BY table_name, ordinal_position
