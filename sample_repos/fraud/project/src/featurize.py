"""Turns transactions into yes-or-no features and counts the transactions of each combination."""

import csv
from pathlib import Path

import params

FEATURES = ["card_not_present", "foreign", "night", "new_device", "high_amount"]


def features(row, limits):
    return (
        int(row["card_present"] == "0"),
        int(row["foreign"]),
        int(int(row["hour"]) < limits["night_until"]),
        int(row["new_device"]),
        int(int(row["amount"]) >= limits["high_amount"] * 100),
    )


def main():
    limits = params.read("featurize")
    cells = {}
    with Path("data/prepared/transactions.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            counts = cells.setdefault(features(row, limits), [0, 0, 0])
            counts[0] += 1
            counts[1] += int(row["fraud"])
            counts[2] += int(row["chargeback"])
    Path("data/features").mkdir(parents=True, exist_ok=True)
    with Path("data/features/cells.csv").open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([*FEATURES, "rows", "fraud", "chargeback"])
        writer.writerows([*cell, *counts] for cell, counts in sorted(cells.items()))


main()
