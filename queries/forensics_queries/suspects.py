"""``suspects``: where poison most likely came in, by what was observed, with the change behind each and why."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from forensics.answer import Answer, Step, Thing
from forensics.case import Case
from forensics.localization import Group, Located, Test, next_tests
from forensics.localization.advice import NARROWED, SETTLED, likely_sources
from forensics_queries.entrance import Entrance, changes_in_store, entrances
from forensics_queries.localized import Asked, Localized, NoSymptomError, localized, percent, said
from forensics_queries.moment import moment
from forensics_queries.statement import rows
from forensics_queries.steps import weakest
from forensics_queries.tampered import Tampering, tampered
from forensics_queries.techniques import suspected
from forensics_queries.things import things
from forensics_queries.witnesses import witness_paths

if TYPE_CHECKING:
    from forensics_queries.moment import Moment

__all__ = ["Labelled", "Suspect", "Witness", "models_to_test", "release_names", "suspects"]

#: What follows from the digits beyond differs from machine to machine.
_DIGITS = 6
#: Above so many models it is left to ``next-test`` to say which candidates they could tell apart.
_MANY = 100_000


@dataclass(frozen=True, slots=True)
class Labelled:
    """A version that was observed.

    Attributes:
        state: ``bad`` or ``good``.
        thing: the version.
        releases: its releases.
    """

    state: str
    thing: Thing
    releases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Witness:
    """How a suspect leads to a version that misbehaves.

    Attributes:
        version: the version.
        known: the strength of the path: its weakest step.
        path: one shortest chain from the suspect.
    """

    version: Labelled
    known: str
    path: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Suspect:
    """Something through which poison may have come in.

    Attributes:
        group: number of its group, 1 for the likeliest: candidates that no observation tells apart; 0 for what is in
            none.
        probability: that it is a source; None where nothing that was observed to misbehave descends from it, so that it
            cannot be told.
        group_probability: that a source is in its group; None likewise.
        stated: it is known to be bad, so that only further sources are sought.
        thing: a content, an execution, or a version of unknown bytes.
        entrances: how it came in.
        explains: the versions that misbehave and descend from it.
        contradicting: observations that speak against it: good versions that descend from it, and bad ones that do not.
        tampered: where its stored bytes were found to differ from the record: what was read from there after they had
            changed may hold other bytes.
    """

    group: int
    probability: float | None
    group_probability: float | None
    stated: bool
    thing: Thing
    entrances: tuple[Entrance, ...]
    explains: tuple[Witness, ...]
    contradicting: tuple[Labelled, ...]
    tampered: tuple[Tampering, ...] = ()


def suspects(
    case: Case, asked: Asked | None = None, *, everyone: bool = False, as_of: str | None = None
) -> Answer[Suspect]:
    """Ranks what poison can have come in through.

    Args:
        case: the case.
        asked: how the question is to be answered.
        everyone: list all candidates, and not only the groups that hold 90 % of the probability.
        as_of: a revision or a time.

    Returns:
        What is stated to be bad; then the candidates, the likeliest first; then tampered objects from which nothing
        descends that was observed to misbehave, which is all that is listed where nothing was.

    Raises:
        UsageError: nothing, or nothing bad, was observed and no stored object is tampered with; a label is of no
            version, or contradicts another.
    """
    asked = asked or Asked()
    when = moment(case, as_of)
    parameters = {
        "bad": " ".join(asked.bad), "good": " ".join(asked.good), "labels": "reliable" if asked.reliable else "",
        "inferred": str(asked.inferred).lower(), "repair": str(asked.repair).lower(), "as_of": as_of or "",
    }  # fmt: skip
    try:
        where = localized(case, when, asked)
    except NoSymptomError as nothing:
        return _without_symptom(case, when, parameters, nothing)
    located = where.located
    shown = located.groups if everyone else located.groups[: located.credible]
    shown = (*shown, *_tampered_alone(where, located.groups[len(shown) :]))
    candidates = {int(located.origins.nodes[place]) for group in located.groups for place in group.members}
    known = candidates | located.evidence.stated
    rest = {node: some for node, some in where.tampered.items() if node not in known}
    found = (*_stated(case, where), *_rows(case, where, shown), *_unseen(case, rest))
    notes = [*where.notes, *_notes(case, where, shown), *_objects(where.tampered)]
    notes += suspected(case, (row.thing.id for row in found if row.group == 1 and not row.stated))
    short = not located.groups and not when.coverage.complete
    return Answer("suspects", parameters, found, when.coverage, tuple(notes), short)


def _without_symptom(
    case: Case, when: "Moment", parameters: dict[str, str], nothing: NoSymptomError
) -> Answer[Suspect]:
    """Tampered objects alone, which are suspect whatever was observed."""
    objects = tampered(when)
    if not objects:
        raise nothing
    found = tuple(_unseen(case, objects))
    notes = (
        f"{nothing.message}, so that no probability can be told: {nothing.hint}",
        *_objects(objects),
        *when.notes,
        *suspected(case, (row.thing.id for row in found)),
    )
    return Answer("suspects", parameters, found, when.coverage, notes, not when.coverage.complete)


def models_to_test(case: Case, when: "Moment", located: Located) -> list[Test]:
    """The models that could be evaluated: one version of each content, none whose bytes were observed already."""
    seen = sorted(located.evidence.observed)
    found = rows(case, "suspects.models", observed=seen, until=when.until)
    return [Test(version) for (version,) in found if not when.asked or when.stood(version)]


def release_names(case: Case, versions: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """The releases of versions; first the one that means this version alone, where there is one."""
    own = dict(rows(case, "observations.releases", versions=list(versions)))
    found: dict[int, list[str]] = {version: [own[version]] if version in own else [] for version in versions}
    for version, _, name in rows(case, "blast_radius.releases", versions=list(versions)):
        if name not in found[version]:
            found[version].append(name)
    return {version: tuple(names) for version, names in found.items()}


def _rows(case: Case, where: Localized, shown: Sequence[Group]) -> Iterable[Suspect]:
    located = where.located
    places = [member for group in shown for member in group.members]
    nodes = [int(located.origins.nodes[place]) for place in places]
    entered = entrances(case, located.origins, places)
    paths = witness_paths(case, where, shown)
    named = things(case, nodes)
    changed = where.tampered
    labels = _labelled(case, located, {node for group in shown for node in (*group.explained, *group.contradicting)})
    numbers = {group.mask: number for number, group in enumerate(located.groups, 1)}
    for group in shown:
        for member, share in zip(group.members, group.shares, strict=True):
            node = int(located.origins.nodes[member])
            witnesses = [
                Witness(labels[bad], weakest(paths[node, bad]), paths[node, bad])
                for bad in group.explained
                if (node, bad) in paths
            ]
            yield Suspect(
                group=numbers[group.mask],
                probability=round(group.mass * share, _DIGITS),
                group_probability=round(group.mass, _DIGITS),
                stated=False,
                thing=named[node],
                entrances=entered[member],
                explains=tuple(witnesses),
                contradicting=tuple(labels[one] for one in group.contradicting),
                tampered=changed.get(node, ()),
            )


def _labelled(case: Case, located: Located, versions: Iterable[int]) -> dict[int, Labelled]:
    """Observed versions as they are shown."""
    wanted = sorted(set(versions))
    shown = things(case, wanted)
    releases = release_names(case, wanted)
    bad = located.evidence.bad
    return {node: Labelled("bad" if node in bad else "good", shown[node], releases[node]) for node in wanted}


def _stated(case: Case, where: Localized) -> Iterable[Suspect]:
    known = sorted(where.located.evidence.stated)
    shown = things(case, known)
    for node in known:
        yield Suspect(0, 1.0, 1.0, True, shown[node], (), (), (), where.tampered.get(node, ()))


def _unseen(case: Case, objects: Mapping[int, tuple[Tampering, ...]]) -> Iterable[Suspect]:
    """Tampered objects to which nothing leads that misbehaves, or which changed after it was made."""
    shown = things(case, objects)
    entered = changes_in_store(case, objects)
    for node in sorted(objects):
        yield Suspect(0, None, None, False, shown[node], (entered[node],), (), (), objects[node])


def _objects(objects: Mapping[int, tuple[Tampering, ...]]) -> Iterable[str]:
    """What it means that stored bytes differ from the record."""
    if objects:
        yield (
            f"{said(len(objects), 'stored object')} held other bytes than the record says: what was read from there "
            "after they had changed may be poisoned, which no record of lineage shows; forensics blast-radius DIGEST "
            "says what that can be, forensics fsck --again what lies there now"
        )


def _tampered_alone(where: Localized, groups: Iterable[Group]) -> Iterable[Group]:
    """Tampered objects of groups that are not shown as a whole."""
    nodes = where.located.origins.nodes
    for group in groups:
        chosen = [place for place, member in enumerate(group.members) if int(nodes[member]) in where.tampered]
        if chosen:
            members, shares = zip(*((group.members[place], group.shares[place]) for place in chosen), strict=True)
            yield replace(group, members=members, shares=shares)


def _notes(case: Case, where: Localized, shown: Sequence[Group]) -> list[str]:
    located = where.located
    if not located.groups:
        return ["no candidate is upstream of anything that misbehaves: the lineage on record does not reach the cause"]
    notes = []
    if len(located.groups) > 1:
        one, two, three = map(percent, located.sizes)
        notes.append(f"one source {one}, two {two}, three {three}")
    count = sum(len(group.members) for group in located.groups) - sum(len(group.members) for group in shown)
    if count:
        mass = 1 - sum(group.mass * sum(group.shares) for group in shown) / sum(group.mass for group in located.groups)
        further = f"{said(count, 'further candidate')} with {percent(mass)}"
        notes.append(f"{further} of all that is weighed: --all lists them")
    if len(located.evidence.bad | located.evidence.good) > 1 and located.fragile:
        known = _labelled(case, located, located.fragile).values()
        named = sorted(one.releases[0] if one.releases else one.thing.subject for one in known)
        turned = f"any one of {len(named)} labels" if len(named) > 1 else "one label"
        notes.append(
            f"FRAGILE: were {turned} the other way round, other candidates would come first: {', '.join(named)}"
        )
    return [*notes, *_grade(case, where)]


def _grade(case: Case, where: Localized) -> list[str]:
    """How far it is narrowed down. What observations tell apart already are as many ties at least."""
    expected = sum(group.mass for group in where.located.groups)
    groups = where.located.holding(SETTLED * likely_sources(expected) / expected)
    if groups > NARROWED:
        return [f"open: 95 % of the probability is held by {said(groups, 'group')}: forensics next-test"]
    tests = models_to_test(case, where.when, where.located)
    if len(tests) > _MANY:
        return [f"95 % of the probability is held by {said(groups, 'group')}; forensics next-test tells the rest"]
    advice = next_tests(where.located, tests)
    sets = f"{said(advice.ties, 'set')} of candidates that no model can tell apart"
    found = [f"{advice.grade}: 95 % of the probability is held by {sets}"]
    if advice.stop == "settled":
        found.append("more labels will hardly narrow it down: inspect the candidates (forensics next-test lists them)")
    return found
