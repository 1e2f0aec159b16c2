"""Every commit that the refs reach, read from the commits themselves."""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, replace

from forensics.errors import SourceError
from forensics.model import Commit, Finding, FindingKind, Origin, Ref

from .commits import RawCommit, Tag, parse_commit, parse_tag
from .objects import GitObject
from .refs import ref_kind
from .text import text
from .view import View

__all__ = ["Walk", "root_commits", "walk_commits"]

_COMMIT_LIMIT = 64 << 20
_TAG_DEPTH = 10
_SMALL = 100


@dataclass(frozen=True, slots=True)
class Walk:
    """The commits of a repository.

    Attributes:
        commits: parents before children; ``boundary`` and ``position`` set.
        trees: for each commit the id of its root tree.
        refs: those that reach a commit that could be read.
    """

    commits: list[Commit]
    trees: list[str]
    refs: list[Ref]


def walk_commits(view: View) -> Walk:
    """Reads all commits that any ref reaches.

    Parent links are taken from commits whose bytes hash to their id: no commit-graph, graft, replace ref or shallow
    file has a say. git's own walk only says what to read ahead. What is missing is a finding and a boundary.
    """
    tips, tags = _tips(view)
    commits = _Commits(view)
    commits.read(_read_ahead(view, tips))
    commits.close(tips)
    order = _order(commits.known)
    cut = commits.report_missing()
    refs = [ref for ref in _refs(view, tags) if ref.commit in commits.known]
    return Walk(
        [
            replace(commits.known[oid].commit, boundary=oid in cut, position=position)
            for position, oid in enumerate(order)
        ],
        [commits.known[oid].tree for oid in order],
        refs,
    )


def _tips(view: View) -> tuple[dict[str, bool], dict[str, Tag]]:
    """The ids of the commits that refs reach, with whether they are there, and the tags on the way, by their ids."""
    tags: dict[str, Tag] = {}
    tips: dict[str, bool] = {}
    wanted = list(dict.fromkeys(ref.oid for ref in view.refs()))
    for _ in range(_TAG_DEPTH):
        found = dict(view.check_objects(wanted))
        tips |= {oid: entry is not None for oid, entry in found.items() if entry is None or entry.type == "commit"}
        chosen = [oid for oid, entry in found.items() if entry is not None and entry.type == "tag"]
        for oid, tag in view.read_objects(chosen, "tag", _COMMIT_LIMIT):
            if tag is not None:
                tags[oid] = parse_tag(oid, tag.data)
        wanted = [tags[oid].target for oid in chosen if oid in tags and tags[oid].target not in tags]
        if not wanted:
            break
    return tips, tags


def root_commits(view: View) -> tuple[str, ...]:
    """The ids of the commits without parents, and of those whose parents were not cloned, in order."""
    tips, _ = _tips(view)
    cut_shallow(view)
    try:
        output = view.run("rev-list", "--max-parents=0", "--stdin", stdin=_present(tips))
    except SourceError:
        walk = walk_commits(view)
        known = {commit.oid for commit in walk.commits}
        return tuple(sorted(commit.oid for commit in walk.commits if known.isdisjoint(commit.parents)))
    return tuple(sorted(output.decode("ascii", "replace").split()))


def cut_shallow(view: View) -> None:
    """Ends git's walks in the view where the shallow file says so and the parents are indeed missing."""
    missing: list[str] = []
    for oid in view.shallow:
        found = view.read_object(oid, "commit", _COMMIT_LIMIT, missing_ok=True)
        if found is not None:
            parents = parse_commit(oid, found.data).commit.parents
            if any(entry is None for _, entry in view.check_objects(parents)):
                missing.append(oid)
            else:
                message = f"the shallow file hides the parents of commit {oid}, which are there; they were read"
                view.notice(Finding(FindingKind.SHALLOW, message, Origin(path=".git/shallow", commit=oid)))
    view.cut_at(missing)


def _read_ahead(view: View, tips: dict[str, bool]) -> list[str]:
    """The commits that git finds, without those behind what stops it."""
    cut_shallow(view)
    output = view.run("rev-list", "--stdin", stdin=_present(tips), check=False)
    return output.decode("ascii", "replace").split()


