"""The training runs, as the team's pipeline wrote them into a store of ML Metadata.

How well a run can be joined to the repositories differs, as it does in real stores: some state an md5 under one name
or another, one month's runs the sha256 alone, the tone model's only where things lay. Mobile models are known to the
store alone. Each run says from which commit it began and which commit recorded it.
"""

import hashlib
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..tools.store import Item, Run

__all__ = ["MOBILE", "PIPELINE", "STORE", "sha256_of_mobile", "training_runs"]

STORE = Path(__file__).parent / "metadata.sql"
PIPELINE = "support-assistants"
MOBILE = "s3://models.example.com/{model}-mobile/{version}/model.tflite"

_Finder = Callable[[str], str]


def sha256_of_mobile(model: str, version: str) -> str:
    """What the store states of a mobile model, whose bytes are invented."""
    return hashlib.sha256(f"{model}-mobile {version}".encode()).hexdigest()


def training_runs(consumer: Path) -> list[Run]:
    """All runs, oldest first."""
    history = _History(consumer)
    return [
        *_january(history, "router@v1.0.0", "2025-01-16"),
        *_february(history, "replies@v1.1.0", "2025-02-20"),
        *_march(history, "router@v1.1.0", "2025-03-14"),
        *_april(history, "tone@v1.2.0", "2025-04-09"),
    ]


