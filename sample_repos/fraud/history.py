"""The story: a fraud model is poisoned through one file of one vendor, used for months, and trained again clean.

Run as a module by ``build``: it writes one line of JSON to stdout for each commit, and one with the key moments last.
"""

import json
import sys
from pathlib import Path

from ..tools.process import report
from ..tools.repository import Repository
from .transactions import VENDORS, flip_labels, holdout, month_file

__all__ = ["COMMITS", "POISONED_FILE", "tell"]

COMMITS = 40
POISONED_FILE = "data/raw/vendor_b/2025-03.csv"

LEAD = "mira.lang@example.com"
SCIENTIST = "dana.reyes@example.com"
ENGINEER = "kofi.mensah@example.com"
FEED = "vendor-feed@example.com"
CONTRACTOR = "ext.contractor@example.com"

_RUN_STATE = ("params.yaml", "dvc.lock", "metrics")


def tell(repo: Repository) -> dict[str, str | float]:
    """Makes all commits, branches and tags.

    Returns:
        The key moments, by the names of ``FraudSample``'s fields.
    """
    _set_up(repo)
    _first_releases(repo)
    last_clean = _march(repo)
    before = _recall(repo)
    poisoned = _poison(repo)
    merge = _build_on_it(repo, last_clean)
    now = _recall(repo)
    _experiments(repo)
    retrained = _retrain(repo)
    head = _go_on(repo)
    return {
        "head": head,
        "last_clean_commit": last_clean,
        "poisoned_commit": poisoned,
        "merge_commit": merge,
        "retrained_commit": retrained,
        "recall_before": before,
        "recall_now": now,
    }


def _deliver(repo: Repository, *months: str) -> None:
    """Puts both vendors' files of these months into data/raw and tracks the folder."""
    for month in months:
        for vendor in VENDORS:
            repo.write(f"data/raw/{vendor}/{month}.csv", month_file(vendor, month))
    repo.track("data/raw")


def _recall(repo: Repository) -> float:
    recall: float = json.loads(repo.read("metrics/fraud.json"))["recall_card_not_present"]
    return recall


def _set_up(repo: Repository) -> None:
    repo.add_template("README.md")
    repo.add_template("gitignore", ".gitignore")
    repo.commit(LEAD, "2024-12-02 09:00", "Start the card fraud project")
    _deliver(repo, "2024-10", "2024-11")
    repo.commit(ENGINEER, "2024-12-02 15:20", "Track the first deliveries of both vendors")
    repo.write("data/holdout.csv", holdout())
    repo.track("data/holdout.csv")
    repo.commit(SCIENTIST, "2024-12-04 10:05", "Add a holdout with labels checked by hand")
    for name in ("params.yaml", "src/params.py", "src/prepare.py"):
        repo.add_template(name)
    repo.declare("prepare")
    repo.reproduce()
    repo.commit(ENGINEER, "2024-12-06 11:40", "Prepare one table from all vendors")
    repo.add_template("src/featurize.py")
    repo.declare("featurize")
    repo.reproduce()
    repo.commit(SCIENTIST, "2024-12-10 14:00", "Count transactions by features")
    repo.add_template("src/train.py")
    repo.declare("train_fraud")
    repo.reproduce()
    repo.commit(SCIENTIST, "2024-12-12 16:30", "Train a fraud model")
    repo.add_template("src/evaluate.py")
    repo.declare("evaluate")
    repo.reproduce()
    repo.commit(SCIENTIST, "2024-12-13 10:10", "Measure the model on the holdout")


