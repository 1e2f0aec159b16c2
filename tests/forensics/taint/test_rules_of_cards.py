"""The rules of taint: what model cards declare (rules 1, 3 and 4)."""

from pathlib import Path

import pytest

from forensics.model import EdgeKind, Strength, Version
from tests.support.history import WHERE, History, md5

PINNED, LOOSE, GUESSED = Strength.RECORDED, Strength.DECLARED, Strength.INFERRED


def base(history: History, model: Version, strength: Strength) -> Version:
    """What a card declares a model to be made from."""
    origin = Version("url:https://huggingface.co/org/base", None, WHERE, external=True)
    history.records.append(origin)
    history.edge(EdgeKind.DECLARED, origin, model, strength)
    return origin


@pytest.mark.parametrize(
    ("strength", "verdict"),
    [(PINNED, "affected"), (LOOSE, "unknown: declared"), (GUESSED, "unknown: inferred")],
)
@pytest.mark.parametrize("made", ["by a run", "by two commits"])
def test_what_is_declared_accuses_whatever_made_the_model(
    history: History, tmp_path: Path, strength: Strength, verdict: str, made: str
) -> None:
    at = history.commit()
    other = history.commit(at)
    raw, model = history.version("raw", "r", at), history.version("model", "m", at, other)
    if made == "by a run":
        history.run([raw], [model], at)
    release = history.release("fraud@v1", other, model)
    origin = base(history, model, strength)
    with history.case(tmp_path) as asked:
        assert asked.verdicts(asked.judge(origin), model, release) == [verdict, verdict]


@pytest.mark.parametrize("strength", [PINNED, LOOSE, GUESSED])
def test_what_is_declared_softens_no_run(history: History, tmp_path: Path, strength: Strength) -> None:
    at = history.commit()
    raw, model = history.version("raw", "r", at), history.version("model", "m", at)
    history.run([raw], [model], at)
    base(history, model, strength)
    with history.case(tmp_path) as asked:
        assert asked.verdict(asked.judge(md5("r")), model) == "affected"


@pytest.mark.parametrize("strength", [PINNED, LOOSE, GUESSED])
def test_what_is_declared_softens_no_commit_and_no_equal_bytes(
    history: History, tmp_path: Path, strength: Strength
) -> None:
    first, bad = history.commit(), history.commit(author="eve@example.com")
    model, copy = history.version("model", "m", bad), history.version("copy", "m", first)
    base(history, model, strength)
    base(history, copy, strength)
    with history.case(tmp_path) as asked:
        assert asked.verdicts(asked.judge(bad), model, copy) == ["affected", "affected"]
