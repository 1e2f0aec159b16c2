"""SUBJECT: one text that means the same in every command. Names from sources are data: bound, never parsed as SQL."""

from collections.abc import Callable
from dataclasses import replace

from forensics.answer import Thing
from forensics.case import Case
from forensics.digest import ALGORITHMS, Digest
from forensics.errors import UsageError
from forensics_queries.local_file import file_digests
from forensics_queries.meaning import Member, Subject
from forensics_queries.places import exact_version, find_places
from forensics_queries.revision import MIN_DIGITS, find_revisions, is_abbreviation
from forensics_queries.state import History, held_at
from forensics_queries.statement import rows
from forensics_queries.things import source_names, store_prefixes, things

__all__ = ["Member", "Subject", "resolve"]

_SHOWN = 10


def resolve(case: Case, text: str) -> Subject:
    """Finds what a text means.

    Args:
        case: the case.
        text: a digest or a unique prefix of one, ``path``, ``path@rev``, ``path@digest``, ``repo:path@rev``, a
            release (``fraud@v1.2.0``, ``fraud#prod``), a commit, ``actor:MAIL``, ``url:PREFIX``, ``mark:3``,
            ``mlmd:artifact/12``, ``mlmd:execution/7`` (``mlmd:STORE:…`` where there are several stores),
            ``execution:ID``, ``dvc.yaml:train@rev``, ``file:./suspect.csv``, ``node:17``. ``path:``, ``release:``,
            ``commit:``, ``content:`` say how to read what follows. The ``subject`` of a ``Thing`` means that thing.

    Raises:
        UsageError: it means nothing in this case, or several things, which are then its ``candidates``.
    """
    if not text.strip():
        raise UsageError("an empty subject", hint="name a path, a digest, a commit or a release")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UsageError(f"not a text in UTF-8: {text!r}", hint="name it by its digest") from None
    prefix, colon, rest = text.partition(":")
    if colon and prefix in _READERS:
        found = _READERS[prefix](case, rest)
    else:
        certain = exact_version(case, text) or _exact_digest(case, text)
        found = [certain] if certain else _guesses(case, text)
    return _only(case, text, [replace(subject, text=text) for subject in found])


def _guesses(case: Case, text: str) -> list[Subject]:
    """All that a text without a prefix can mean. References alone (``main``) mean a commit if nothing else is meant."""
    found: list[Subject] = []
    refusals: list[UsageError] = []
    for read in (find_places, _contents, _commit_ids, _releases, _stages):
        try:
            found += read(case, text)
        except UsageError as error:
            refusals.append(error)
    found = found or _revisions(case, text)
    if not found and refusals:
        raise refusals[0]
    return found


def _only(case: Case, text: str, found: list[Subject]) -> Subject:
    distinct: dict[tuple[int, ...], Subject] = {}
    for subject in found:
        distinct.setdefault(subject.nodes, subject)
    if len(distinct) == 1:
        return next(iter(distinct.values()))
    if distinct:
        candidates = tuple(sorted({pinned for subject in distinct.values() for pinned in subject.pinned}))
        shown = ", ".join(candidates[:_SHOWN]) + (", …" if len(candidates) > _SHOWN else "")
        raise UsageError(f"{text} can mean {len(distinct)} things", hint=f"say which: {shown}", candidates=candidates)
    near = tuple(row[0] for row in rows(case, "subject.near", text=text))
    hint = f"did you mean {' or '.join(near)}?" if near else "look for it with: forensics find TEXT"
    if len(text) < MIN_DIGITS and is_abbreviation(text.lower().ljust(MIN_DIGITS, "0")):
        hint = f"a digest or a commit needs at least {MIN_DIGITS} digits"
    if _is_full_digest(text):
        hint = _unlisted(case) or hint
    raise UsageError(f"nothing in the case is called {text}", hint=hint)


def _is_full_digest(text: str) -> bool:
    """Whether a text names the bytes of a file in full, with its algorithm or without."""
    name = text.lower().removeprefix("content:").removeprefix("digest:")
    algorithm, colon, value = name.partition(":")
    digests = [Digest(algorithm, value)] if colon else [Digest(one, name) for one in ALGORITHMS]
    return any(one.is_content_hash and one.is_well_formed and not one.is_directory for one in digests)


def _unlisted(case: Case) -> str:
    """What may hold bytes that the case does not know; empty where every listing was read."""
    count = rows(case, "subject.unlisted")[0][0]
    if not count:
        return ""
    said = f"directories whose listing is missing may still hold it: {count:,} of them"
    return f"{said}; ingest with the DVC cache beside the repository"


