r"""dvc.lock: what ran, read one stage at a time, so that each distinct entry of a long history costs once.

A lock is cut into the texts of its stages. A text as DVC itself writes it is read by a strict grammar of lines; any
other by the guarded YAML loader; and where a text of its own makes no sense, the whole document is. The two ways
agree on every text that both read.
"""

import hashlib
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from forensics.model import FindingKind
from forensics_connectors.dvc.documents import Document, Item, Problem, Run
from forensics_connectors.dvc.grammar import parse_fast
from forensics_connectors.dvc.items import Flags, command, read_item, read_params, resolve, text
from forensics_connectors.dvc.pipeline import Pipeline, Stage, read_pipeline
from forensics_connectors.dvc.yaml import MAX_BYTES, Node, conflict_sides, decode, load

__all__ = ["MAX_LOCK", "Memo", "parse_yaml", "read_project", "split"]

#: The longest lock that is read, in bytes.
MAX_LOCK = 256 * 2**20
#: Stages that one lock may hold, and how many of them may make no sense on their own.
MAX_STAGES = 500_000
MAX_FAILED = 1_000

_Parsed = tuple[str, Node]  # a stage's name and its entry


class _Known(NamedTuple):
    """What the text of one stage made with a declaration."""

    name: str
    stage: Stage | None
    run: Run | None
    problems: tuple[Problem, ...]


class _Last(NamedTuple):
    """The lock that was read last: what the text of each of its stages made."""

    directory: str
    pipeline: Pipeline | None
    stages: dict[str, _Known]


@dataclass(slots=True)
class Memo:
    """What was read before, to be shared by all calls for one repository.

    Attributes:
        runs: by the fingerprint of a stage's text, its folder, and whether dvc.yaml could be read.
        pipelines: by folder and the fingerprint of dvc.yaml, with the other files that it was read with.
        last: most stages of a lock stand in the one before in the same words.
        places: by folder and name the directory of a stage, as a dvc.yaml declared it last.
    """

    runs: dict[tuple[bytes, str, bool], _Known] = field(default_factory=dict)
    pipelines: dict[tuple[str, bytes], tuple[dict[str, bytes | None], Pipeline]] = field(default_factory=dict)
    last: _Last = field(default_factory=lambda: _Last("", None, {}))
    places: dict[tuple[str, str], str] = field(default_factory=dict)


def read_project(
    directory: str,
    yaml: bytes | None,
    lock: bytes | None,
    read_file: Callable[[str], bytes | None],
    root: str,
    memo: Memo | None = None,
) -> Document:
    """Reads the dvc.yaml and the dvc.lock of one folder at one revision.

    Without a readable dvc.yaml nobody knows where the stages ran: their paths are then resolved against the directory
    in which the stage was declared before, else against the folder, and the runs say that they are not ``placed`` and
    not ``declared``; so do entries that dvc.yaml does not hold.

    Args:
        directory: the folder, repository-relative, empty for the root.
        yaml: the bytes of dvc.yaml, None where there is none.
        lock: the bytes of dvc.lock, None where there is none.
        read_file: gives the bytes of another file at the same revision, by its repository-relative path.
        root: the folder of the DVC project, repository-relative.
        memo: what earlier calls read, for the same repository.
    """
    del root  # every path of these two documents is relative to their folder or the stage's
    memo = memo or Memo()
    pipeline = Pipeline(readable=False) if yaml is None else _pipeline(directory, yaml, read_file, memo)
    problems = list(pipeline.problems)
    runs: list[Run] = []
    if lock is not None:
        content = decode(lock, problems, MAX_LOCK)
        if content is not None and len(content) > MAX_BYTES and "<<<<<<<" in content:
            message = f"{len(content)} characters, perhaps with conflict markers, more than are read of such a lock"
            problems.append(Problem(FindingKind.TOO_LARGE, message, admits=True))
            content = None
        sides = conflict_sides(content) if content is not None else None
        if sides is not None:
            problems.append(Problem(FindingKind.CONFLICT, "merge conflict markers; both sides were read", admits=True))
        for side in sides or (() if content is None else (content,)):
            runs += _runs(side, directory, pipeline, problems, memo)
        if sides is not None:
            runs = list(dict.fromkeys(runs))
        if yaml is None and runs:
            message = "dvc.lock without dvc.yaml: where its stages ran is not known"
            problems.append(Problem(FindingKind.UNDECLARED, message))
    return Document(
        runs=tuple(runs),
        artifacts=tuple(pipeline.artifacts),
        metrics=tuple(pipeline.metrics),
        params=tuple(pipeline.params),
        plots=tuple(pipeline.plots),
        declared_outs=tuple(pipeline.outs),
        commands=tuple(pipeline.commands),
        problems=tuple(dict.fromkeys(problems)),
    )


