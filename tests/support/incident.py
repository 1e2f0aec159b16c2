"""A small incident whose truth is written down: a poisoned file slips into a directory and is built on."""

from tests.support.toy import Run, Step, Toy

GOOD = {"vendor_a/jan.csv": "a jan", "vendor_b/jan.csv": "b jan"}
BAD = {**GOOD, "vendor_b/feb.csv": "POISON"}
LATER = {**BAD, "vendor_a/feb.csv": "a feb"}

#: Poison comes in at 2, is built on at 3; 4 is a branch off 1 that never had it; 5 merges; 6 takes it out; 7 brings
#: it back.
INCIDENT = Toy(
    "fraud",
    (
        Step((), {"data/raw": GOOD, "models/fraud.json": "model 0"}, {"src/train.py": "code 0"}),
        Step((0,), {"data/raw": GOOD, "models/fraud.json": "model 1", "metrics.json": "0.9"}, {"metrics.json": "0.9"}),
        Step((1,), {"data/raw": BAD, "models/fraud.json": "model 1"}, mail="mallory@example.com", message="add feb"),
        Step((2,), {"data/raw": LATER, "models/fraud.json": "model 3"}, {"src/train.py": "code 0"}),
        Step((1,), {"data/raw": GOOD, "models/fraud.json": "model 4"}),
        Step((3, 4), {"data/raw": LATER, "models/fraud.json": "model 4"}),
        Step((5,), {"data/raw": GOOD, "models/fraud.json": "model 4"}, message="drop feb"),
        Step((6,), {"data/raw": BAD, "models/fraud.json": "model 7", "notes@HEAD": "odd", "e@x/y": "odd too"}),
    ),
    runs=(
        Run("train", 0, ("data/raw",), ("models/fraud.json",)),
        Run("train", 3, ("data/raw",), ("models/fraud.json",)),
        Run("train", 4, ("data/raw",), ("models/fraud.json",)),
        Run("train", 7, ("data/raw",), ("models/fraud.json",)),
    ),
    branches={"main": 7, "retrain": 4},
    tags={"base": 1},
    releases=(("fraud", "v1.0.0", 0), ("fraud", "v1.1.0", 3), ("fraud", "v1.2.0", 4)),
    assigned=(("fraud", "prod", 0), ("fraud", "prod", 1), ("fraud", "staging", 2)),
    models={"models/fraud.json": "fraud"},
)
