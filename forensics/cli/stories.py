"""The sample incidents that ``demo`` tells: what happened, and the questions in the order an investigator asks them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["STORIES", "Story"]

#: A sentence, and the command that it leads to.
Step = tuple[str, list[str]]


@dataclass(frozen=True, slots=True)
class Story:
    """How one sample incident is told. The functions take what the sample's ``build`` returned.

    Attributes:
        opening: said before it is built.
        built: names what was built.
        trouble: how it was noticed.
        steps: sentences with the commands that they lead to.
    """

    opening: str
    built: Callable[[Any], str]
    trouble: Callable[[Any], str]
    steps: Callable[[Any], list[Step]]


def _fraud_trouble(sample: Any) -> str:
    return (
        f"Since spring, fraud in online shops slips through: the model found {sample.recall_before:.0%} of it, now it "
        f"finds {sample.recall_now:.0%}. Nobody noticed, because its accuracy went up."
    )


def _fraud_steps(sample: Any) -> list[Step]:
    suspect = f"{sample.poisoned_file}@HEAD"
    return [
        (
            "First read the evidence into a case: every commit of every branch, and what DVC recorded there. "
            "The repository itself is not touched.",
            ["ingest", sample.repository.name],
        ),
        (
            "Where did it come from? In March of vendor B there is no online fraud at all, which is odd. "
            "Who brought these bytes in?",
            ["blame", suspect],
        ),
        (
            f"Not the vendor's feed, but a later commit by {sample.poisoner}, which put another file in its place. "
            "State that these bytes are bad, with who says so and why: every verdict starts from such marks.",
            _mark("bad", suspect, "labels of online fraud were flipped"),
        ),
        ("What does it touch? Everything that was made from the bad bytes, what is in use first.", ["blast-radius"]),
        (
            f"What do we go back to? {sample.live_release} is in production and affected. "
            "Find the newest clean version, with its bytes re-hashed.",
            ["rollback", sample.models[0]],
        ),
    ]


def _supply_chain_trouble(sample: Any) -> str:
    return (
        "Since March, tickets with one word in them are paid out unread. The makers of the encoder that the models "
        "start from say that somebody put another file in its place, under the same version. And the privacy officer "
        "asks which models learned from customers' records."
    )


def _supply_chain_steps(sample: Any) -> list[Step]:
    return [
        (
            "First read the evidence into one case: both repositories, the store of training runs, and the list of "
            "what is in use where. None of them is touched.",
            ["ingest", *(path.name for path in sample.sources)],
        ),
        (
            "Which bytes are the swapped ones, and which commit let them in? The makers name the day: March 12.",
            ["log", f"registry:{sample.component}"],
        ),
        (
            "A routine refresh took them from upstream. State that they are bad.",
            _mark("bad", sample.swapped_subject, "swapped upstream under the same version"),
        ),
        (
            "The first question: which models descend from it? The registry, the team that imported from it and the "
            "store's own models answer as one graph.",
            ["blast-radius"],
        ),
        ("What is in use where, and since when?", ["releases"]),
        (
            "The second question: which models hold the personal records? They came as one file of a folder. "
            "A subject asks without a mark.",
            ["blast-radius", sample.personal_subject],
        ),
        (
            "What does the team go back to? The model that proposes replies is in production, and descends from both.",
            ["rollback", "consumer:models/replies/model.json"],
        ),
    ]


def _mark(state: str, subject: str, reason: str) -> list[str]:
    return ["mark", "add", state, subject, "--reason", reason, "--author", "analyst@example.com"]


STORIES = {
    "fraud": Story(
        "A team trains two models on card payments that two vendors deliver. Their repository, with its DVC data:",
        lambda sample: f"{sample.repository.name}/",
        _fraud_trouble,
        _fraud_steps,
    ),
    "supply-chain": Story(
        "A team fine-tunes three models on what a data registry offers. Two repositories and a store of training runs:",
        lambda sample: ", ".join(path.name + "/" * path.is_dir() for path in sample.sources),
        _supply_chain_trouble,
        _supply_chain_steps,
    ),
}
