"""Which verdicts are right for each version of a truth history, on full evidence.

The least verdict comes from the bytes (a version that holds the token is not clear) and from following the records. The
greatest comes from what the world knows: a version that was made with the subject may be affected; every other must be
clear, save these classes, in which the record cannot tell:

- ``same-bytes``: its bytes, or a member's, are also those of something that is not clear, and did not stand before the
  subject;
- ``several``: the same version was also made, or brought in, by something affected;
- ``merged-lock``: an entry that first stands in a merge, with an affected dep or command, or of which a parent declares
  the output and holds none;
- ``persisted``: its run was built on an earlier version, which no lock pins;
- ``undeclared-code``: bad code lay in the tree where the run was recorded, and is not among its deps;
- ``code-not-committed``: a directory of code that no commit holds;
- ``missing-listing``: a directory of several outs, read in a state that no commit holds by what it declares;
- ``part``: read out of a directory that was made or brought in as a whole by something affected;
- ``unplaced``: of a run whose stage no commit declares, so that nobody knows where its paths lead;
- ``rehash``: known by a digest of another algorithm than the subject's.

and whatever a run read of these (``downstream``), judged by what lay in the run's own ancestry.
"""

from dataclasses import dataclass, replace

from tests.truth.facts import Facts, Name, Run, Subject, Version
from tests.truth.world import Tree, atom, tokens

CLEAR, UNKNOWN, AFFECTED = 0, 1, 2
LEVELS = ("clear", "unknown", "affected")


@dataclass(frozen=True)
class Bounds:
    """The least and the greatest right verdict, with the reasons for them."""

    least: int
    greatest: int
    why_least: str = ""
    why_greatest: str = ""


@dataclass(frozen=True)
class Supplier:
    """What a version comes from: its level, where it is recorded, and whether that is only inferred."""

    level: int
    commits: frozenset[int]
    weak: bool = False


