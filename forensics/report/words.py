"""The words that answers use, a sentence each: for headings, ``forensics help words`` and docs/concepts.md."""

__all__ = ["CHANCES", "CHANGES", "FINDINGS", "GRADES", "REASONS", "STRENGTHS", "VERDICTS"]

VERDICTS: dict[str, str] = {
    "affected": "a chain of recorded or hash-matched steps leads there from something bad",
    "unknown": "neither affected nor clear can be said; the reason stands beside it",
    "clear": "the lineage on record leads nowhere bad, and no gap could have let it in",
}

#: How a fact is known (``forensics.model.Strength``).
STRENGTHS: dict[str, str] = {
    "recorded": "the source states it",
    "matched": "joined by a full content hash",
    "declared": "a description such as a model card says so",
    "inferred": "by path or name alone",
    "assumed": "equal digests across algorithms",
}

#: How far the source is narrowed down (``forensics.localization.Advice``).
GRADES: dict[str, str] = {
    "isolated": "95 % of the probability is held by three sets, at most, of candidates that no model can tell apart",
    "narrowed": "it is held by twenty such sets, at most",
    "open": "it is held by more",
}

#: Why a verdict is unknown: a weak step, a rule, or a gap.
REASONS: dict[str, str] = {
    "declared": "a step is declared, and not pinned to a revision or a digest",
    "inferred": "a step is inferred, not recorded",
    "assumed": "digests of different algorithms are taken for the same bytes",
    "suspect": "it follows from a mark of suspicion",
    "same-bytes": "runs that are not affected are on record with the same bytes",
    "undeclared-code": "the bad file lay in the tree of a run that does not name it",
    "other-algorithm": "known only by a digest that cannot be compared with the bad one",
    "missing-listing": "the files of a directory are not on record",
    "no-digest": "known by no digest of its bytes",
    "no-producer": "the run that made it, or what that run was built on, is not on record",
    "code-not-committed": "a run read a file in a state that no commit holds",
    "shallow": "the history before it was not cloned",
    "external": "it came from outside and is known by no content hash",
    "hashless": "known by its address in its store alone, and no run of the store made it",
    "unlinked": "a part of a directory could not be found in the directory",
    "unresolved": "what was in use is not on record, or could be several things",
}

#: How a place differs between two lineages, and what is odd about it.
CHANGES: dict[str, str] = {
    "added": "it stands in the second lineage alone",
    "removed": "it stands in the first lineage alone",
    "replaced": "other bytes, or another value, stand in its place",
    "other-producer": "the same bytes were made by another run",
    "same-inputs": "the run that made it read the same on both sides: by chance, by hand, or undeclared",
    "missing-listing": "the files of the directory are not on record, so which of them differ cannot be said",
    "other-algorithm": "known by digests of different algorithms: whether the bytes differ cannot be said",
    "no-digest": "known by no digest on one side: whether the bytes differ cannot be said",
}

#: How probable it is, by what was observed, that a version is contaminated; and why else none goes back to it.
CHANCES: dict[str, str] = {
    "likely": "contaminated with a probability of 0.5 or more, by what was observed",
    "possible": "contaminated with a probability from 0.05 to 0.5: it cannot be excluded",
    "observed": "somebody observed that it misbehaves",
    "risk": "the probability is above what --risk accepts",
    "untold": "the lineage on record does not tell how probable it is",
}

#: What a reader noticed in a source (``forensics.model.FindingKind``).
FINDINGS: dict[str, str] = {
    "unreadable": "a document could not be parsed",
    "conflict": "a committed document holds merge conflict markers",
    "template": "a template, not a document",
    "duplicate-key": "a document gives one key twice",
    "too-large": "beyond the limits of the reader",
    "missing-object": "an object of git or of the cache is not there",
    "corrupt-object": "an object is not what its name says",
    "missing-listing": "the listing of a directory is in no cache and no local remote",
    "stale-lock": "a stage ran with data other than what the commit holds",
    "undeclared": "a lock entry that dvc.yaml no longer declares: a past run",
    "merged-lock": "a lock entry that first stands in a merge and in none of its parents: perhaps nothing ran",
    "code-not-committed": "a stage ran with a file in a state that no commit holds",
    "bad-digest": "a digest that its algorithm cannot have",
    "outside": "a path leaves the repository",
    "symlink": "a link that was not followed",
    "graft": "grafts that would change parents were ignored",
    "replace-ref": "replace refs that would change objects were ignored",
    "forged-commit-graph": "a commit-graph file disagrees with the commits",
    "shallow": "history was not cloned",
    "alternates": "objects are borrowed from another repository",
    "active-config": "configuration or hooks that would run programs",
    "bad-ref": "a ref that cannot be used",
    "bad-tag": "a tag that looks like a GTO tag but is not one",
    "deleted-rows": "ids that a store once gave out are no longer in it",
    "orphan": "a row names another that is not there",
    "altered-late": "a row was written to long after it was made",
    "null-property": "a property without any value, on which the official client of the store fails",
    "file-gone": "said to be live, but there is no file at its address",
    "time-order": "an output is dated before its inputs",
    "side-file": "a write-ahead log or a rollback journal lies beside the store",
    "half-initialised": "a store that lacks tables or the row with its version",
    "same-uri": "one address with two digests",
    "bad-row": "a row that is no record",
    "no-metadata": "no commit holds DVC metadata: git history alone was read",
    "tampered": "an object of a store holds other bytes than its name says (found by fsck)",
    "gone": "an earlier reading saw it and this one did not",
}
