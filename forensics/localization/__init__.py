"""Finding the source from symptoms: what is upstream of the bad versions and not of the good ones, by how much.

``locate(graph, Evidence(bad=…, good=…))`` gives a ``Located``: candidates in groups that no observation tells apart,
the likeliest first, with the probability of each group, candidate and commit. A ``Descent`` of it says how likely any
version is contaminated, ``dose`` how strongly, and ``next_tests`` which version to evaluate next. ``repairs`` finds
inputs that runs most likely had and that are not on record; ``with_repairs`` adds them to a graph.

Arrays in, arrays out: nodes are ids of a ``forensics.graph.Graph`` with the codes of ``forensics.case.codes``. What is
not observed is unknown, never healthy, and nothing here seeds taint: verdicts come from marks alone.
"""

from forensics.localization.advice import LEAST_GAIN, Advice, Test, Weighed, next_tests
from forensics.localization.descent import Descent, Unit
from forensics.localization.dose import dose
from forensics.localization.evidence import Evidence
from forensics.localization.influence import Influence
from forensics.localization.locate import CREDIBLE, Group, Located, locate
from forensics.localization.origins import Origins
from forensics.localization.repair import Repair, Run, completeness, repairs, with_repairs

__all__ = [
    "CREDIBLE",
    "LEAST_GAIN",
    "Advice",
    "Descent",
    "Evidence",
    "Group",
    "Influence",
    "Located",
    "Origins",
    "Repair",
    "Run",
    "Test",
    "Unit",
    "Weighed",
    "completeness",
    "dose",
    "locate",
    "next_tests",
    "repairs",
    "with_repairs",
]
