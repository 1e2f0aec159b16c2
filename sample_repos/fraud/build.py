"""Builds the sample: the same commits, tags and bytes every time, in a folder of its own."""

from dataclasses import dataclass
from pathlib import Path

from ..tools.process import OnStep, run_story
from ..tools.store import load_store
from .history import COMMITS, CONTRACTOR, POISONED_FILE
from .runs import STORE

__all__ = ["FraudSample", "build"]


@dataclass(frozen=True, slots=True)
class FraudSample:
    """Where the sample lies, and what an investigation should find out.

    Commits are full ids, releases are tags, paths of data are relative to the repository.

    Attributes:
        repository: the git work tree, on ``main``.
        storage: the DVC remote, a folder beside the repository that holds all that the cache holds.
        store: the ML Metadata store of its training runs, a file beside the repository.
        head: the last commit of ``main``; its models are poisoned.
        last_clean_commit: the last commit of ``main`` whose models are clean, released as ``last_clean_release``.
        poisoned_commit: replaced ``poisoned_file`` in place, and nothing else; it trained no model.
        poisoner: the claimed author of that commit.
        merge_commit: brought a branch that started clean into the poisoned main.
        live_release: what ``fraud#prod`` means at the end: poisoned.
        recall_before, recall_now: share of the fraud without the card present that the model of the last clean
            release, and of the live release, finds in the holdout.
        retrained_commit: the clean training on the branch ``retrained_branch``, released as ``retrained_release``.
    """

    repository: Path
    storage: Path
    store: Path
    head: str
    last_clean_commit: str
    poisoned_commit: str
    merge_commit: str
    retrained_commit: str
    recall_before: float
    recall_now: float
    poisoned_file: str = POISONED_FILE
    poisoner: str = CONTRACTOR
    models: tuple[str, str] = ("models/fraud.json", "models/chargeback.json")
    last_clean_release: str = "fraud@v1.1.0"
    live_release: str = "fraud@v1.3.0"
    retrained_release: str = "fraud@v1.4.0"
    retrained_branch: str = "retrain/clean-march"

    @property
    def poisoned_subject(self) -> str:
        """The poisoned bytes, as ``path@rev``."""
        return f"{self.poisoned_file}@{self.poisoned_commit[:12]}"


def build(directory: Path, on_step: OnStep | None = None) -> FraudSample:
    """Builds the sample with git and DVC, in one process of its own, so that nothing of the caller's leaks in.

    Args:
        directory: is made if need be; gets ``fraud`` (the repository), ``storage`` (its DVC remote) and
            ``metadata.db``.
        on_step: told of each commit: which it is, of how many, and its message.

    Raises:
        FileExistsError: ``directory`` holds one of the three already.
        RuntimeError: git or DVC failed, or is not installed; with the end of what they said.
    """
    directory = directory.resolve()
    repository, storage, store = directory / "fraud", directory / "storage", directory / "metadata.db"
    for path in (repository, storage, store):
        if path.exists():
            raise FileExistsError(f"{path} is there already")
    moments = run_story(f"{__package__}.history", [str(repository)], COMMITS, on_step)
    load_store(STORE, store)
    return FraudSample(
        repository=repository,
        storage=storage,
        store=store,
        head=moments["head"],
        last_clean_commit=moments["last_clean_commit"],
        poisoned_commit=moments["poisoned_commit"],
        merge_commit=moments["merge_commit"],
        retrained_commit=moments["retrained_commit"],
        recall_before=moments["recall_before"],
        recall_now=moments["recall_now"],
    )