def _exact_digest(case: Case, text: str) -> Subject | None:
    algorithm, _, value = text.partition(":")
    if algorithm not in ALGORITHMS or not Digest(algorithm, value.lower()).is_well_formed:
        return None
    found = [subject for subject in _contents(case, text.lower()) if subject.pinned == (text.lower(),)]
    return found[0] if found else None


def _contents(case: Case, text: str) -> list[Subject]:
    """A digest, in full or its first digits, with its algorithm or without; any text as a value where it is exact."""
    algorithm, colon, value = text.partition(":")
    if not colon:
        algorithm, value = "", text
    lower = value.lower()
    readable = is_abbreviation(lower.removesuffix(".dir"))
    matches = rows(case, "subject.contents", algorithm=algorithm, value=value) if algorithm else []
    matches = [row for row in matches if row[2] == value]
    if not matches and readable:
        matches = rows(case, "subject.contents", algorithm=algorithm, value=lower)
        matches = [row for row in matches if row[2] == lower] or matches
    by_value: dict[str, list[tuple[int, str]]] = {}
    for node, name, whole in matches:
        by_value.setdefault(whole, []).append((node, str(Digest(name, whole))))
    found = []
    for same in by_value.values():
        shown = things(case, [node for node, _ in same])
        nodes = tuple(sorted(shown))
        pinned = tuple(shown[node].subject for node in nodes)
        found.append(Subject(text, "content", nodes, f"the bytes {' and '.join(d for _, d in same)}", pinned))
    if algorithm == "git" and readable:
        found += _commit_ids(case, lower)
    return found


def _revisions(case: Case, text: str) -> list[Subject]:
    """A commit, by whatever names it."""
    sources = [row[0] for row in rows(case, "subject.sources")]
    return [
        Subject(text, "commit", (at.commit,), f"commit {at.oid}", (f"commit:{at.oid}",), commit=at.commit)
        for at in find_revisions(case, text, sources)
    ]


def _commit_ids(case: Case, text: str) -> list[Subject]:
    """A commit, by its id or the first digits of it, and not by a reference that looks like one."""
    start = f"commit:{text.lower()}"
    found = _revisions(case, text) if is_abbreviation(text.lower()) else []
    return [subject for subject in found if subject.pinned[0].startswith(start)]


def _releases(case: Case, text: str) -> list[Subject]:
    name, _, commit = text.partition("^")
    artifact, hash_sign, stage = text.rpartition("#")
    matches = rows(case, "subject.releases", name=text, commit="")
    if not matches and commit:
        matches = rows(case, "subject.releases", name=name, commit=commit)
    if hash_sign:
        matches += rows(case, "subject.assigned", artifact=artifact, stage=stage)
        if not matches and artifact and ":" not in text:
            raise UsageError(f"no release of {artifact} is assigned to {stage} now")
    return [_of_node(case, text, "release", row[0]) for row in matches]


def _stages(case: Case, text: str) -> list[Subject]:
    """``dvc.yaml:train``, with ``@rev`` or without."""
    return _executions(case, text) if ":" in text else []


def _executions(case: Case, text: str) -> list[Subject]:
    names = source_names(case)
    source = next((number for number, name in names.items() if text.startswith(f"{name}:")), None)
    asked = text if source is None else text[len(names[source]) + 1 :]
    if is_abbreviation(asked.lower()):
        matches = rows(case, "subject.executions", identity=asked.lower(), name="")
        matches = [row for row in matches if source in {None, row[1]}]
        if matches:
            return [_of_node(case, text, "execution", row[0]) for row in matches]
    matches = [row for row in rows(case, "subject.executions", identity="", name=asked) if source in {None, row[1]}]
    by_source: dict[int, list[int]] = {}
    for node, number, _ in matches:
        by_source.setdefault(number, []).append(node)
    found = [
        Subject(text, "execution", tuple(sorted(nodes)), f"every run of {asked} in {names[number]}",
                (f"execution:{names[number]}:{asked}",))
        for number, nodes in by_source.items()
    ]  # fmt: skip
    stage, at, revision = asked.partition("@")
    if found or not at:
        return found
    matches = [row for row in rows(case, "subject.executions", identity="", name=stage) if source in {None, row[1]}]
    for number in sorted({row[1] for row in matches}):
        nodes = [row[0] for row in matches if row[1] == number]
        for commit in find_revisions(case, revision, [number]):
            at_commit = _runs_at(case, commit.commit, nodes)
            found += [_of_node(case, text, "execution", node) for node in at_commit]
            if not at_commit and not found:
                said = f"no run of {stage} is on record behind what commit {commit.oid[:7]} holds"
                raise UsageError(said, hint=f"see all of its runs: forensics show {stage}")
    return found