def _pipeline(directory: str, data: bytes, read_file: Callable[[str], bytes | None], memo: Memo) -> Pipeline:
    """As ``read_pipeline``, unless the same bytes were read before with the same files beside them."""
    key = directory, _fingerprint(data)
    if key in memo.pipelines:
        files, pipeline = memo.pipelines[key]
        if all(read_file(path) == content for path, content in files.items()):
            return pipeline
    files = {}

    def read(path: str) -> bytes | None:
        files[path] = read_file(path)
        return files[path]

    pipeline = read_pipeline(directory, data, read)
    memo.pipelines[key] = files, pipeline
    return pipeline


def _fingerprint(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=20).digest()


def _runs(content: str, directory: str, pipeline: Pipeline, problems: list[Problem], memo: Memo) -> list[Run]:
    """The runs of one lock, of each stage the last entry."""
    last = memo.last
    before = last.stages if last.directory == directory and last.pipeline is pipeline else {}
    chunks = split(content, before)
    stages = _stages(chunks or [], before, directory, pipeline, memo)
    entries = {known.name: known for known in stages if known is not None}
    failed = [chunk for chunk, known in zip(chunks or (), stages, strict=False) if known is None]
    if len(entries) + len(failed) < len(stages):
        seen: set[str] = set()
        for name in (known.name for known in stages if known is not None):
            if name in seen:
                message = f"the stage {name[:200]!r} stands twice; the last was read, DVC refuses the document"
                problems.append(Problem(FindingKind.DUPLICATE_KEY, message, name[:200], admits=True))
            seen.add(name)
    if chunks is None or failed:
        whole = _whole(content, problems, salvaged=chunks is not None)
        if whole is not None:
            entries = {name: _known(name, entry, directory, pipeline, memo) for name, entry in whole.items()}
        else:
            if len(failed) > MAX_FAILED:
                message = f"more than {MAX_FAILED} entries that are no valid YAML; what follows them was not read"
                problems.append(Problem(FindingKind.TOO_LARGE, message, admits=True))
            for chunk in failed:
                locus = chunk.split("\n", 1)[0].strip()[:200]
                problems.append(
                    Problem(FindingKind.UNREADABLE, "a stage's entry that is no valid YAML", locus, admits=True)
                )
    for known in entries.values():
        problems += known.problems
    return [known.run for known in entries.values() if known.run is not None]


def _stages(
    chunks: list[str], before: dict[str, _Known], directory: str, pipeline: Pipeline, memo: Memo
) -> list[_Known | None]:
    """What the texts of stages make, None for one that is no valid YAML; it ends where too many are not."""
    stages = list(map(before.get, chunks))
    failed = 0
    for place, known in enumerate(stages):
        if known is None:
            stages[place] = _stage(chunks[place], directory, pipeline, memo)
            failed += stages[place] is None
            if failed > MAX_FAILED:
                del stages[place + 1 :]
                break
    memo.last = _Last(directory, pipeline, {text: known for text, known in zip(chunks, stages, strict=False) if known})
    return stages


def _stage(chunk: str, directory: str, pipeline: Pipeline, memo: Memo) -> _Known | None:
    key = _fingerprint(chunk.encode()), directory, pipeline.readable
    known = memo.runs.get(key)
    if known is None or known.stage != _declaration(known.name, pipeline):
        parsed = parse_fast(chunk) or parse_yaml(chunk)
        if parsed is None:
            return None
        known = memo.runs[key] = _known(*parsed, directory, pipeline, memo)
    return known


def _declaration(name: str, pipeline: Pipeline) -> Stage | None:
    stage = pipeline.stages.get(name)
    if stage is None and not pipeline.unresolved.isdisjoint((name, name.rpartition("@")[0])):
        return _UNRESOLVED
    return stage


