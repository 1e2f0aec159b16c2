"""Which appearances of a fact are its first in their line of history, and which bring it back."""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import TypeVar

__all__ = ["introductions"]

Fact = TypeVar("Fact", bound=Hashable)


def introductions(
    parents: Sequence[Sequence[int]], appearances: Iterable[tuple[int, Fact]]
) -> Iterator[tuple[int, Fact, bool]]:
    """Tells introductions from restorations.

    A fact that a proper ancestor held appeared at some proper ancestor, so it is enough to know where facts appear.
    One forward pass: a bit for each fact that appears more than once, a set of bits for each commit that still has
    children to come.

    Args:
        parents: for each commit the positions of its parents, all smaller than its own.
        appearances: pairs of a position and a fact that the commit holds and none of its parents does, each pair once.

    Yields:
        For each appearance, in the order given: position, fact, and whether it is introduced there (no proper
        ancestor ever held it) rather than restored.
    """
    pairs = list(appearances)
    times = Counter(fact for _, fact in pairs)
    bits = {fact: bit for bit, fact in enumerate(fact for fact, count in times.items() if count > 1)}
    if not bits:
        yield from ((position, fact, True) for position, fact in pairs)
        return
    own: dict[int, list[int]] = {}
    for position, fact in pairs:
        if fact in bits:
            own.setdefault(position, []).append(bits[fact])
    restored = _restored(parents, own)
    for position, fact in pairs:
        yield position, fact, (position, bits.get(fact, -1)) not in restored


def _restored(parents: Sequence[Sequence[int]], own: dict[int, list[int]]) -> set[tuple[int, int]]:
    """The (position, bit) pairs of which a proper ancestor has the bit too."""
    waiting = [0] * len(parents)
    for above in parents:
        for parent in above:
            waiting[parent] += 1
    held: dict[int, int] = {}
    restored: set[tuple[int, int]] = set()
    for position, above in enumerate(parents):
        before = 0
        for parent in above:
            before |= held[parent]
            waiting[parent] -= 1
            if not waiting[parent]:
                del held[parent]
        if before and position in own:
            octets = before.to_bytes(before.bit_length() // 8 + 1, "little")
            inside = (bit for bit in own[position] if bit // 8 < len(octets))
            restored.update((position, bit) for bit in inside if octets[bit // 8] >> bit % 8 & 1)
        if waiting[position]:
            held[position] = _with_bits(before, own.get(position, ()))
    return restored


def _with_bits(before: int, bits: Sequence[int]) -> int:
    if not bits:
        return before
    added = bytearray(max(bits) // 8 + 1)
    for bit in bits:
        added[bit // 8] |= 1 << bit % 8
    return before | int.from_bytes(added, "little")
