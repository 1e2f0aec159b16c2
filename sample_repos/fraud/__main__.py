"""Builds the sample by hand: ``python -m sample_repos.fraud DIRECTORY``."""

import sys
from pathlib import Path

from .build import build

print(build(Path(sys.argv[1]), lambda step, steps, message: print(f"{step}/{steps} {message}", file=sys.stderr)))
