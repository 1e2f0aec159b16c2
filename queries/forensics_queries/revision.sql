-- @title Revisions
-- @description Git references as the newest reading of each source saw them, older readings for those that are gone.

-- @name by_oid
-- @param prefix hexadecimal digits
-- @param sources ids of the sources to look in
SELECT id, source, oid FROM git_commit
WHERE starts_with(oid, $prefix) AND list_contains($sources::INTEGER[], source) ORDER BY source, oid;

-- @name by_ref
-- @param names full reference names
-- @param sources ids of the sources to look in
SELECT c.id, c.source, c.oid, r.name,
    r.acquisition < (SELECT max(n.acquisition) FROM ref n WHERE n.source = r.source) AS gone
FROM ref r JOIN git_commit c ON c.id = r.git_commit
WHERE list_contains($names::VARCHAR[], r.name) AND list_contains($sources::INTEGER[], r.source)
QUALIFY r.acquisition = max(r.acquisition) OVER (PARTITION BY r.source, r.name)
ORDER BY c.source, r.name, c.oid;

-- @name oid
-- @param id id of a commit
SELECT oid FROM git_commit WHERE id = $id;