def _present(tips: dict[str, bool]) -> bytes:
    return "".join(f"{oid}\n" for oid, present in tips.items() if present).encode()


class _Commits:
    def __init__(self, view: View) -> None:
        self.view = view
        self.known: dict[str, RawCommit] = {}
        self.missing: dict[str, None] = {}

    def read(self, oids: list[str]) -> None:
        for oid, found in self.view.read_objects(oids, "commit", _COMMIT_LIMIT):
            self.add(oid, found)

    def close(self, tips: Iterable[str]) -> None:
        """Reads on until every parent is known or missing."""
        wanted = self.unknown((*tips, *(p for raw in self.known.values() for p in raw.commit.parents)))
        while wanted:
            if len(wanted) > _SMALL:
                present = [oid for oid, entry in self.view.check_objects(wanted) if entry is not None]
                self.read(present)
            else:
                for oid in wanted:
                    self.add(oid, self.view.read_object(oid, "commit", _COMMIT_LIMIT, missing_ok=True))
            self.missing.update(dict.fromkeys(oid for oid in wanted if oid not in self.known))
            wanted = self.unknown(p for oid in wanted if oid in self.known for p in self.known[oid].commit.parents)

    def unknown(self, oids: Iterable[str]) -> list[str]:
        return list(dict.fromkeys(oid for oid in oids if oid not in self.known and oid not in self.missing))

    def add(self, oid: str, found: GitObject | None) -> None:
        if found is None:
            return
        raw = self.known[oid] = parse_commit(oid, found.data)
        if not raw.well_formed:
            message = f"commit {oid} states no time that can be read; 0 stands for it"
            self.view.notice(Finding(FindingKind.CORRUPT_OBJECT, message, Origin(commit=oid)))

    def report_missing(self) -> set[str]:
        """Reports missing commits; returns the commits that lack a parent."""
        shallow = set(self.view.shallow)
        cut: set[str] = set()
        reached: set[str] = set()
        for oid, raw in self.known.items():
            lost = [parent for parent in raw.commit.parents if parent not in self.known]
            if not lost:
                continue
            cut.add(oid)
            reached.update(lost)
            kind = FindingKind.SHALLOW if oid in shallow else FindingKind.MISSING_OBJECT
            message = f"the history before commit {oid} is not here: it lacks {', '.join(lost)}"
            self.view.notice(Finding(kind, message, Origin(commit=oid), admits=True))
        for oid in self.missing:
            if oid not in reached:
                message = f"a ref names commit {oid}, which cannot be read"
                self.view.notice(Finding(FindingKind.MISSING_OBJECT, message, Origin(locus=oid), admits=True))
        return cut


def _order(known: dict[str, RawCommit]) -> list[str]:
    """Parents before children; among those that are free, the earlier by their claimed time."""
    children: dict[str, list[str]] = {}
    waiting: dict[str, int] = {}
    for oid, raw in known.items():
        parents = {parent for parent in raw.commit.parents if parent in known}
        waiting[oid] = len(parents)
        for parent in parents:
            children.setdefault(parent, []).append(oid)
    free = [(known[oid].commit.commit_time, oid) for oid, count in waiting.items() if not count]
    heapq.heapify(free)
    order: list[str] = []
    while free:
        _, oid = heapq.heappop(free)
        order.append(oid)
        for child in children.get(oid, ()):
            waiting[child] -= 1
            if not waiting[child]:
                heapq.heappush(free, (known[child].commit.commit_time, child))
    return order


def _refs(view: View, tags: dict[str, Tag]) -> Iterable[Ref]:
    for ref in view.refs():
        target, first, depth = ref.oid, tags.get(ref.oid), 0
        while target in tags and depth < _TAG_DEPTH:
            target, depth = tags[target].target, depth + 1
        name = text(ref.name)
        if first is None:
            yield Ref(name, ref_kind(ref.name), target)
            continue
        if ref.name.startswith("refs/tags/") and first.name != name.removeprefix("refs/tags/"):
            message = f"{name}: the tag object calls itself {first.name}"
            view.notice(Finding(FindingKind.BAD_TAG, message, Origin(path=name)))
        yield Ref(name, ref_kind(ref.name), target, first.oid, first.tagger_mail, first.time, first.message)