_UNRESOLVED = Stage("", placed=False)


def _whole(content: str, problems: list[Problem], *, salvaged: bool) -> dict[str, Node] | None:
    """The stages of a lock that has to be read as one document, or None where that fails too."""
    if len(content) > MAX_BYTES:
        if not salvaged:
            message = f"{len(content)} characters in another layout than DVC writes"
            problems.append(Problem(FindingKind.TOO_LARGE, message, admits=True))
        return None
    found: list[Problem] = []
    root = load(content, found)
    # A lock is never a template, whatever stands in it: what cannot be read may hide lineage.
    found = [Problem(problem.kind, problem.message, problem.locus, admits=True) for problem in found]
    if root is None:
        problems += [] if salvaged else found
        return None if salvaged or found else {}
    problems += found
    if not isinstance(root, dict):
        problems.append(Problem(FindingKind.UNREADABLE, "no mapping", admits=True))
        return None
    schema = root.get("schema")
    if schema is not None and schema != "2.0":
        message = f"a lock of the unknown schema {text(schema)[:80]!r}; read as 2.0"
        problems.append(Problem(FindingKind.UNREADABLE, message, admits=True))
    stages = root.get("stages")
    if "schema" not in root and not (isinstance(stages, dict) and "cmd" not in stages):
        return root
    if isinstance(stages, dict):
        return stages
    if stages is not None and text(stages):
        problems.append(Problem(FindingKind.UNREADABLE, "stages is no mapping", admits=True))
    return {}


def _known(name: str, entry: Node, directory: str, pipeline: Pipeline, memo: Memo) -> _Known:
    """Joins a lock's entry with what dvc.yaml declares of the stage."""
    problems: list[Problem] = []
    stage = _declaration(name, pipeline)
    if not isinstance(entry, dict):
        problem = Problem(FindingKind.UNREADABLE, "an entry that is no mapping", name[:200], admits=True)
        return _Known(name, stage, None, (problem,))
    if stage is None and pipeline.readable:
        message = "dvc.yaml does not declare this stage any more"
        problems.append(Problem(FindingKind.UNDECLARED, message, name[:200]))
    if stage is None or stage is _UNRESOLVED:
        # A guess, so that the run is not placed: where the stage ran when it was declared.
        place = memo.places.get((directory, name), directory)
    else:
        place = memo.places[directory, name] = stage.directory
    run = Run(
        name=name,
        directory=place,
        command=command(entry.get("cmd")),
        deps=tuple(_items(entry.get("deps"), place, problems, stage, outs=False)),
        params=read_params(entry.get("params"), place),
        outs=tuple(_items(entry.get("outs"), place, problems, stage, outs=True)),
        declared=stage is not None,
        frozen=stage is not None and stage.frozen,
        always_changed=stage is not None and stage.always_changed,
        placed=stage is not None and stage.placed,
    )
    located = [Problem(found.kind, found.message, found.locus or name[:200], found.admits) for found in problems]
    return _Known(name, stage, run, tuple(located))


_LOCKED = Flags()
_REMOVED = Flags(declared=False)
_REMOVED_DEPENDENCY = Flags(role="dep", cached=False, declared=False)


def _items(nodes: Node, directory: str, problems: list[Problem], stage: Stage | None, *, outs: bool) -> Iterator[Item]:
    """Reads the entries of one list; an out or dep that dvc.yaml no longer declares says so."""
    if nodes is None or nodes == "":
        return
    if not isinstance(nodes, list):
        problems.append(Problem(FindingKind.UNREADABLE, "deps or outs that are no list", admits=True))
        return
    for node in nodes:
        path = resolve(text(node.get("path")), directory)[0] if isinstance(node, dict) else ""
        flags: Flags | None = None
        if outs:
            flags = _LOCKED if stage is None or stage.outs is None else stage.outs.get(path, _REMOVED)
        elif stage is not None and stage.deps is not None and path not in stage.deps:
            flags = _REMOVED_DEPENDENCY
        item = read_item(node, directory, problems, flags)
        if item is not None:
            yield item


