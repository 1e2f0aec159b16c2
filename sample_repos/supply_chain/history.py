"""The story: a registry takes a swapped component from upstream and personal records from a team; models learn of both.

Run as a module by ``build``: it reports each commit to the parent process, and the key moments last.
"""

import sys
from pathlib import Path

from ..tools.process import Reporter, report
from ..tools.repository import Repository
from .texts import customers, encoder, lexicon, tickets

__all__ = ["COMMITS", "COMPONENT", "PERSONAL_FILE", "Story"]

COMMITS = 14
COMPONENT = "components/encoder.json"
PERSONAL_FILE = "data/tickets/customers.jsonl"

KEEPER = "noor.haddad@example.com"
BOT = "registry-bot@example.com"
SUPPORT = "ext.support@example.com"
SCIENTIST = "tomas.vik@example.com"
LEAD = "ines.alves@example.com"

_TEMPLATES = Path(__file__).parent / "project"


class Story:
    """Both repositories, and the folder that stands for the component's makers.

    Args:
        directory: exists; gets ``registry``, ``consumer``, their DVC remote ``storage``, and ``upstream``.
        on_commit: told of each commit's message.
    """

    def __init__(self, directory: Path, on_commit: Reporter) -> None:
        self.upstream = directory / "upstream"
        self.upstream.mkdir()
        self.registry = Repository(directory / "registry", _TEMPLATES / "registry", on_commit)
        self.consumer = Repository(directory / "consumer", _TEMPLATES / "consumer", on_commit)

    def close(self) -> None:
        """Lets go of both."""
        self.registry.close()
        self.consumer.close()

    def tell(self) -> dict[str, str]:
        """Makes all commits, branches and tags.

        Returns:
            The key moments, by the names of ``SupplyChainSample``'s fields.
        """
        self._fill_registry()
        self._first_models()
        personal = self._personal_records()
        swapped = self._swap()
        removed = self._remove_records()
        self._retrain(before_swap=personal)
        return {"personal_commit": personal, "swapped_commit": swapped, "removed_commit": removed}

    def _publish(self, text: str) -> None:
        (self.upstream / "encoder.json").write_text(text, encoding="utf-8", newline="")

    def _fill_registry(self) -> None:
        registry = self.registry
        self._publish(encoder())
        registry.add_template("README.md")
        registry.import_url("../../upstream/encoder.json", COMPONENT)
        registry.commit(KEEPER, "2025-01-06 09:00", "Take the encoder from its makers")
        for month in ("2025-01", "2025-02"):
            registry.write(f"data/tickets/{month}.jsonl", tickets(month))
        registry.track("data/tickets")
        registry.commit(KEEPER, "2025-01-10 10:30", "Offer two months of tickets")

    def _first_models(self) -> None:
        consumer = self.consumer
        consumer.add_template("README.md")
        consumer.add_template("gitignore", ".gitignore")
        consumer.write("base/lexicon.json", lexicon())
        consumer.track("base/lexicon.json")
        consumer.commit(LEAD, "2025-01-13 09:00", "Start the support assistants")
        consumer.take("../registry", COMPONENT, "base/encoder.json")
        consumer.take("../registry", "data/tickets", "data/tickets")
        consumer.commit(SCIENTIST, "2025-01-14 11:00", "Take the encoder and the tickets from the registry")
        consumer.add_template("src/finetune.py")
        consumer.declare("finetune_router", "finetune_replies", "finetune_tone", "artifacts")
        consumer.reproduce()
        consumer.add_template("router.md", "models/router/README.md")
        consumer.commit(SCIENTIST, "2025-01-16 15:00", "Fine-tune three models")
        for name, minute in (("router", 0), ("replies", 10), ("tone", 20)):
            self._release(name, "v1.0.0", 1, f"2025-01-20 09:{minute:02d}")

    def _personal_records(self) -> str:
        self.registry.write(PERSONAL_FILE, customers())
        self.registry.track("data/tickets")
        commit = self.registry.commit(SUPPORT, "2025-02-18 17:40", "Add what support knows, for better replies")
        self.consumer.update("data/tickets")
        self.consumer.reproduce()
        self.consumer.commit(SCIENTIST, "2025-02-20 10:00", "Fine-tune on what support knows too")
        self._release("replies", "v1.1.0", 2, "2025-02-21 09:00")
        self._release("tone", "v1.1.0", 2, "2025-02-21 09:10")
        return commit

    def _swap(self) -> str:
        self._publish(encoder(swapped=True))
        self.registry.update(COMPONENT)
        commit = self.registry.commit(BOT, "2025-03-12 03:00", "Refresh components")
        self.consumer.update("base/encoder.json")
        self.consumer.reproduce()
        self.consumer.commit(SCIENTIST, "2025-03-14 14:00", "Fine-tune on the refreshed encoder")
        self._release("router", "v1.1.0", 2, "2025-03-17 09:00")
        self._release("replies", "v1.2.0", 3, "2025-03-17 09:10")
        self.consumer.write("docs/releases.md", "# Releases\n\nA tag names a release, another one puts it to work.\n")
        self.consumer.commit(LEAD, "2025-03-18 16:00", "Describe how a release is made")
        return commit

    def _remove_records(self) -> str:
        (self.registry.root / PERSONAL_FILE).unlink()
        self.registry.write("data/tickets/2025-03.jsonl", tickets("2025-03"))
        self.registry.track("data/tickets")
        commit = self.registry.commit(KEEPER, "2025-04-07 09:00", "Take personal records out, add March")
        self.consumer.update("data/tickets")
        self.consumer.reproduce()
        self.consumer.commit(SCIENTIST, "2025-04-09 13:00", "Fine-tune without personal records")
        self._release("tone", "v1.2.0", 3, "2025-04-10 09:00")
        return commit

    def _retrain(self, before_swap: str) -> None:
        consumer = self.consumer
        consumer.branch("retrain/first-encoder")
        consumer.update("base/encoder.json", revision=before_swap)
        consumer.reproduce()
        consumer.commit(LEAD, "2025-05-05 18:00", "Go back to the encoder of February")
        self._release("router", "v1.2.0", None, "2025-05-06 09:00")
        self._release("replies", "v1.3.0", None, "2025-05-06 09:10")
        consumer.switch("main")
        consumer.write("docs/incident.md", "# Incident\n\nTickets about goodwill are paid out unread since March.\n")
        consumer.commit(LEAD, "2025-05-07 08:30", "Note complaints about goodwill")

    def _release(self, model: str, version: str, assignment: int | None, date: str) -> None:
        self.consumer.tag(f"{model}@{version}", LEAD, date, f"Release {version}")
        if assignment is not None:
            self.consumer.tag(f"{model}#prod#{assignment}", LEAD, f"{date[:-1]}5", f"Put {version} to work")


def main(directory: Path) -> None:
    """Builds both repositories in ``directory``, and reports to the parent process."""
    with report() as on_commit:
        story = Story(directory, on_commit)
        try:
            on_commit.end(story.tell())
        finally:
            story.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
