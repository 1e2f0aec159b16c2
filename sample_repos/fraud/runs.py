"""The training runs of the released models, as the team's pipeline wrote them into a store of ML Metadata.

Trainings of the fraud model state the md5 of what they read and wrote, those of the chargeback model only where it lay.
Every run says from which commit it began and which commit recorded it. Thresholds are known to the store alone.
"""

import hashlib
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..tools.store import Item, Run

__all__ = ["PIPELINE", "STORE", "training_runs"]

STORE = Path(__file__).parent / "metadata.sql"
PIPELINE = "card-payments"
_RELEASES = ("fraud@v1.0.0", "fraud@v1.1.0", "chargeback@v1.1.0", "fraud@v1.2.0", "fraud@v1.3.0", "fraud@v1.4.0")


def training_runs(repository: Path) -> list[Run]:
    """The runs that the sample's releases came from."""
    return [run for release in _RELEASES for run in _runs(repository, release)]


def _runs(repository: Path, release: str) -> Iterator[Run]:
    import yaml

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(repository), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    commit, parent, seconds = git("show", "-s", "--format=%H %P %ct", f"{release}^{{commit}}").split()
    date = git("show", "-s", "--format=%cd", "--date=format:%Y-%m-%d", commit)
    stages: dict[str, Any] = yaml.safe_load(git("show", f"{commit}:dvc.lock"))["stages"]
    outs = {out["path"]: out["md5"] for stage in stages.values() for out in stage["outs"]}
    began = {"Git_Repo": "https://git.example.com/fraud", "Git_Start_Commit": parent, "Git_End_Commit": commit}
    run = f"{date}-{seconds[-4:]}"

    def item(kind: str, path: str) -> Item:
        return Item(kind, path, {"md5": outs[path]})

    model = item("Model", "models/fraud.json")
    yield Run(
        "Train",
        f"train-fraud-{run}",
        f"{date} 05:00",
        run,
        [("features", item("Dataset", "data/features"))],
        [("model", model)],
        began,
    )
    yield Run(
        "Train",
        f"train-chargeback-{run}",
        f"{date} 05:00",
        run,
        [("features", Item("Dataset", "data/features"))],
        [("model", Item("Model", "models/chargeback.json"))],
        began,
    )
    scorer = hashlib.md5(f"scorer of {outs[model.uri]}".encode(), usedforsecurity=False).hexdigest()
    yield Run(
        "SetThreshold",
        f"set-threshold-{run}",
        f"{date} 07:00",
        run,
        [("model", model)],
        [("model", Item("Model", f"s3://models.example.com/fraud/{run}/scorer.json", {"checksum": f"md5:{scorer}"}))],
        {"Git_Repo": began["Git_Repo"], "Git_Start_Commit": commit},
    )