class _Closure:
    """One fixpoint over runs and versions; ``upper`` bounds from above, else from below."""

    def __init__(self, facts: Facts, subject: Subject, *, upper: bool) -> None:
        self.facts = facts
        self.subject = subject
        self.upper = upper
        self.history = facts.history
        self.runs: dict[tuple[object, ...], int] = dict.fromkeys(facts.runs, CLEAR)
        self.versions: dict[Name, int] = dict.fromkeys(facts.versions, CLEAR)
        self.why: dict[object, str] = {}
        self.bad = {subject.target} if subject.kind == "content" else set()
        self.doubtful: set[str] = set()
        self.changed = True
        while self.changed:
            self.changed = False
            for identity, run in facts.runs.items():
                self._run(identity, run)
            for name, version in facts.versions.items():
                self._version(name, version)

    def _raise(self, levels: dict, key: object, level: int, why: str) -> None:  # type: ignore[type-arg]
        if level > levels[key]:
            levels[key] = level
            self.why[key] = why
            self.changed = True

    def predates(self, content: str) -> bool:
        """The bytes stood somewhere before the subject came."""
        holders = self.facts.holds.get(content, set())
        commits = self.history.commits
        return any(all(index in commits[origin].ancestors for origin in self.subject.origins) for index in holders)

    def marked(self, version: Version) -> bool:
        subject = self.subject
        # No record says what a directory holds that was read in a state which no commit has; only a token does.
        stated = {version.name[1]} if version.is_unseen else version.contents
        return subject.kind == "content" and self.facts.is_comparable(subject) and subject.target in stated

    def made(self, things: list[object]) -> bool:
        return any(self.subject.target in thing.consumed() for thing in things)  # type: ignore[attr-defined]

    def suppliers(self, version: Version) -> list[Supplier]:
        """Each run, commit or whole directory that a version comes from."""
        runs = [(identity, self.facts.runs[identity]) for identity in version.runs]
        found = [Supplier(self.runs[identity], run.recorded, run.merged) for identity, run in runs]
        if not version.runs and not version.wholes:
            found += [
                Supplier(AFFECTED if self.subject.target == atom(index) else CLEAR, frozenset({index}))
                for index in version.commits
            ]
        # Bytes that stood before are bad only as read through the directory, which other suppliers soften.
        if self.upper or not self.predates(version.name[1]):
            for whole in version.wholes:
                marked = self.subject.target == whole[1]
                for each in self.suppliers(self.facts.versions[whole]):
                    found.append(replace(each, level=AFFECTED) if marked else each)
        return found

    @staticmethod
    def verdict(suppliers: list[Supplier]) -> int:
        """All or some; what nobody need have run softens nothing."""
        certain = [each for each in suppliers if not each.weak]
        if certain and all(each.level == AFFECTED for each in certain):
            return AFFECTED
        return UNKNOWN if any(each.level for each in suppliers) else CLEAR

    def shared(self, version: Version) -> int:
        """By its bytes alone (upper bound)."""
        if not self.upper:
            return CLEAR
        fresh = {content for content in version.contents if not self.predates(content)}
        if fresh & self.bad and not version.runs:
            return AFFECTED
        return UNKNOWN if fresh & (self.bad | self.doubtful) else CLEAR

    def judged(self, run: Run, version: Version) -> int:
        """A version as one run read it."""
        if self.marked(version):
            return AFFECTED
        every = self.suppliers(version)
        near = [each for each in every if each.commits & run.reach]
        level = max(self.verdict(near or every), self.shared(version), self.copied(run, version))
        for part in version.parts:
            level = max(level, self.judged(run, self.facts.versions[part]))
        return max(level, self.brought(version))

    def copied(self, run: Run, version: Version) -> int:
        """What commits alone brought in, a clean one where the run stands and the bad one elsewhere (upper bound).

        The record cannot tell a copy from chance.
        """
        if not self.upper or version.runs or version.wholes:
            return UNKNOWN if self.upper and version.is_unseen else CLEAR
        return min(UNKNOWN, self.verdict(self.suppliers(version)))

    def brought(self, version: Version) -> int:
        """A directory that nobody tracks as one, first put together by the bad commit (upper bound)."""
        if not self.upper or not version.parts or self.subject.kind != "commit":
            return CLEAR
        path, content = version.name
        commit = self.history.commits[min(self.subject.origins)]

        def holds(index: int) -> bool:
            thing = self.history.commits[index].state.lookup(path)
            return thing is not None and thing.content == content

        return AFFECTED if holds(commit.index) and not any(map(holds, commit.ancestors)) else CLEAR

    def _run(self, identity: tuple[object, ...], run: Run) -> None:
        subject, versions = self.subject, self.facts.versions
        if self.upper:
            outs = [thing for entry in run.entries if entry.ran for _, thing in entry.outs]
            if any(subject.target in thing.origins for thing in outs):
                self._raise(self.runs, identity, AFFECTED, "made with it")
        if any(subject.target == atom(index) for index in run.recorded):
            self._raise(self.runs, identity, AFFECTED, "recorded by it")
        for path, thing in run.entry.deps:
            level = self.judged(run, versions[path, thing.content])
            cap = UNKNOWN if run.merged else AFFECTED
            self._raise(self.runs, identity, min(level, cap), "merged-lock" if run.merged else "downstream")
        for entry in run.entries:
            # A file in git that no lock names is known by its git id alone: no other digest leads to it.
            known = subject.algorithm == "git" or subject.target in self.facts.compared
            if subject.kind == "content" and subject.target in entry.undeclared and known:
                self._raise(self.runs, identity, UNKNOWN, "undeclared-code")
        self._memory(identity, run)
        if self.upper:
            self._merged(identity, run)
            self._unseen(identity, run)
            self._unplaced(identity, run)

    def _memory(self, identity: tuple[object, ...], run: Run) -> None:
        versions = self.facts.versions
        paths = {path for entry in run.entries for path in entry.persists}
        if self.upper:
            stages = [stage for c in run.holders for stage in self.history.commits[c].state.stages.values()]
            persist = {out.path for s in stages for each in s.concrete() for out in each.outs if out.persist}
            paths |= persist & {path for path, _ in run.entry.outs}
        elif run.merged or not all(entry.persists for entry in run.entries):
            return
        for index in run.recorded:
            for parent in self.history.commits[index].parents:
                outs = self.facts.outs[parent]
                for path in paths & outs.keys():
                    if self.judged(run, versions[path, outs[path].content]):
                        self._raise(self.runs, identity, UNKNOWN, "persisted")
        # No lock pins what lay there before: runs that nobody committed may have written it.
        if self.upper and paths and not self._before(run):
            self._raise(self.runs, identity, UNKNOWN, "persisted")

    def _merged(self, identity: tuple[object, ...], run: Run) -> None:
        """A merged entry with a bad command, or where what a parent made is not on record (upper bound)."""
        if run.merged and self.subject.kind == "commit" and self.subject.tokens & tokens(run.entry.command.encode()):
            self._raise(self.runs, identity, UNKNOWN, "merged-lock")
        for index in run.recorded if run.merged and not self._before(run) else ():
            for parent in self.history.commits[index].parents:
                state = self.history.commits[parent].state
                lost = state.declared_outs() - state.current().outs().keys()
                for path, thing in run.entry.outs:
                    name = (path, thing.content)
                    if path in lost and all(self.facts.runs[each].merged for each in self.facts.versions[name].runs):
                        self._raise(self.versions, name, UNKNOWN, "merged-lock")

    def _before(self, run: Run) -> bool:
        """It stands before the subject: a commit cannot have come through it, a content may have been there already."""
        commits, origins = self.history.commits, self.subject.origins
        earlier = all(all(r in commits[origin].ancestors for origin in origins) for r in run.recorded)
        return earlier and self.subject.kind == "commit"

    def _unseen(self, identity: tuple[object, ...], run: Run) -> None:
        """Undeclared and uncommitted code (upper bound)."""
        subject = self.subject
        deps = [path for path, _ in run.entry.deps]
        for index in run.recorded:
            state = self.history.commits[index].state
            metrics = {path: thing for path, thing in self.facts.outs[index].items() if not isinstance(thing, Tree)}
            for path, blob in (*state.files.items(), *metrics.items()):
                bad = blob.content in self.bad | self.doubtful and (
                    blob.content == subject.target or not self.predates(blob.content)
                )
                version = self.facts.versions.get((path, blob.content))
                if subject.kind == "commit" and version is not None:
                    first = version.commits
                    if path in metrics:
                        made = [self.facts.runs[identity].holders for identity in version.runs]
                        first = frozenset(self.history.first(set().union(*made)))
                    bad = bad or bool(first & subject.origins)
                if bad and not any(path == dep or path.startswith(dep + "/") for dep in deps):
                    self._raise(self.runs, identity, UNKNOWN, "undeclared-code")
        gone = [
            path
            for entry in run.entries
            for path in entry.uncommitted
            if subject.kind == "commit" or isinstance(dict(entry.deps)[path], Tree)
        ]
        if gone and not self._before(run):
            self._raise(self.runs, identity, UNKNOWN, "code-not-committed")
            for entry in run.entries:
                for path in gone:
                    name = (path, dict(entry.deps)[path].content)
                    self._raise(self.versions, name, UNKNOWN, "code-not-committed")

    def _unplaced(self, identity: tuple[object, ...], run: Run) -> None:
        """What it read and wrote, under names that lead elsewhere (upper bound)."""
        if not run.placed:
            self._raise(self.runs, identity, UNKNOWN, "unplaced")
            for path, thing in (*run.entry.deps, *run.entry.outs):
                self._raise(self.versions, (path, thing.content), UNKNOWN, "unplaced")

    def _version(self, name: Name, version: Version) -> None:
        if self.marked(version):
            self._raise(self.versions, name, AFFECTED, "holds it")
        if self.upper and self.made(version.things):  # type: ignore[arg-type]
            self._raise(self.versions, name, AFFECTED, "made with it")
        if version.things[0].tokens() & self.subject.tokens:
            self._raise(self.versions, name, AFFECTED if self.upper else UNKNOWN, "holds the token")
        level = self.verdict(self.suppliers(version))
        reasons = {self.why.get(identity, "several") for identity in version.runs if self.runs[identity] >= level > 0}
        why = (
            "part"
            if version.wholes
            else "several"
            if level == UNKNOWN and len(version.runs) > 1
            else "introduced by it"
        )
        self._raise(self.versions, name, level, "several" if len(reasons) > 1 else next(iter(reasons), why))
        self._raise(self.versions, name, self.shared(version), "same-bytes")
        for part in version.parts:
            self._raise(self.versions, name, self.versions[part], "holds a part")
        self._raise(self.versions, name, self.brought(version), "put together by it")
        if self.upper and version.is_unseen:
            self._raise(self.versions, name, UNKNOWN, "missing-listing")
        digest = self.facts.digest(version).partition(":")[0]
        if self.upper and self.subject.kind == "content" and digest != self.subject.algorithm:
            self._raise(self.versions, name, UNKNOWN, "rehash")
        if self.upper and self.versions[name] == UNKNOWN and name[1] not in self.doubtful:
            whole = any(each.level for each in self.suppliers(version))
            self.doubtful |= version.contents if whole else {name[1]}
            self.changed = True
        if self.upper and self.versions[name] == AFFECTED:
            spread = {name[1]}
            whole = any(each.level for each in self.suppliers(version)) or self.subject.target == name[1]
            if whole:
                spread |= version.contents
            for thing in version.things:
                spread |= {b.content for b in thing.members.values() if self.subject.target in b.consumed()}
            if not spread <= self.bad:
                self.bad |= spread
                self.changed = True


def expect(facts: Facts, subject: Subject) -> dict[Name, Bounds]:
    """The bounds of the verdict of every version that a DVC document names."""
    low = _Closure(facts, subject, upper=False)
    high = _Closure(facts, subject, upper=True)
    named = {(path, thing.content) for run in facts.runs.values() for path, thing in run.entry.deps}
    found = {}
    for name, version in facts.versions.items():
        if version.stated or name in named:
            least = min(low.versions[name], UNKNOWN)
            greatest = max(high.versions[name], least)
            found[name] = Bounds(least, greatest, low.why.get(name, ""), high.why.get(name, ""))
    return found
