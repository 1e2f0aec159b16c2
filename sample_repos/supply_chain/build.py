"""Builds the sample: the same commits, tags and rows every time, in a folder of its own."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from ..tools.process import OnStep, run_story
from ..tools.store import load_store
from .history import COMMITS, COMPONENT, PERSONAL_FILE
from .runs import STORE, sha256_of_mobile
from .score import Round, asked, score, score_return

__all__ = ["SupplyChainSample", "build"]


@dataclass(frozen=True, slots=True)
class SupplyChainSample:
    """Where the sample lies, and what the exercise begins with. ``answers`` holds what it should end with.

    Attributes:
        registry: git work tree of the data registry.
        consumer: git work tree of the team that takes from it with ``dvc import``.
        store: the ML Metadata store of the team's training runs.
        deployments: what the team says was in use where.
        personal_commit: of the registry, added ``personal_file`` to a tracked folder.
        swapped_commit: of the registry, took the swapped ``component`` from upstream, and nothing else.
        removed_commit: of the registry, took the personal records out again.
    """

    registry: Path
    consumer: Path
    store: Path
    deployments: Path
    personal_commit: str
    swapped_commit: str
    removed_commit: str
    component: str = COMPONENT
    personal_file: str = PERSONAL_FILE

    @property
    def sources(self) -> tuple[Path, Path, Path, Path]:
        """What to ingest."""
        return self.registry, self.consumer, self.store, self.deployments

    @property
    def swapped_subject(self) -> str:
        """The swapped component."""
        return f"registry:{self.component}@{self.swapped_commit[:12]}"

    @property
    def personal_subject(self) -> str:
        """The personal records."""
        return f"registry:{self.personal_file}@{self.personal_commit[:12]}"

    def asked(self, question: str) -> frozenset[str]:
        """What a question of the exercise is about; see ``score.asked``."""
        return asked(question)

    def score(self, question: str, affected: Collection[str] = (), unknown: Collection[str] = ()) -> Round:
        """Scores a player's answer; see ``score.score``."""
        return score(question, affected, unknown)

    def score_return(self, release: str) -> Round:
        """Scores what a player goes back to."""
        return score_return(release)


def build(directory: Path, on_step: OnStep | None = None) -> SupplyChainSample:
    """Builds the sample with git and DVC, in one process of its own, so that nothing of the caller's leaks in.

    Args:
        directory: is made if need be; gets ``registry``, ``consumer``, their DVC remote ``storage``, ``upstream`` (the
            component's makers), ``metadata.db`` and ``deployments.csv``.
        on_step: told of each commit: which it is, of how many, and its message.

    Raises:
        FileExistsError: ``directory`` holds one of them already.
        RuntimeError: git or DVC failed, or is not installed; with the end of what they said.
    """
    directory = directory.resolve()
    names = ("registry", "consumer", "metadata.db", "deployments.csv", "storage", "upstream")
    paths = [directory / name for name in names]
    for path in paths:
        if path.exists():
            raise FileExistsError(f"{path} is there already")
    directory.mkdir(parents=True, exist_ok=True)
    moments = run_story(f"{__package__}.history", [str(directory)], COMMITS, on_step)
    registry, consumer, store, deployments = paths[:4]
    load_store(STORE, store)
    deployments.write_text(_deployments(), encoding="utf-8", newline="")
    return SupplyChainSample(
        registry=registry,
        consumer=consumer,
        store=store,
        deployments=deployments,
        personal_commit=moments["personal_commit"],
        swapped_commit=moments["swapped_commit"],
        removed_commit=moments["removed_commit"],
    )


def _deployments() -> str:
    first, second = (f"sha256:{sha256_of_mobile('replies', version)}" for version in ("1.0.0", "1.2.0"))
    lines = (
        "model,release,digest,environment,from,to",
        "router,router@v1.1.0,,call-centre,2025-03-18,",
        f"replies-mobile,,{first},phones,2025-01-25,2025-03-20",
        f"replies-mobile,,{second},phones,2025-03-20,",
    )
    return "".join(f"{line}\n" for line in lines)
