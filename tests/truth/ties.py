"""What the world ties to a subject, as far as the documents that are left can say it.

A version is tied when the subject truly led to it by steps that are still on record: it is the subject or holds it, it
was read out of what is tied as a whole, a run that read it made it, or somebody copied it. Bytes that stood before the
subject came, or that a run made without it too, are not its doing, and pass nothing on.
"""

from collections import defaultdict

from tests.truth.facts import Facts, Name, Run, Subject, Version
from tests.truth.repository import NOTHING, Loss
from tests.truth.world import Blob, atom

__all__ = ["Ties"]


class Ties:
    """One fixpoint over runs and versions.

    Attributes:
        versions: names of the versions that are tied.
    """

    def __init__(self, facts: Facts, subject: Subject, loss: Loss = NOTHING) -> None:
        self._facts = facts
        self._subject = subject
        self._loss = loss
        self._runs: set[tuple[object, ...]] = set()
        self.versions: set[Name] = set()
        self._whole: set[Name] = set()  # those that are tied in every part
        self._holders: dict[str, list[Version]] = defaultdict(list)
        for version in facts.versions.values():
            for content in version.contents:
                self._holders[content].append(version)
        size = -1
        while size != len(self.versions) + len(self._whole) + len(self._runs):
            size = len(self.versions) + len(self._whole) + len(self._runs)
            self._runs |= {identity for identity, run in facts.runs.items() if self._led_to_run(run)}
            self._whole |= {name for name, version in facts.versions.items() if self._led_to_all_of(version)}
            self.versions |= self._whole
            self.versions |= {name for name, version in facts.versions.items() if self._led_to(version)}

    def _led_to_run(self, run: Run) -> bool:
        target, versions = self._subject.target, self._facts.versions
        if any(target == atom(index) for index in run.recorded):
            return True
        deps = [versions[path, thing.content] for path, thing in run.entry.deps]
        if any(version.name in self.versions for version in deps):
            return True
        # What led to the outs and to no dep came by the command, code that is not declared or a previous version.
        # A file in git with the same few bytes as the subject is chance.
        tokens = self._subject.tokens
        entries = [entry for entry in run.entries if entry.ran and (tokens or target not in entry.undeclared)]
        made = any(target in thing.origins for entry in entries for _, thing in entry.outs)
        return made and self._is_known() and not any(target in thing.consumed() for _, thing in run.entry.deps)

    def _led_to_all_of(self, version: Version) -> bool:
        """The subject led to it as a whole, and so to whatever is read out of it."""
        if self._stood_before(version):
            return False
        if version.name[1] == self._subject.target and self._is_known():
            return True
        ran = self._ran(version)
        if ran:
            # Bytes that a run made without the subject, too, are not its doing.
            return ran <= self._runs
        if any(name in self._whole for name in version.wholes):
            return True
        if version.runs or not self._is_known():
            return False
        if self._subject.kind == "commit":
            return self._holds(version)
        twins = (other for other in self._holders[version.name[1]] if other is not version)
        return any(other.name in self._whole and not self._is_lost(other, version.name[1]) for other in twins)

    def _led_to(self, version: Version) -> bool:
        """The subject led to it or to a part of it."""
        if self._stood_before(version) or self._ran(version):
            return False
        if any(name in self.versions for name in version.parts):
            return True
        return self._is_known() and (self._holds(version) or self._copies(version))

    def _ran(self, version: Version) -> set[tuple[object, ...]]:
        """The runs that truly made it."""
        return {run for run in version.runs if any(entry.ran for entry in self._facts.runs[run].entries)}

    def _holds(self, version: Version) -> bool:
        """It is the subject, or somebody put the subject there. What a run made with equal bytes is chance."""
        subject = self._subject
        if subject.kind == "commit":
            return not version.runs and bool(version.commits & subject.origins)
        blobs = [blob for thing in version.things for blob in thing.members.values()]
        return not version.runs and any(blob.content == subject.target and not _is_made(blob) for blob in blobs)

    def _copies(self, version: Version) -> bool:
        """Somebody put there what is tied already, or a part of it. What is made of parts is tied by those alone."""
        if version.runs or version.parts:
            return False
        target = self._subject.target
        blobs = [blob for thing in version.things for blob in thing.members.values()]
        carried = {version.name[1]} | {blob.content for blob in blobs if target in blob.consumed()}
        return any(
            self._passes(other, content) and not self._is_lost(other, content)
            for content in carried
            for other in self._holders[content]
            if other is not version
        )

    def _passes(self, version: Version, content: str) -> bool:
        """It is tied in this content: a directory may be so in another file alone."""
        if version.name in self._whole or version.name[1] == content:
            return version.name in self.versions
        blobs = [blob for thing in version.things for blob in thing.members.values() if blob.content == content]
        return version.name in self.versions and any(self._subject.target in blob.consumed() for blob in blobs)

    def _is_known(self) -> bool:
        """Bytes that say too little to hold a token, known by an id that nothing else is known by, lead nowhere."""
        return bool(self._subject.tokens) or self._facts.is_comparable(self._subject)

    def _stood_before(self, version: Version) -> bool:
        holders = self._facts.holds.get(version.name[1], set())
        commits = self._facts.history.commits
        return any(all(index in commits[origin].ancestors for origin in self._subject.origins) for index in holders)

    def _is_lost(self, version: Version, content: str) -> bool:
        """No document says any more that this version stood, with its digest, and that it held a content."""
        path, loss = version.name[0], self._loss
        if content != version.name[1] and version.name[1] in loss.listings:
            return True
        if version.runs:
            return all(run in loss.entries or (run, path) in loss.digests for run in version.runs)
        return path in loss.digests


def _is_made(blob: Blob) -> bool:
    """By a run, which says what it read."""
    return any(each.startswith("md5:") for each in blob.atoms)