def _runs_at(case: Case, commit: int, executions: list[int]) -> list[int]:
    """The runs on record in a commit's ancestry whose outputs the commit holds."""
    outputs = rows(case, "subject.outputs", ids=executions)
    held = set(held_at(case, commit, sorted({row[1] for row in outputs})).values())
    ancestry = History.load(case).ancestry(commit)
    recorded = {row[1] for row in rows(case, "subject.recorded", ids=executions) if row[0] in ancestry}
    missing = {row[0] for row in outputs if row[2] not in held}
    produced = {row[0] for row in outputs}
    return [node for node in executions if node in recorded & produced and node not in missing]


def _paths(case: Case, text: str) -> list[Subject]:
    return find_places(case, text, by_name=False)


def _actors(case: Case, text: str) -> list[Subject]:
    matches = rows(case, "subject.actors", mail=text)
    exact = [row for row in matches if row[1] == text] or matches
    return [_of_node(case, text, "actor", row[0]) for row in exact]


def _externals(case: Case, text: str) -> list[Subject]:
    exact = exact_version(case, f"url:{text}")
    if exact:
        return [exact]
    nodes = tuple(row[0] for row in rows(case, "subject.externals", url=text)) if text else ()
    if not nodes:
        return []
    return [Subject(text, "external", nodes, f"what came from addresses that begin with {text}", (f"url:{text}",))]


def _marks(case: Case, text: str) -> list[Subject]:
    matches = rows(case, "subject.mark", id=int(text)) if text.isascii() and text.isdigit() and len(text) < 10 else []
    if not matches:
        raise UsageError(f"there is no mark {text}", hint="see them with: forensics mark list")
    subject = str(matches[0][0])
    if subject.startswith("mark:"):
        raise UsageError(f"mark {text} is on another mark", hint="name what is marked")
    return [case.keep(("marked", subject), lambda: resolve(case, subject))]


def _files(case: Case, text: str) -> list[Subject]:
    digests = file_digests(text)
    shown: dict[int, Thing] = {}
    for digest in digests:
        matches = rows(case, "subject.contents", algorithm=digest.algorithm, value=digest.value)
        shown |= things(case, [row[0] for row in matches if row[2] == digest.value])
    if not shown:
        said = f"the bytes of {text} are nowhere in the case: {', '.join(map(str, digests[:3]))}"
        raise UsageError(said, hint=_unlisted(case))
    nodes = tuple(sorted(shown))
    return [Subject(text, "file", nodes, f"the bytes of the local file {text}", tuple(shown[n].subject for n in nodes))]


def _stored(case: Case, text: str) -> list[Subject]:
    """``artifact/12``, ``execution/7`` or ``context/3``, with the name of a store before it or without."""
    store, _, asked = text.rpartition(":")
    kind, _, number = asked.partition("/")
    prefixes = store_prefixes(case)
    names = source_names(case)
    by_source: dict[int, list[int]] = {}
    for node, source in rows(case, "subject.stored", kind=kind.capitalize(), row=number):
        if store in {"", names[source]}:
            by_source.setdefault(source, []).append(node)
    return [
        Subject(text, kind, tuple(nodes), f"{asked} of the store {names[source]}", (prefixes[source] + asked,))
        for source, nodes in by_source.items()
    ]


def _node(case: Case, text: str) -> list[Subject]:
    matches = rows(case, "subject.node", id=int(text)) if text.isascii() and text.isdigit() and len(text) < 10 else []
    return [_of_node(case, text, matches[0][0], int(text))] if matches else []


def _of_node(case: Case, text: str, kind: str, node: int) -> Subject:
    thing = things(case, [node])[node]
    named = thing.title if thing.title.startswith(kind) else f"the {kind} {thing.title}"
    return Subject(text, kind, (node,), named, (thing.subject,))


_READERS: dict[str, Callable[[Case, str], list[Subject]]] = {
    "path": _paths,
    "release": _releases,
    "commit": _revisions,
    "content": _contents,
    "digest": _contents,
    "actor": _actors,
    "url": _externals,
    "mark": _marks,
    "execution": _executions,
    "file": _files,
    "node": _node,
    "mlmd": _stored,
}
