"""The score sheet of the exercise: what a player says, against what the record tells and what really is.

The right word gives two points. An honest "unknown" where the record would have told gives one. What costs most is to
call clear what really descends: that leaves a poisoned model in use.
"""

from collections.abc import Collection
from dataclasses import dataclass

from .answers import QUESTIONS, RETURN_TO, Expected

__all__ = ["Round", "asked", "score", "score_return"]

_RIGHT = 2
_MISSED = "CALLED CLEAR, AND IT IS NOT"
_GUESSED = "called clear, which the record does not say"

#: What the record tells, what was said instead, what that gives, and the remark.
_WRONG = {
    ("affected", "unknown"): (1, "careful, but the record proves it"),
    ("affected", "clear"): (-5, _MISSED),
    ("unknown", "affected"): (0, "said affected, which the record does not prove"),
    ("unknown", "clear"): (-2, _GUESSED),
    ("clear", "unknown"): (1, "careful, but the record clears it"),
    ("clear", "affected"): (-1, "a false alarm"),
}


@dataclass(frozen=True, slots=True)
class Round:
    """How one question was answered.

    Attributes:
        question: what was asked.
        points: that were scored, less than none where much was missed.
        most: that could be scored.
        remarks: what was not right, the dearest first, a sentence each.
    """

    question: str
    points: int
    most: int
    remarks: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join((f"{self.question}: {self.points} of {self.most} points", *self.remarks))


def asked(question: str) -> frozenset[str]:
    """What a question is about: a word is wanted for each."""
    return frozenset(_words(QUESTIONS[question]))


def score(question: str, affected: Collection[str] = (), unknown: Collection[str] = ()) -> Round:
    """Scores the answer to one question; what is named in neither list was called clear.

    Args:
        question: ``swapped`` or ``personal``, of models: ``replies@v1.2.0``, or ``mlmd:artifact/21`` for one of the
            store; ``places``, of what descends from the swapped component: ``prod: replies``.
        affected: what the player says is affected.
        unknown: of what the player says that it cannot be told.

    Raises:
        ValueError: something is named that the question is not about, or twice.
    """
    expected = QUESTIONS[question]
    right = _words(expected)
    for name in (*affected, *unknown):
        if name not in right or (name in affected and name in unknown):
            raise ValueError(f"{name!r} stands in both lists, or is none of: {', '.join(sorted(right))}")
    truth = {_short(subject) for subject in expected.truth}
    points, remarks = 0, list[tuple[int, str]]()
    for name, word in sorted(right.items()):
        said = "affected" if name in affected else "unknown" if name in unknown else "clear"
        gained, remark = _judged(word, said, name in truth)
        points += gained
        if remark:
            remarks.append((gained, f"{gained:+} {name}: {remark}"))
    return Round(question, points, _RIGHT * len(right), tuple(text for _, text in sorted(remarks)))


def score_return(release: str) -> Round:
    """Scores what the player goes back to, for the model that proposes replies."""
    if release == RETURN_TO:
        return Round("return", _RIGHT, _RIGHT, ())
    return Round("return", -5, _RIGHT, (f"-5 {release}: one of the two incidents goes back into use, or work is lost",))


def _judged(word: str, said: str, descends: bool) -> tuple[int, str]:
    if said == word:
        return _RIGHT, ""
    return (-5, _MISSED) if said == "clear" and descends else _WRONG[word, said]


def _words(expected: Expected) -> dict[str, str]:
    named = (("affected", expected.affected), ("unknown", expected.unknown), ("clear", expected.clear))
    return {_short(subject): word for word, subjects in named for subject in subjects}


def _short(subject: str) -> str:
    """The release alone, where a subject is ``path@release``."""
    return subject.partition("@")[2] or subject