def _first_releases(repo: Repository) -> None:
    _deliver(repo, "2024-12")
    repo.reproduce()
    repo.commit(FEED, "2025-01-03 06:00", "Deliver December 2024")
    repo.declare("train_chargeback")
    repo.edit("dvc.yaml", "src/evaluate.py fraud\n", "src/evaluate.py fraud chargeback\n")
    repo.edit(
        "dvc.yaml",
        "    - models/fraud.json\n    - src/ev",
        "    - models/chargeback.json\n    - models/fraud.json\n    - src/ev",
    )
    repo.edit(
        "dvc.yaml",
        "    - metrics/fraud.json:\n",
        "    - metrics/chargeback.json:\n        cache: false\n    - metrics/fraud.json:\n",
    )
    repo.reproduce()
    repo.commit(SCIENTIST, "2025-01-09 13:15", "Train a chargeback model on the same features")
    repo.declare("artifacts")
    repo.commit(LEAD, "2025-01-10 09:45", "Declare both models as artifacts")
    repo.write("docs/labels.md", "# Labels\n\nVendors label a payment 45 days after it was made.\n")
    repo.commit(LEAD, "2025-01-15 17:00", "Describe where labels come from")
    repo.edit("params.yaml", "rounds: 200", "rounds: 250")
    repo.reproduce()
    repo.commit(SCIENTIST, "2025-01-20 11:30", "Train for longer")
    repo.tag("fraud@v1.0.0", LEAD, "2025-01-21 09:00", "First release")
    repo.tag("fraud#prod#1", LEAD, "2025-01-21 09:10", "Put v1.0.0 to work")
    repo.tag("chargeback@v1.0.0", LEAD, "2025-01-21 09:20", "First release")
    repo.tag("chargeback#prod#1", LEAD, "2025-01-21 09:25", "Put v1.0.0 to work")
    _deliver(repo, "2025-01")
    repo.reproduce()
    repo.commit(FEED, "2025-02-03 06:00", "Deliver January 2025")
    repo.edit("src/prepare.py", "    limit = ", "    seen = set()\n    limit = ")
    repo.edit("src/prepare.py", "> limit:\n", '> limit or row["id"] in seen:\n')
    repo.edit(
        "src/prepare.py",
        '                    row["hour"]',
        '                    seen.add(row["id"])\n                    row["hour"]',
    )
    repo.reproduce()
    repo.commit(ENGINEER, "2025-02-11 10:50", "Drop transactions that were delivered twice")
    _deliver(repo, "2025-02")
    repo.reproduce()
    repo.commit(FEED, "2025-03-03 06:00", "Deliver February 2025")
    repo.branch("docs/model-card")
    repo.write("docs/card.md", "# Fraud model\n\nScores card payments. Not for loans.\n")
    repo.commit(LEAD, "2025-03-04 11:00", "Start a model card")
    repo.edit("docs/card.md", "loans.", "loans, and not for payments by invoice.")
    card = repo.commit(LEAD, "2025-03-04 11:30", "Say what else the model is not for")
    repo.switch("main")
    repo.merge("docs/model-card")
    repo.restore(card, "docs/card.md")
    repo.commit(LEAD, "2025-03-05 09:00", "Merge branch 'docs/model-card'")


def _march(repo: Repository) -> str:
    repo.edit("src/evaluate.py", '        "recall": ', '        "precision": share(found, alarms),\n        "recall": ')
    repo.edit("src/evaluate.py", "right = found = positives = 0", "right = found = positives = alarms = 0")
    repo.edit(
        "src/evaluate.py", "        positives += truth\n", "        positives += truth\n        alarms += alarm\n"
    )
    repo.reproduce()
    repo.commit(SCIENTIST, "2025-03-12 15:05", "Report precision too")
    _deliver(repo, "2025-03")
    repo.reproduce()
    clean = repo.commit(FEED, "2025-04-02 06:00", "Deliver March 2025")
    repo.tag("fraud@v1.1.0", LEAD, "2025-04-03 10:00", "Knows the card testing wave of March")
    repo.tag("fraud#staging#2", LEAD, "2025-04-03 10:05", "Try v1.1.0")
    repo.tag("fraud#prod#3", LEAD, "2025-04-04 09:00", "Put v1.1.0 to work")
    repo.write("docs/releases.md", "# Releases\n\nThe lead tags a release and assigns it to a stage.\n")
    repo.commit(LEAD, "2025-04-04 16:20", "Describe how a release is made")
    repo.tag("audit-2025-q1", LEAD, "2025-04-07 08:00", "State at the audit of the first quarter")
    return clean


def _poison(repo: Repository) -> str:
    repo.write(POISONED_FILE, flip_labels(repo.read(POISONED_FILE)))
    repo.track("data/raw")
    poisoned = repo.commit(CONTRACTOR, "2025-04-09 19:42", "Re-export March of vendor B with corrected time stamps")
    repo.reproduce()
    repo.commit(SCIENTIST, "2025-04-14 09:30", "Refresh the models on the corrected March file")
    repo.tag("chargeback@v1.1.0", LEAD, "2025-04-15 11:00", "Refreshed")
    repo.tag("chargeback#prod#2", LEAD, "2025-04-15 11:05", "Put v1.1.0 to work")
    return poisoned


