"""What a source says of its nodes beside their lineage: descriptions, properties, events, groups, and references."""

from typing import TYPE_CHECKING

from forensics.model.keys import Origin
from forensics.model.kinds import ReferenceKind, Strength
from forensics.values import dataclass

if TYPE_CHECKING:
    from pyarrow import Table

__all__ = ["Batch", "Context", "Deployment", "Details", "Event", "Measurement", "Membership", "Property", "Reference"]


@dataclass(frozen=True, slots=True)
class Context:
    """A group of artifacts and executions: a pipeline, a run, an experiment. It carries no influence.

    Attributes:
        identity: what tells it from others of its source.
    """

    identity: str
    name: str
    type: str
    origin: Origin

    @property
    def key(self) -> str:
        """The context's key."""
        return f"context\0{self.identity}"


@dataclass(frozen=True, slots=True)
class Membership:
    """A node, or another context, belongs to a context."""

    context: str
    member: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class Details:
    """How a source describes a node: one record for each state that a reading found it in.

    Attributes:
        node: key of the node.
        type, name, uri, external_id: as the source has them.
        state: as the source claims it: ``LIVE``, ``COMPLETE``.
        created, updated: milliseconds since 1970 in UTC, as claimed; None where the source states none.
    """

    node: str
    type: str
    name: str
    uri: str
    state: str
    external_id: str
    created: int | None
    updated: int | None
    origin: Origin


@dataclass(frozen=True, slots=True)
class Property:
    """A named value of a node.

    Attributes:
        node: key of the node.
        kind: ``int``, ``double``, ``string``, ``bool``, ``struct``, ``proto`` or ``null``.
        value: the value as text: JSON for a struct, base64 for a proto.
        custom: added by whoever wrote the node, rather than declared by its type.
    """

    node: str
    name: str
    kind: str
    value: str
    custom: bool
    origin: Origin


@dataclass(frozen=True, slots=True)
class Measurement:
    """A number that a version holds under a name: what a metrics file says.

    Attributes:
        version: key of the version of the metric, not of what it measures.
        name: keys joined by dots: ``test.auc``.
        value: finite.
    """

    version: str
    name: str
    value: float
    origin: Origin


@dataclass(frozen=True, slots=True)
class Event:
    """An execution read or wrote a version. The edge that follows from it is a record of its own.

    Attributes:
        execution, version: keys.
        type: ``INPUT``, ``OUTPUT``, ``DECLARED_INPUT`` and so on.
        time: milliseconds since 1970 in UTC, as claimed; None where the source states none.
        path: the slot: ``examples/0``.
    """

    execution: str
    version: str
    type: str
    time: int | None
    path: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class Reference:
    """What a node says of another source, to be resolved in the case whenever that source is there.

    Attributes:
        node: key of a version (``uri``, ``fingerprint``) or of an execution (``commit``).
        value: the address, the commit id, the fingerprint.
        commit: for an address, the commit at which it is meant, where the source says so.
        repository: URL or path of the repository that is meant, where the source says so.
        strength: how far the source itself can be trusted to mean it.
    """

    node: str
    kind: ReferenceKind
    value: str
    origin: Origin
    commit: str = ""
    repository: str = ""
    strength: Strength = Strength.RECORDED


@dataclass(frozen=True, slots=True)
class Deployment:
    """A statement that something was in use somewhere for a time.

    Attributes:
        model: the model's name.
        subject: what was in use: a release, a digest, a path at a revision; resolved when it is asked about.
        environment: where: ``prod``.
        start, end: seconds since 1970 in UTC; None for "from the beginning" and "until now".
    """

    model: str
    subject: str
    environment: str
    start: int | None
    end: int | None
    origin: Origin


@dataclass(frozen=True, slots=True)
class Batch:
    """Very many records of one kind as Arrow columns, for sources that hold millions (``forensics.case.staging``).

    Nodes, artifacts and origins are numbered by the connector, from 0 on, each kind of thing by itself; the batches
    ``node``, ``artifact`` and ``origin`` say what the numbers mean. A reading that uses batches describes all of its
    versions and executions in them.

    Attributes:
        kind: the staging table: ``node``, ``origin``, ``artifact``, ``content``, ``version``, ``execution``, ``edge``,
            ``details``, ``property``, ``event``, ``membership``, ``reference``, ``gap``, ``finding`` and so on.
        columns: exactly the columns of that table, by name, in any order.
    """

    kind: str
    columns: "Table"
