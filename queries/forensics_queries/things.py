"""Nodes as they are shown to people, each with a subject that can be typed again and means that node alone."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from forensics.answer import Thing
from forensics.case import Case
from forensics.digest import ALGORITHMS, Digest
from forensics.model import NodeKind
from forensics_queries.statement import rows

__all__ = ["PREFIXES", "UNKNOWN_BYTES", "first_line", "located", "source_names", "store_prefixes", "things"]

#: Words before a colon that say how a subject is to be read.
PREFIXES = frozenset(
    {"path", "release", "commit", "content", "digest", "actor", "url", "mark", "execution", "file", "node", "mlmd"}
)

#: Stands for the digest of a version whose bytes are not known: ``data/raw@?``. No git reference can be called so.
UNKNOWN_BYTES = "?"

_URL = "url:"


def things(case: Case, ids: Iterable[int]) -> dict[int, Thing]:
    """Looks nodes up, a handful of statements for all of them.

    Args:
        case: the case.
        ids: node ids, in any order and more than once if need be.

    Returns:
        The things by id; an id that the case does not know is left out.
    """
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    by_kind: dict[str, list[int]] = {}
    for node, kind in rows(case, "things.kinds", ids=wanted):
        by_kind.setdefault(kind, []).append(node)
    names = _Names(source_names(case), store_prefixes(case))
    found: dict[int, Thing] = {}
    for kind, build in _BUILDERS.items():
        if kind in by_kind:
            for row in rows(case, f"things.{kind}s", ids=by_kind[kind]):
                found[row[0]] = build(names, *row)
    return found


def source_names(case: Case) -> dict[int, str]:
    """What to call each source in a subject: its name where that is plain and unique, else ``#`` and its id."""
    known = case.keep("sources", lambda: rows(case, "things.sources"))
    return {source: name if unique and _is_plain(name) else f"#{source}" for source, name, unique, _ in known}


def store_prefixes(case: Case) -> dict[int, str]:
    """What stands before ``artifact/12`` in a subject, for each MLMD store: ``mlmd:`` where there is only one."""
    stores = [row[0] for row in case.keep("sources", lambda: rows(case, "things.sources")) if row[3]]
    names = source_names(case)
    return {source: "mlmd:" if len(stores) == 1 else f"mlmd:{names[source]}:" for source in stores}


def located(names: Mapping[int, str], source: int, path: str) -> str:
    """A path with the name of its source in front: ``repo:path``; ``url:https://…`` for one outside all sources."""
    if source:
        return f"{names[source]}:{path}"
    return path if path.startswith(_URL) else f"{_URL}{path}"


@dataclass(frozen=True, slots=True)
class _Names:
    """What subjects call sources, and stores among them."""

    sources: dict[int, str]
    stores: dict[int, str]

    def row(self, source: int, name: str) -> str:
        """The subject of a row; empty where the source is no store, whatever its documents are called."""
        prefix = self.stores.get(source, "")
        return prefix + name if prefix and name else ""


def first_line(message: str) -> str:
    """The subject line of a commit message."""
    return message.strip().partition("\n")[0].strip()


def _is_plain(name: str) -> bool:
    free = name not in PREFIXES and name not in ALGORITHMS
    return bool(name) and free and name.isprintable() and not set(name) & set(":@# ")


def _typeable(node: int, subject: str) -> str:
    return subject if subject.isprintable() and subject == subject.strip() else f"node:{node}"


def _version(
    names: _Names,
    node: int,
    source: int,
    path: str,
    digest: str,
    owner: str,
    kind: str,
    name: str,
    label: str,
    row: str,
) -> Thing:
    subject = names.row(source, row) or f"{located(names.sources, source, path)}@{digest or UNKNOWN_BYTES}"
    # An address without its url: would be taken for the one that has it.
    if (source in names.stores and not row) or not (source or path.startswith(_URL)):
        subject = f"node:{node}"
    said = f"{path} ({label})" if source in names.stores else f"{path} = {label}"
    return Thing(
        id=node,
        kind=NodeKind.VERSION.value,
        title=said if label else path,
        # The last @ parts path and digest, so that a digest with one in it cannot be typed.
        subject=f"node:{node}" if "@" in digest else _typeable(node, subject),
        source=names.sources.get(source, ""),
        path=path,
        digest=digest,
        owner=owner,
        artifact_kind=kind,
        name=name,
        label=label,
    )


def _content(names: _Names, node: int, algorithm: str, value: str, name: str) -> Thing:
    del names
    digest = Digest(algorithm, value)
    proven = digest.is_content_hash and digest.is_well_formed
    return Thing(
        id=node,
        kind=NodeKind.CONTENT.value,
        title=f"bytes of {name}" if name else f"bytes {digest}",
        subject=_typeable(node, str(digest) if proven else f"content:{digest}"),
        path=name,
        digest=str(digest),
    )


def _execution(
    names: _Names, node: int, source: int, identity: str, name: str, script: str, command: str, row: str
) -> Thing:
    where = row if source in names.stores else script
    subject = names.row(source, row) or f"execution:{names.sources.get(source, '')}:{identity}"
    return Thing(
        id=node,
        kind=NodeKind.EXECUTION.value,
        title=f"{name} ({where})" if where else name,
        subject=_typeable(node, subject),
        source=names.sources.get(source, ""),
        path=script,
        name=name,
        label=command,
    )


def _commit(names: _Names, node: int, oid: str, source: int | None, message: str) -> Thing:
    said = first_line(message)
    return Thing(
        id=node,
        kind=NodeKind.COMMIT.value,
        title=f'commit {oid[:7]} "{said}"' if said else f"commit {oid[:7]}",
        subject=_typeable(node, f"commit:{oid}"),
        source=names.sources.get(source or 0, ""),
        digest=f"git:{oid}",
        label=said,
    )


def _actor(names: _Names, node: int, mail: str, name: str) -> Thing:
    del names
    return Thing(
        id=node,
        kind=NodeKind.ACTOR.value,
        title=f"{name} <{mail}>" if name else mail,
        subject=_typeable(node, f"actor:{mail}"),
        name=name,
    )


def _release(
    names: _Names, node: int, source: int, name: str, artifact: str, oid: str | None, unique: bool, kind: str
) -> Thing:
    # A tag that was moved is another release. No git reference has a ^ in it.
    subject = f"release:{name}" if unique else f"release:{name}^{oid}" if oid else f"node:{node}"
    return Thing(
        id=node,
        kind=NodeKind.RELEASE.value,
        title=name,
        subject=f"node:{node}" if "^" in name else _typeable(node, subject),
        source=names.sources.get(source, ""),
        artifact_kind=kind,
        name=artifact,
    )


def _context(names: _Names, node: int, source: int, name: str, kind: str, row: str) -> Thing:
    return Thing(
        id=node,
        kind=NodeKind.CONTEXT.value,
        title=f"{kind} {name}",
        subject=names.row(source, row) or f"node:{node}",
        source=names.sources.get(source, ""),
        name=name,
        label=kind,
    )


_BUILDERS: dict[str, Callable[..., Thing]] = {
    NodeKind.VERSION.value: _version,
    NodeKind.CONTENT.value: _content,
    NodeKind.EXECUTION.value: _execution,
    NodeKind.COMMIT.value: _commit,
    NodeKind.ACTOR.value: _actor,
    NodeKind.RELEASE.value: _release,
    NodeKind.CONTEXT.value: _context,
}
