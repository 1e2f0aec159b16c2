"""What the exercise should end with: for each of its two questions, what really descends, and what the record tells.

Subjects are the released models as ``path@release``, and the models of the store by their id there.
"""

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["PERSONAL", "PLACES", "QUESTIONS", "RETURN_TO", "SWAPPED", "Expected"]

_ROUTER = "consumer:models/router/model.json@router@"
_REPLIES = "consumer:models/replies/model.json@replies@"
_TONE = "consumer:models/tone/model.json@tone@"
_STORE = "mlmd:artifact/"

#: What the store calls the models, by id: trainings of January, of February, of March, of April.
_ROUTER_1, _REPLIES_1, _TONE_1, _REPLIES_MOBILE_1 = (f"{_STORE}{number}" for number in (4, 6, 9, 10))
_REPLIES_2, _TONE_2, _TONE_MOBILE = (f"{_STORE}{number}" for number in (13, 16, 17))
_ROUTER_3, _REPLIES_3, _REPLIES_MOBILE_3 = (f"{_STORE}{number}" for number in (21, 24, 25))
_TONE_4 = f"{_STORE}29"


@dataclass(frozen=True)
class Expected:
    """The answer to one question.

    Attributes:
        truth: what really descends. None of it may be called clear.
        affected: what the record proves to descend.
        unknown: what the record cannot tell, with the reason that must be given.
        clear: what the record proves not to descend.
    """

    truth: frozenset[str]
    affected: frozenset[str]
    unknown: Mapping[str, str]
    clear: frozenset[str]


#: Which models descend from the swapped component?
SWAPPED = Expected(
    truth=frozenset(
        {f"{_ROUTER}v1.1.0", f"{_REPLIES}v1.2.0", _ROUTER_3, _REPLIES_3, _REPLIES_MOBILE_3},
    ),
    # The store states the sha256 alone of the base of the third router: the bytes in the cache tell which it is.
    affected=frozenset({f"{_ROUTER}v1.1.0", f"{_REPLIES}v1.2.0", _ROUTER_3, _REPLIES_3, _REPLIES_MOBILE_3}),
    unknown={
        # The card names a base on the Hub, by no digest.
        f"{_ROUTER}v1.0.0": "external",
        f"{_ROUTER}v1.2.0": "external",
        _ROUTER_1: "external",
        # The store says of these runs only where their inputs lay.
        _TONE_1: "hashless",
        _TONE_2: "hashless",
        _TONE_MOBILE: "hashless",
        f"{_TONE}v1.0.0": "hashless",
        f"{_TONE}v1.1.0": "hashless",
        f"{_TONE}v1.2.0": "hashless",
        _TONE_4: "hashless",
    },
    clear=frozenset(
        {f"{_REPLIES}v1.0.0", f"{_REPLIES}v1.1.0", f"{_REPLIES}v1.3.0", _REPLIES_1, _REPLIES_2, _REPLIES_MOBILE_1}
    ),
)

#: Which models hold the personal records?
PERSONAL = Expected(
    truth=frozenset(
        {
            f"{_REPLIES}v1.1.0",
            f"{_REPLIES}v1.2.0",
            f"{_TONE}v1.1.0",
            _REPLIES_2,
            _REPLIES_3,
            _REPLIES_MOBILE_3,
            _TONE_2,
            _TONE_MOBILE,
        }
    ),
    affected=frozenset(
        {
            f"{_REPLIES}v1.1.0",
            f"{_REPLIES}v1.2.0",
            f"{_TONE}v1.1.0",
            _REPLIES_2,
            _REPLIES_3,
            _REPLIES_MOBILE_3,
        }
    ),
    unknown={
        f"{_ROUTER}v1.0.0": "external",
        f"{_ROUTER}v1.2.0": "external",
        _ROUTER_1: "external",
        # The store states the sha256 alone of the router of March, and of its tickets where they lay: in the folder of
        # the records. It wrote it where the released one lay.
        _ROUTER_3: "inferred",
        f"{_ROUTER}v1.1.0": "inferred",
        _REPLIES_MOBILE_1: "other-algorithm",
        # The folder of the records was logged again, without a digest.
        _TONE_1: "inferred",
        f"{_TONE}v1.0.0": "inferred",
        # These read the folder where the records lay in those days, by its address.
        _TONE_2: "inferred",
        _TONE_MOBILE: "inferred",
        # May have been written by the run that did.
        f"{_TONE}v1.2.0": "inferred",
        _TONE_4: "inferred",
    },
    clear=frozenset({f"{_REPLIES}v1.0.0", f"{_REPLIES}v1.3.0", _REPLIES_1}),
)

#: Where is what descends from the swapped component in use?
PLACES = Expected(
    truth=frozenset({"call-centre: router", "phones: replies-mobile", "prod: replies", "prod: router"}),
    affected=frozenset({"call-centre: router", "phones: replies-mobile", "prod: replies", "prod: router"}),
    unknown={"prod: tone": "hashless"},
    clear=frozenset(),
)

#: What may take the place of the model that proposes replies: of neither the component nor the records.
RETURN_TO = "replies@v1.3.0"

#: The questions of the exercise, by what a player calls them.
QUESTIONS = {"swapped": SWAPPED, "places": PLACES, "personal": PERSONAL}
