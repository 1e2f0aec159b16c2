"""Releases and their stages, from git tags: GTO's, replayed as GTO does, and plain ones."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from forensics.model import (
    Edge,
    EdgeKind,
    Finding,
    FindingKind,
    Gap,
    GapKind,
    Origin,
    Record,
    Ref,
    RefKind,
    Release,
    StageMove,
    Strength,
)
from forensics_connectors.dvc.documents import Declared
from forensics_connectors.dvc.gto import TagName, parse_tag

__all__ = ["Moment", "read_releases", "tags_of"]


@dataclass(frozen=True, slots=True)
class Moment:
    """What a released commit holds.

    Attributes:
        artifacts: the artifacts that its dvc.yaml files declare.
        models: keys of the model versions that it holds.
        find: the versions held at a path or the directory around it: (key, whether it is that very path).
    """

    artifacts: tuple[Declared, ...]
    models: tuple[str, ...]
    find: Callable[[str], list[tuple[str, bool]]]


def tags_of(refs: Iterable[Ref]) -> list[Ref]:
    """The tags among the refs, in the order in which GTO replays them: by time, then by name."""
    tags = [ref for ref in refs if ref.kind is RefKind.TAG]
    return sorted(tags, key=lambda tag: (tag.tag_time is not None, tag.tag_time or 0, tag.name))


def read_releases(refs: Iterable[Ref], moments: dict[str, Moment]) -> Iterator[Record]:
    """Yields releases, stage moves, and what was released.

    Source of the method: ``gto.tag.TagManager.update_state`` and ``index_tag``, version 1.10: versions first, then
    stages; a stage tag names no version and means the one that is registered on its commit.

    Args:
        refs: all refs of the repository.
        moments: what each tagged commit holds, by commit id; tags of other commits are left out.
    """
    plain: list[Ref] = []
    replay: list[tuple[Ref, TagName]] = []
    for tag in tags_of(refs):
        if tag.commit not in moments:
            continue
        parsed = parse_tag(_short(tag))
        if parsed is None:
            plain.append(tag)
        elif not tag.tag:
            message = f"the tag {_short(tag)} is lightweight, so GTO does not count it"
            yield Finding(FindingKind.BAD_TAG, message, _origin(tag))
        else:
            replay.append((tag, parsed))

    by_version: dict[tuple[str, str], Release] = {}
    by_commit: dict[tuple[str, str], Release] = {}
    for tag, parsed in replay:
        if parsed.action == "register" and (parsed.artifact, parsed.version) not in by_version:
            release = _release(tag, f"{parsed.artifact}@{parsed.version}", parsed.artifact, parsed.version)
            by_version[parsed.artifact, parsed.version] = by_commit[parsed.artifact, tag.commit] = release
            yield release
            yield from _released(release, moments[tag.commit])
    orders: dict[str, int] = {}
    for tag, parsed in replay:
        if parsed.action in ("register", "create"):
            continue
        target = by_version.get((parsed.artifact, parsed.version)) or by_commit.get((parsed.artifact, tag.commit))
        if target is None and parsed.action == "assign":
            # Unregistered, and in use all the same: GTO names such a version by its commit.
            target = _release(tag, f"{parsed.artifact}@{tag.commit[:7]}", parsed.artifact, tag.commit[:7])
            by_commit[parsed.artifact, tag.commit] = target
            yield target
            yield from _released(target, moments[tag.commit])
        order = orders[parsed.artifact] = orders.get(parsed.artifact, -1) + 1
        yield StageMove(
            release=target.key if target and parsed.action != "deprecate" else "",
            artifact=parsed.artifact,
            stage=parsed.stage,
            action=parsed.action,
            commit=tag.commit,
            time=tag.tag_time,
            actor_mail=tag.tagger_mail,
            ref=tag.name,
            order=order,
            origin=_origin(tag),
        )
    for tag in plain:
        release = _release(tag, _short(tag), "", _short(tag))
        yield release
        for key in moments[tag.commit].models:
            yield Edge(EdgeKind.RELEASED, key, release.key, _origin(tag))


def _released(release: Release, moment: Moment) -> Iterator[Record]:
    """The edges from what the artifact's path holds: the path that is declared for it, else its name as a path."""
    declared = [
        entry
        for entry in moment.artifacts
        if release.artifact == (f"{entry.directory}:{entry.name}" if entry.directory else entry.name)
    ]
    paths = [entry.path for entry in declared if entry.path and not entry.external]
    found = False
    for path in paths or [release.artifact.replace(":", "/")]:
        for key, exact in moment.find(path):
            found = True
            certain = bool(paths) and exact
            yield Edge(
                EdgeKind.RELEASED,
                key,
                release.key,
                release.origin,
                Strength.RECORDED if certain else Strength.INFERRED,
                "" if certain else "by-path",
            )
    if not found:
        detail = f"no version is held at {', '.join(paths) or 'a path of that name'} at the released commit"
        yield Gap(GapKind.UNLINKED, release.key, detail, release.origin)


def _release(tag: Ref, name: str, artifact: str, label: str) -> Release:
    return Release(
        name=name,
        artifact=artifact,
        label=label,
        commit=tag.commit,
        time=tag.tag_time,
        actor_mail=tag.tagger_mail,
        message=tag.message,
        ref=tag.name,
        origin=_origin(tag),
    )


def _origin(tag: Ref) -> Origin:
    return Origin(path=tag.name, commit=tag.commit)


def _short(tag: Ref) -> str:
    return tag.name.removeprefix("refs/tags/")