class _History:
    """What the consumer's repository recorded."""

    def __init__(self, repository: Path) -> None:
        self._repository = repository

    def commits(self, release: str) -> dict[str, str]:
        """What a run says of git: it begins at the commit before the one that records it."""
        commit, parent = self._git("show", "-s", "--format=%H %P", f"{release}^{{commit}}").split()
        return {"Git_Repo": "https://git.example.com/consumer", "Git_Start_Commit": parent, "Git_End_Commit": commit}

    def digests(self, release: str) -> _Finder:
        """Gives the md5 of each path that a training read or wrote."""
        import yaml

        stages: dict[str, Any] = yaml.safe_load(self._git("show", f"{release}:dvc.lock"))["stages"]
        items = [item for stage in stages.values() for item in (*stage["deps"], *stage["outs"])]
        return {item["path"]: item["md5"] for item in items}.__getitem__

    def sha256(self, md5: str) -> str:
        """Of bytes that DVC keeps."""
        stored = self._repository / ".dvc" / "cache" / "files" / "md5" / md5[:2] / md5[2:]
        return hashlib.sha256(stored.read_bytes()).hexdigest()

    def _git(self, *arguments: str) -> str:
        command = ["git", "-C", str(self._repository), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _january(history: _History, release: str, date: str) -> list[Run]:
    md5, commits = history.digests(release), history.commits(release)
    encoder = Item("Model", "base/encoder.json", {"md5": md5("base/encoder.json")})
    router = Item("Model", "models/router/model.json", {"checksum": f"md5:{md5('models/router/model.json')}"})
    replies = Item("Model", "models/replies/model.json", {"md5": md5("models/replies/model.json")})
    months = [f"data/tickets/2025-0{month}.jsonl" for month in (1, 2)]
    tickets = [("tickets", Item("Dataset", path, {"md5sum": md5(path)})) for path in months]
    folder = Item("Dataset", "data/tickets", {"digest": md5("data/tickets")})
    return [
        _finetune("router", f"{date} 10:00", [("base", encoder), *tickets], router, commits),
        _finetune("replies", f"{date} 10:00", [("base", encoder), ("tickets", folder)], replies, commits),
        _by_address_alone("tone", date, commits),
        _distil("replies", "1.0.0", replies, date, commits),
    ]


def _february(history: _History, release: str, date: str) -> list[Run]:
    md5, commits = history.digests(release), history.commits(release)
    tone = _by_address_alone("tone", date, commits)
    encoder = Item("Model", "base/encoder.json", {"md5": md5("base/encoder.json")})
    folder = Item("Dataset", "data/tickets", {"MD5": md5("data/tickets").upper().replace(".DIR", ".dir")})
    replies = Item("Model", "models/replies/model.json", {"checksum_md5": md5("models/replies/model.json")})
    return [
        _finetune("replies", f"{date} 08:00", [("base", encoder), ("tickets", folder)], replies, commits),
        tone,
        Run(
            "Distil",
            f"tone-mobile-{date}",
            f"{date} 12:00",
            date,
            [("model", tone.outputs[0][1])],
            [("model", Item("Model", MOBILE.format(model="tone", version="1.1.0")))],
        ),
    ]


def _march(history: _History, release: str, date: str) -> list[Run]:
    md5, commits = history.digests(release), history.commits(release)
    path = "models/router/model.json"
    encoder = Item("Model", "base/encoder.json", {"SHA-256": history.sha256(md5("base/encoder.json"))})
    router = Item("Model", path, {"SHA-256": history.sha256(md5(path))})
    months = [("tickets", Item("Dataset", f"data/tickets/2025-0{month}.jsonl")) for month in (1, 2)]
    replies = Item("Model", "models/replies/model.json", {"md5": md5("models/replies/model.json")})
    inputs = [
        ("base", Item("Model", "base/encoder.json", {"md5": md5("base/encoder.json")})),
        ("tickets", Item("Dataset", "data/tickets", {"md5": md5("data/tickets")})),
    ]
    nightly = "2025-03-15"
    return [
        _finetune("router", f"{date} 10:00", [("base", encoder), *months], router, commits),
        _finetune("replies", f"{date} 10:00", inputs, replies, commits),
        _distil("replies", "1.2.0", replies, date, commits),
        Run(
            "Evaluate",
            f"router-quality-{date}",
            f"{date} 16:00",
            date,
            [("model", router)],
            [("metrics", Item("Metrics", f"s3://models.example.com/router/{date}/quality.json"))],
        ),
        # Nothing had changed overnight, so the pipeline took the outputs of the day before.
        _finetune("router", f"{nightly} 02:00", [("base", encoder), *months], router, _after(commits), state="cached"),
    ]


def _april(history: _History, release: str, date: str) -> list[Run]:
    md5, commits = history.digests(release), history.commits(release)
    paths = {"base": "base/lexicon.json", "tickets": "data/tickets"}
    inputs = [(slot, Item("Dataset", path, {"md5": md5(path)})) for slot, path in paths.items()]
    tone = Item("Model", "models/tone/model.json", {"md5": md5("models/tone/model.json")})
    return [_finetune("tone", f"{date} 10:00", inputs, tone, commits)]


def _by_address_alone(model: str, date: str, commits: dict[str, str]) -> Run:
    inputs = [("base", Item("Model", "base/lexicon.json")), ("tickets", Item("Dataset", "data/tickets"))]
    return _finetune(model, f"{date} 09:00", inputs, Item("Model", f"models/{model}/model.json"), commits)


def _finetune(
    model: str, time: str, inputs: list[tuple[str, Item]], made: Item, said: dict[str, str], state: str = "complete"
) -> Run:
    date = time.partition(" ")[0]
    return Run("Finetune", f"{model}-{date}", time, date, inputs, [("model", made)], said, state)


def _after(commits: dict[str, str]) -> dict[str, str]:
    """What a run says of git that began once a training was recorded, and was recorded by none itself."""
    return {"Git_Repo": commits["Git_Repo"], "Git_Start_Commit": commits["Git_End_Commit"]}


def _distil(model: str, version: str, teacher: Item, date: str, commits: dict[str, str]) -> Run:
    made = Item("Model", MOBILE.format(model=model, version=version), {"sha256": sha256_of_mobile(model, version)})
    return Run(
        "Distil",
        f"{model}-mobile-{date}",
        f"{date} 18:00",
        date,
        [("model", teacher)],
        [("model", made)],
        _after(commits),
    )
