"""Where something came from: all its ancestors, each with its shortest path."""

from dataclasses import dataclass, replace

from forensics.answer import Answer, Step, Thing
from forensics.case import Case
from forensics.graph import Reach
from forensics.model import EdgeKind, NodeKind, Strength
from forensics.taint import Steps
from forensics_queries.carried import Carried, carried
from forensics_queries.moment import Moment, moment
from forensics_queries.statement import rows
from forensics_queries.steps import INFLUENCE, RECORDED_INFLUENCE, explain, weakest, weakest_of_all

__all__ = ["Ancestor", "trace"]


@dataclass(frozen=True, slots=True)
class Ancestor:
    """Something that a subject came from.

    Attributes:
        thing: the ancestor.
        depth: number of steps on the shortest path.
        strength: of that path: its weakest step.
        same_bytes: it is an ancestor only through something else that has the same bytes as the subject or as one of
            its ancestors; bytes may be equal by chance.
        path: from the ancestor to the subject.
    """

    thing: Thing
    depth: int
    strength: str
    same_bytes: bool
    path: tuple[Step, ...]


def trace(case: Case, subject: str, *, members: bool = False, as_of: str | None = None) -> Answer[Ancestor]:
    """All that something came from.

    Args:
        case: the case.
        subject: a SUBJECT, mostly a model's version or a release.
        members: also list contents: the bytes of every ancestor, and every file inside ancestral directories.
        as_of: a revision or a time; only what stood then is listed, by paths that stood.

    Returns:
        Ancestors by distance, among them commits that brought a file into what is now an ancestral directory. Those on
        record come before those that are only joined by equal bytes.

    Raises:
        UsageError: the subject means nothing, or several things, or did not stand then.
    """
    when = moment(case, as_of)
    meant = when.resolve(subject)
    seeds = set(meant.nodes)
    # By record first, so that equal bytes never shorten or replace a path that is on record.
    recorded, on_record = when.reach(meant.nodes, backward=True, follow=RECORDED_INFLUENCE)
    joined, nodes = when.reach(meant.nodes, backward=True, follow=INFLUENCE)
    certain = set(on_record)
    kinds = _kinds(case, nodes)
    chosen: list[tuple[bool, int, int]] = []
    for node in nodes:
        if node in seeds or (kinds[node] == NodeKind.CONTENT and not members):
            continue
        by_bytes = node not in certain
        chosen.append((by_bytes, (joined if by_bytes else recorded).depth(node), node))
    chosen.sort()
    known = {False: Steps(when.lineage, recorded), True: Steps(when.lineage, joined)}
    paths = explain(case, [known[by_bytes].nodes(node)[::-1] for by_bytes, _, node in chosen])
    found = [
        Ancestor(path[0].thing, depth, weakest_of_all(path, known[by_bytes], node), by_bytes, path)
        for (by_bytes, depth, node), path in zip(chosen, paths, strict=True)
    ]
    found += _through_files(when, recorded, on_record, {node for _, _, node in chosen})
    found.sort(key=lambda row: (row.same_bytes, row.depth, row.thing.id))
    gaps = rows(case, "trace.gaps", ids=sorted({*seeds, *nodes}), until=when.until)
    notes = [f"{subject} means {meant.meaning}", *when.notes]
    notes += [f"lineage is missing at {count} of them: {kind}, for example {detail}" for kind, count, detail in gaps]
    seen = when.coverage
    short = bool(gaps) or not seen.complete
    return Answer("trace", {"subject": subject, "as_of": as_of or ""}, tuple(found), seen, tuple(notes), short)


def _through_files(when: Moment, recorded: Reach, stood: list[int], known: set[int]) -> list[Ancestor]:
    """Commits that introduced files which an ancestral directory still has, and who is claimed to have made them."""
    case = when.case
    nearest: dict[int, Carried] = {}
    for file in carried(case, stood):
        if file.commit not in known and when.stood(file.commit):
            before = nearest.get(file.commit)
            if before is None or recorded.depth(file.directory) < recorded.depth(before.directory):
                nearest[file.commit] = file
    actors = dict(rows(case, "trace.actors", ids=sorted(nearest)))
    chains: dict[int, tuple[list[int], Carried]] = {}
    for commit, file in nearest.items():
        chain = [commit, file.earlier, *recorded.path(file.directory)[::-1]]
        chains[commit] = (chain, file)
        actor = actors.get(commit)
        if actor is not None and actor not in known and actor not in chains:
            chains[actor] = ([actor, *chain], file)
    paths = explain(case, (chain for chain, _ in chains.values()))
    return [_with_files(path, file) for path, (_, file) in zip(paths, chains.values(), strict=True)]


def _with_files(path: tuple[Step, ...], file: Carried) -> Ancestor:
    """Says of the step from the earlier directory to the later one that files joined them."""
    reason = f"{file.files} file{'s' if file.files > 1 else ''}, such as {file.example}"
    at = next(place for place, step in enumerate(path) if step.thing.id == file.earlier) + 1
    joined = replace(path[at], edge=EdgeKind.MEMBER.value, strength=Strength.MATCHED.value, reason=reason)
    steps = (*path[:at], joined, *path[at + 1 :])
    return Ancestor(steps[0].thing, len(steps) - 1, weakest(steps), False, steps)


def _kinds(case: Case, nodes: list[int]) -> dict[int, str]:
    return dict(rows(case, "trace.kinds", ids=nodes))
