"""Verdicts, seeds and causes: the vocabulary of the rules of taint."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import NamedTuple

from forensics.model import Strength

__all__ = ["CERTAIN", "Cause", "Facet", "Level", "Reason", "Seed", "State", "cap"]


class Level(IntEnum):
    """What the graph implies of a node, ordered: a node has the highest level that any path gives it."""

    CLEAR = 0
    UNKNOWN = 1
    AFFECTED = 2


class Facet(IntEnum):
    """In which way a node is accused. Directories can be bad as a whole or in part, contents in three ways."""

    WHOLE = 0  # the node itself; for a directory: as a whole
    PART = 1  # a directory of which some member is bad
    BYTES = 2  # a content that is marked: bad under every name
    SHARED = 3  # a content that an affected version has; other versions of it may be equal by chance


class Reason(StrEnum):
    """Why a verdict is unknown, where the edge or the gap does not say it already."""

    SUSPECT = "suspect"
    SAME_BYTES = "same-bytes"
    UNDECLARED_CODE = "undeclared-code"
    OTHER_ALGORITHM = "other-algorithm"


#: Strengths that accuse for certain, and that alone may clear.
CERTAIN = frozenset({Strength.RECORDED, Strength.MATCHED})

#: A node and the facet in which it is accused.
State = tuple[int, Facet]


_CAPS = {strength: Level.AFFECTED if strength in CERTAIN else Level.UNKNOWN for strength in Strength}


def cap(strength: Strength) -> Level:
    """Rule 1, verdict by the strongest path: the highest level that an edge known with a strength lets through."""
    return _CAPS[strength]


@dataclass(frozen=True, slots=True)
class Seed:
    """Where taint starts.

    Attributes:
        node: the node that a mark or a question names.
        level: AFFECTED for bad, UNKNOWN for suspect.
        label: the mark or subject, as people know it.
    """

    node: int
    level: Level
    label: str


class Cause(NamedTuple):
    """Why a state holds its level: one step back towards a seed.

    Attributes:
        level: what the state was raised to by this cause.
        depth: steps from the seed, or from the gap, that it rests on.
        before: the state that caused it; None for a seed or a gap.
        reason: the word that lowered it to unknown, carried along from where it happened; empty while affected.
        place: the node at which it was lowered: the gap, the consumer, the file of undeclared code.
        label: the seed's label.
        via: a node between the two states, where the step runs through one that is itself judged otherwise.
    """

    level: Level
    depth: int
    before: State | None
    reason: str = ""
    place: int = -1
    label: str = ""
    via: int = -1
