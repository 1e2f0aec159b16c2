"""Builds the sample by hand: ``python -m sample_repos.fraud DIRECTORY``.

With ``--store`` behind it, the ml-metadata client then writes ``metadata.sql`` anew, after a change of the story.
"""

import sys
from pathlib import Path

from ..tools.store import regenerate
from .build import build
from .runs import PIPELINE, STORE, training_runs

sample = build(Path(sys.argv[1]), lambda step, steps, message: print(f"{step}/{steps} {message}", file=sys.stderr))
if "--store" in sys.argv:
    regenerate(STORE, PIPELINE, training_runs(sample.repository))
print(sample)
