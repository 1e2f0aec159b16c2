"""Measures models on the holdout, whose labels were checked by hand."""

import csv
import json
import sys
from pathlib import Path

import params


def features(row, limits):
    return {
        "card_not_present": int(row["channel"] != "card_present"),
        "foreign": int(row["foreign"]),
        "night": int(int(row["time"][11:13]) < limits["night_until"]),
        "new_device": int(row["new_device"]),
        "high_amount": int(int(row["amount"]) >= limits["high_amount"] * 100),
    }


def share(part, whole):
    return round(part / whole, 4) if whole else 0.0


def measure(model, rows, limits):
    right = found = positives = 0
    remote_found = remote = 0
    for row in rows:
        values = features(row, limits)
        score = model["bias"]
        for name, weight in model["weights"].items():
            score += weight * values[name]
        alarm = score > 0
        truth = row[model["target"]] == "1"
        right += alarm == truth
        positives += truth
        found += alarm and truth
        if values["card_not_present"]:
            remote += truth
            remote_found += alarm and truth
    return {
        "accuracy": share(right, len(rows)),
        "recall": share(found, positives),
        "recall_card_not_present": share(remote_found, remote),
    }


def main(targets):
    limits = params.read("featurize")
    with Path("data/holdout.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    Path("metrics").mkdir(exist_ok=True)
    for target in targets:
        model = json.loads(Path(f"models/{target}.json").read_text(encoding="utf-8"))
        text = json.dumps(measure(model, rows, limits), indent=2)
        Path(f"metrics/{target}.json").write_text(text + "\n", encoding="utf-8")


main(sys.argv[1:])