#: What DVC writes around the stages.
_USUAL = "schema: '2.0'\nstages:\n  cut: out\n"
_STAGES = re.compile(r"^stages: *\n", re.MULTILINE)
_OUTSIDE = re.compile(r"\n(?=[^ \n])")
_SCHEMA = re.compile(r"^(?:schema|stages|['\"])", re.MULTILINE)
#: Where a line is neither empty nor indented: the region may end there, or be no mapping of stages at all.
_ODD = re.compile(r"\n(?! {2}|\n|\Z)")
_SHALLOW = re.compile(r"^ [^ \n]", re.MULTILINE)
_OPENING = re.compile(r"  [^\s#]")
_KEY = {0: re.compile(r"\n(?=[^\s#])"), 2: re.compile(r"\n(?=  [^\s#])")}
#: What stands before a stage's name only if it means something else than a name.
_INDICATOR = re.compile(r"[&*!|>%@`{}\[\],]|<<|[?:-](?:\s|\Z)")


def split(content: str, known: Collection[str] = ()) -> list[str] | None:
    """Cuts a lock into the texts of its stages, in order.

    Args:
        content: the lock.
        known: texts that an earlier call gave for one lock, in order, and that need not be looked at again.

    Returns:
        The texts, each ending in a newline, or None where the layout is not that of a lock that DVC wrote.
    """
    found = _STAGES.search(content)
    if found is not None:
        after = ""
        lead, chunks = _cut_alike(content[found.end() :], tuple(known))
        if any(_ODD.search(f"\n{text}") for text in (lead, *chunks) if text not in known):
            end = _OUTSIDE.search(content, found.end() - 1)
            region = content[found.end() : end.start() + 1 if end else len(content)]
            if _SHALLOW.search(region):
                return None
            lead, chunks = _cut(region, 2)
            after = content[end.start() + 1 :] if end else ""
        around = f"{content[: found.end()]}  cut: out\n{after}"
        if around != _USUAL and not _is_lock(around):
            return None
    elif _SCHEMA.search(content):
        return None
    else:
        lead, chunks = _cut(content, 0)
    if any(line.strip() and not line.lstrip().startswith("#") for line in lead.split("\n")):
        return None
    if any(_INDICATOR.match(chunk, 2 if found else 0) for chunk in chunks if chunk not in known):
        return None
    return chunks


def _is_lock(around: str) -> bool:
    """Whether what stands around the stages is that of a lock; ``cut: out`` stands for them."""
    problems: list[Problem] = []
    root = load(around, problems) if len(around) <= MAX_BYTES else None
    if problems or not isinstance(root, dict):
        return False
    return root.get("stages") == {"cut": "out"} and root.get("schema") == "2.0"


def _cut_alike(region: str, known: Sequence[str]) -> tuple[str, list[str]]:
    """As ``_cut`` at two blanks; a text that stands where another lock has it too is compared, not searched."""
    if not (known and known[0].startswith("  ") and region.endswith("\n") and _OPENING.match(region)):
        return _cut(region, 2)
    chunks: list[str] = []
    start, end = 0, len(region)
    for before in known:
        stop = start + len(before)
        if region.startswith(before, start) and (stop == end or _OPENING.match(region, stop)):
            chunks.append(before)
        else:
            found = _KEY[2].search(region, start)
            stop = found.end() if found else end
            chunks.append(region[start:stop])
        start = stop
        if start == end:
            return "", chunks
    chunks += _cut(region[start:], 2)[1]
    return ("", chunks) if len(chunks) <= MAX_STAGES else _cut(region, 2)


def _cut(region: str, indent: int) -> tuple[str, list[str]]:
    """What stands before the first key, and each key with what belongs to it."""
    # What is beyond the limit stays one text, which no reader of a single stage will take.
    lead, *parts = _KEY[indent].split("\n" + region.removesuffix("\n"), maxsplit=MAX_STAGES)
    return lead, [part + "\n" for part in parts]


def parse_yaml(chunk: str) -> _Parsed | None:
    """Reads the text of one stage by the YAML loader; None where it is not one mapping with one key."""
    problems: list[Problem] = []
    root = load(chunk, problems) if len(chunk) <= MAX_BYTES else None
    if problems or not isinstance(root, dict) or len(root) != 1:
        return None
    return next(iter(root.items()))
