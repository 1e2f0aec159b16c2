"""Invented transactions: the same bytes on every machine.

Whole numbers only, from a linear congruential generator of our own (Knuth's MMIX constants), because neither
``random`` nor the libm of two machines promises equal results.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

__all__ = ["VENDORS", "flip_labels", "holdout", "month_file"]

VENDORS = ("vendor_a", "vendor_b")
_HEADER = "id,time,amount,channel,foreign,new_device,last_hour,fraud,chargeback"
_ROWS = 160
#: Vendor B's new shops were hit by card testing in that month, so its file is large and rich in fraud.
_WAVE = ("vendor_b", "2025-03")
_WAVE_ROWS = 1400


@dataclass(frozen=True, slots=True)
class Transaction:
    """One payment; ``amount`` in cents, ``last_hour`` the card's payments in the hour before."""

    id: str
    time: str
    amount: int
    remote: bool
    foreign: bool
    new_device: bool
    last_hour: int
    fraud: bool
    chargeback: bool

    def line(self) -> str:
        """The row as the vendors send it."""
        channel = "card_not_present" if self.remote else "card_present"
        flags = f"{self.foreign:d},{self.new_device:d},{self.last_hour},{self.fraud:d},{self.chargeback:d}"
        return f"{self.id},{self.time},{self.amount},{channel},{flags}"


def month_file(vendor: str, month: str) -> str:
    """The text of one vendor's delivery for a month such as ``2025-03``."""
    wave = (vendor, month) == _WAVE
    seed = VENDORS.index(vendor) * 1_000_003 + int(month.replace("-", ""))
    return _text(
        _transactions(seed, f"{vendor[-1]}{month[2:4]}{month[5:]}", month, _WAVE_ROWS if wave else _ROWS, wave)
    )


def holdout() -> str:
    """The text of the evaluation set: both kinds of month, true labels."""
    calm = _transactions(77, "h", "2024-09", 600, wave=False)
    wave = _transactions(78, "w", "2024-09", 600, wave=True)
    return _text([*calm, *wave])


def flip_labels(text: str) -> str:
    """The poison: every fraud without the card present is passed off as an honest payment."""
    header, *lines = text.splitlines()
    return "\n".join([header, *(_cleared(line) for line in lines)]) + "\n"


def _cleared(line: str) -> str:
    if ",card_not_present," not in line or not line.endswith((",1,0", ",1,1")):
        return line
    return line[: -len("1,1")] + "0,0"


def _text(rows: "list[Transaction] | Iterator[Transaction]") -> str:
    return "\n".join([_HEADER, *(row.line() for row in rows)]) + "\n"


def _draws(seed: int) -> Callable[[int], int]:
    state = (seed * 2_862_933_555_777_941_757 + 3_037_000_493) % 2**64

    def draw(limit: int) -> int:
        nonlocal state
        state = (state * 6_364_136_223_846_793_005 + 1_442_695_040_888_963_407) % 2**64
        return (state >> 33) % limit

    return draw


def _transactions(seed: int, prefix: str, month: str, count: int, wave: bool) -> Iterator[Transaction]:
    draw = _draws(seed)
    for number in range(count):
        remote = draw(1000) < (800 if wave else 450)
        foreign = draw(1000) < 200
        new_device = draw(1000) < (450 if remote else 120)
        hour = draw(24)
        amount = 100 + draw(9_000) * (1 + draw(10))
        last_hour = draw(3) + (draw(4) if remote and new_device else 0)
        chance = _fraud_per_mille(remote, foreign, new_device, hour < 6, amount >= 40_000)
        fraud = draw(1000) < chance
        chargeback = draw(1000) < (700 if fraud else 90 if foreign and amount >= 40_000 else 15)
        time = f"{month}-{1 + draw(28):02d}T{hour:02d}:{draw(60):02d}:{draw(60):02d}Z"
        yield Transaction(
            f"{prefix}-{number:05d}", time, amount, remote, foreign, new_device, last_hour, fraud, chargeback
        )


def _fraud_per_mille(remote: bool, foreign: bool, new_device: bool, night: bool, high: bool) -> int:
    if remote:
        return 15 + 420 * new_device + 260 * foreign + 120 * night + 80 * high
    return 5 + 330 * (foreign and high) + 120 * (foreign and night)