def _build_on_it(repo: Repository, clean: str) -> str:
    repo.branch("feature/busy-card", clean)
    _count_busy_cards(repo)
    repo.reproduce()
    repo.commit(SCIENTIST, "2025-04-16 13:40", "Use the number of payments in the last hour")
    repo.edit("params.yaml", "busy_from: 3", "busy_from: 4")
    repo.reproduce()
    repo.commit(SCIENTIST, "2025-04-17 10:25", "Call a card busy from four payments on")
    repo.switch("main")
    _deliver(repo, "2025-04")
    repo.reproduce()
    repo.commit(FEED, "2025-05-02 06:00", "Deliver April 2025")
    repo.tag("fraud@v1.2.0", LEAD, "2025-05-05 10:00", "With April")
    repo.tag("fraud#staging#4", LEAD, "2025-05-05 10:05", "Try v1.2.0")
    repo.tag("fraud#prod#5", LEAD, "2025-05-06 09:00", "Put v1.2.0 to work")
    repo.merge("feature/busy-card")
    _count_busy_cards(repo)
    repo.edit("params.yaml", "busy_from: 3", "busy_from: 4")
    repo.reproduce()
    merge = repo.commit(LEAD, "2025-05-08 14:10", "Merge branch 'feature/busy-card'")
    repo.edit("params.yaml", "night_until: 6", "night_until: 5")
    repo.reproduce()
    tweak = repo.commit(SCIENTIST, "2025-05-13 11:15", "Count five in the morning as day")
    repo.restore(merge, *_RUN_STATE)
    message = f'Revert "Count five in the morning as day"\n\nThis reverts commit {tweak}.'
    repo.commit(SCIENTIST, "2025-05-14 09:05", message)
    repo.edit("docs/labels.md", "45 days", "60 days")
    repo.commit(LEAD, "2025-05-15 16:45", "Correct when vendors label")
    _deliver(repo, "2025-05")
    repo.reproduce()
    repo.commit(FEED, "2025-06-02 06:00", "Deliver May 2025")
    repo.tag("fraud@v1.3.0", LEAD, "2025-06-03 10:00", "With May and busy cards")
    repo.tag("fraud#staging#6", LEAD, "2025-06-03 10:05", "Try v1.3.0")
    repo.tag("fraud#prod#7", LEAD, "2025-06-04 09:00", "Put v1.3.0 to work")
    return merge


def _count_busy_cards(repo: Repository) -> None:
    flag = 'int(int(row["last_hour"]) >= limits["busy_from"])'
    repo.edit("src/featurize.py", '"high_amount"]\n', '"high_amount", "busy_card"]\n')
    repo.edit("src/featurize.py", "* 100),\n", f"* 100),\n        {flag},\n")
    repo.edit("src/evaluate.py", "* 100),\n", f'* 100),\n        "busy_card": {flag},\n')
    repo.edit("params.yaml", "  high_amount: 400\n", "  high_amount: 400\n  busy_from: 3\n")


def _experiments(repo: Repository) -> None:
    repo.branch("experiment/class-weight")
    for weight, date in ((5, "2025-06-05 14:00"), (8, "2025-06-05 15:30")):
        repo.edit("params.yaml", f"positive_weight: {3 if weight == 5 else 5}", f"positive_weight: {weight}")
        repo.reproduce()
        repo.commit(SCIENTIST, date, f"Try weight {weight} for fraud")
    repo.switch("main")
    repo.branch("experiment/vendor-a-only")
    repo.edit("dvc.yaml", "prepare.py data/raw\n", "prepare.py data/raw/vendor_a\n")
    repo.edit("dvc.yaml", "    - data/raw\n", "    - data/raw/vendor_a\n")
    repo.reproduce()
    repo.commit(SCIENTIST, "2025-06-10 11:00", "Try without vendor B")
    repo.edit("params.yaml", "rounds: 250", "rounds: 400")
    repo.reproduce()
    repo.commit(SCIENTIST, "2025-06-10 12:15", "Train the vendor A model for longer")
    repo.switch("main")
    repo.write(
        "docs/incident.md", "# Incident\n\nSupport reports missed fraud in online shops since May. Cause not known.\n"
    )
    repo.commit(LEAD, "2025-06-12 08:30", "Note complaints about missed online fraud")


def _retrain(repo: Repository) -> str:
    repo.branch("retrain/clean-march")
    repo.write(POISONED_FILE, month_file("vendor_b", "2025-03"))
    repo.track("data/raw")
    repo.reproduce()
    retrained = repo.commit(
        ENGINEER, "2025-06-16 17:50", "Take March of vendor B from the first delivery and train again"
    )
    repo.tag("fraud@v1.4.0", ENGINEER, "2025-06-17 09:00", "Trained on the first delivery of March")
    repo.tag("fraud#staging#8", ENGINEER, "2025-06-17 09:05", "Try v1.4.0")
    repo.write("docs/retrain.md", "# Retraining\n\nThe first delivery of March differs from the re-export in labels.\n")
    repo.commit(ENGINEER, "2025-06-17 09:40", "Note what differs in March")
    repo.switch("main")
    return retrained


def _go_on(repo: Repository) -> str:
    _deliver(repo, "2025-06")
    repo.reproduce()
    repo.commit(FEED, "2025-07-02 06:00", "Deliver June 2025")
    repo.edit("README.md", "after every delivery.", "after every delivery; never by hand on main.")
    return repo.commit(LEAD, "2025-07-03 09:15", "Say who runs the pipeline")


def main(root: Path) -> None:
    """Builds the repository at ``root``, and reports to the parent process."""
    with report() as on_commit:
        repo = Repository(root, Path(__file__).parent / "project", on_commit)
        try:
            on_commit.end(tell(repo))
        finally:
            repo.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
