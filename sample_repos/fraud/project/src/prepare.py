"""Brings the files of all vendors into one table."""

import csv
import sys
from pathlib import Path

import params

COLUMNS = ["id", "hour", "amount", "card_present", "foreign", "new_device", "last_hour", "fraud", "chargeback"]


def main(source):
    limit = params.read("prepare")["max_amount"] * 100
    Path("data/prepared").mkdir(parents=True, exist_ok=True)
    with Path("data/prepared/transactions.csv").open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, COLUMNS, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        for path in sorted(Path(source).rglob("*.csv"), key=lambda path: path.as_posix()):
            with path.open(encoding="utf-8", newline="") as file:
                for row in csv.DictReader(file):
                    if int(row["amount"]) > limit:
                        continue
                    row["hour"] = row["time"][11:13]
                    row["card_present"] = int(row["channel"] == "card_present")
                    writer.writerow(row)


main(sys.argv[1])
