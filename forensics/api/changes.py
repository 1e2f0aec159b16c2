"""What writes into a case, as methods: all of it stands in the journal."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from forensics.api.asking import Asking, Several, each
from forensics.api.result import Result
from forensics.case import Case
from forensics.errors import UsageError

if TYPE_CHECKING:
    from forensics.answer import Answer
    from forensics.case.ingest import Ingested
    from forensics.evidence.export import Exported
    from forensics.evidence.verify import Check
    from forensics.report.incident import Section
    from forensics_queries.fsck import Checked
    from forensics_queries.marks import Mark
    from forensics_queries.observe import Observation
    from forensics_queries.techniques import Attribution

__all__ = ["Changes"]


class Changes(Asking):
    """What can be written into a case, or made of it. Arguments are those of the commands.

    Every method raises a ``CaseError`` where somebody else has the case open, and leaves it as it was then.
    """

    def ingest(self, *sources: str | Path, kind: str | None = None) -> "Result[Ingested]":
        """Reads sources into the case, which is made where there is none; sources are never written to."""
        from forensics.api.reading import answer_of, read_sources

        self._opened(write=True, new=True).close()
        locators = [str(source) for source in sources]
        rows = list(read_sources(self.file, locators, kind, argv=self._said("ingest", *locators)))
        return Result(answer_of(rows, kind), self.file.name)

    def mark_add(
        self,
        state: str,
        subject: str,
        *,
        reason: str,
        author: str = "",
        evidence: str = "",
        technique: str = "",
        expires: str | None = None,
    ) -> "Result[Mark]":
        """States that a subject is ``bad``, ``suspect``, ``good`` or ``cleared``."""
        from forensics_queries.marks import add_mark

        argv = self._said("mark_add", state, subject)
        return self._change(
            add_mark, state, subject, reason=reason, author=author, evidence=evidence, technique=technique,
            expires=expires, argv=argv,
        )  # fmt: skip

    def mark_withdraw(self, mark: int, *, reason: str, author: str = "") -> "Result[Mark]":
        """Takes a mark back; it stays on record as withdrawn."""
        from forensics_queries.marks import withdraw_mark

        argv = self._said("mark_withdraw", mark)
        return self._change(withdraw_mark, mark, reason=reason, author=author, argv=argv)

    def mark_technique(
        self, mark: int | None = None, *, confirm: str = "", reject: str = "", reason: str = "", author: str = ""
    ) -> "Result[Attribution]":
        """The techniques of MITRE ATLAS beside marks; with ``confirm`` or ``reject`` what an analyst says of one.

        Raises:
            UsageError: both at once, or neither mark nor technique known.
        """
        from forensics_queries.techniques import judge_technique, techniques

        if not confirm and not reject:
            return self.ask(techniques, mark)
        if mark is None or (confirm and reject):
            raise UsageError("one technique of one mark at a time", hint='mark_technique(1, confirm="AML.T0020")')
        verdict = "confirmed" if confirm else "rejected"
        argv = self._said("mark_technique", mark, confirm or reject)
        return self._change(judge_technique, mark, confirm or reject, verdict, reason=reason, author=author, argv=argv)

    def observe(
        self,
        *words: str,
        by: str = "",
        why: str = "",
        reliability: float | None = None,
        metrics: Several = (),
        better: str | None = None,
    ) -> "Result[Observation]":
        """Records a symptom: ``observe("fraud@v1.4.0", "bad")``; ``observe("list")``; ``observe("withdraw", "2")``.

        Raises:
            UsageError: words that do not go together, or a subject that is not one version.
        """
        from forensics_queries import observe

        metrics = each(metrics)
        _check(words, metrics, reliability, better)
        argv = self._said("observe", *words, *metrics)
        if metrics:
            return self._change(observe.observe_metrics, metrics, better=better or "", reason=why, author=by, argv=argv)
        if words == ("list",):
            return self.ask(observe.list_observations)
        if words[0] == "withdraw" and len(words) == 2 and words[1].isdecimal():
            return self._change(observe.withdraw_observation, int(words[1]), reason=why, author=by, argv=argv)
        *subjects, state = words
        return self._change(observe.observe, subjects, state, reason=why, author=by, reliability=reliability, argv=argv)

    def fsck(self, *sources: str, again: bool = False) -> "Result[Checked]":
        """Hashes stored bytes again: what is tampered with, changed, missing or unrecorded."""
        from forensics_connectors.dvc.stored import rehash, stored_files
        from forensics_queries.fsck import fsck

        argv = self._said("fsck", *sources)
        return self._change(
            fsck, sources, list_files=stored_files, rehash=rehash, again=again, progress=self._progress, argv=argv
        )

    def report(
        self,
        *subjects: str,
        audience: str | None = None,
        sections: str = "",
        trusted: bool = False,
        as_of: str | None = None,
    ) -> "Result[Section]":
        """The incident in sections; shown as a document, and ``to_html()`` is the page that the command writes."""
        with self._opened(write=True) as case:
            argv = self._said("report", *subjects)
            return Result(_incident(case, subjects, argv, audience, sections, trusted, as_of), self.file.name)

    def report_file(
        self,
        *subjects: str,
        form: str = "html",
        limit: int | None = None,
        audience: str | None = None,
        sections: str = "",
        trusted: bool = False,
        as_of: str | None = None,
    ) -> "tuple[bytes, Result[Section]]":
        """The report as a file that is handed on, and what it is made from; the journal keeps the file's digest.

        Args:
            subjects: SUBJECTs that are taken as bad beside the standing marks.
            form: ``html``, ``markdown`` or ``json``.
            limit: rows of one table at most; 1,000 where None.
            audience: who reads it.
            sections: ids of sections, with commas, which count instead of the audience.
            trusted: DVC may be asked about configured remotes.
            as_of: a revision or a time.
        """
        from forensics.report import Page
        from forensics.report.incident import MOST, render

        page = Page(case=self.file.name, limit=MOST if limit is None else limit)
        with self._opened(write=True) as case:
            argv = self._said("report_file", *subjects)
            answer = _incident(case, subjects, argv, audience, sections, trusted, as_of)
            written = render(answer, form, page).encode()
            case.journal("report", {"format": form, "sha256": hashlib.sha256(written).hexdigest()}, argv=argv)
        return written, Result(answer, self.file.name)

    def export(
        self, folder: str | Path, *, sign: str | Path | None = None, also: str = "", hec: bool = False,
        documents: bool = False, redact: bool = False,
    ) -> "Result[Exported]":  # fmt: skip
        """The evidence of the case as a bag that others can check, in a new folder."""
        from forensics.evidence.export import export
        from forensics.evidence.keys import private_key
        from forensics.report.incident.pages import pages
        from forensics_connectors.dvc.presence import Finder

        key = private_key(Path(sign)) if sign else None
        formats = [name.strip() for name in also.split(",") if name.strip()] + ["hec"] * hec
        return self._change(
            export, Path(folder), key=key, also=formats, documents=documents, redact=redact, look=Finder(),
            pages=pages, argv=self._said("export", folder),
        )  # fmt: skip

    def verify(
        self,
        folder: str | Path = "",
        *,
        keys: Several = (),
        sources: Several = (),
        head: str = "",
    ) -> "Result[Check]":
        """Whether a bag, or without one the journal of this case, is as it was made.

        Raises:
            UsageError: keys or sources without a bag.
        """
        from forensics.api.searching import search_sources
        from forensics.evidence.keys import public_key
        from forensics.evidence.recheck import recheck
        from forensics.evidence.verify import verify_bag, verify_case

        if not folder and (keys or sources):
            raise UsageError("--trusted-key and --sources are for a bag", hint="name it: forensics verify DIR")
        if not folder:
            return self.ask(verify_case, head=head)
        trusted = [public_key(Path(key)) for key in each(keys)]
        again = (lambda evidence: recheck(evidence, each(sources), search=search_sources)) if sources else None
        return Result(verify_bag(Path(folder), trusted=trusted, head=head, sources=again), self.file.name)


def _incident(
    case: Case, subjects: Sequence[str], argv: list[str], audience: str | None, sections: str, trusted: bool,
    as_of: str | None,
) -> "Answer[Section]":  # fmt: skip
    from forensics.report.incident import incident
    from forensics_connectors.dvc.presence import Finder

    named = tuple(filter(None, sections.replace(" ", "").split(",")))
    look = Finder(trusted=trusted)
    return incident(case, subjects, look=look, audience=audience or "", sections=named, as_of=as_of, argv=argv)


def _check(words: Sequence[str], metrics: Sequence[str], reliability: float | None, better: str | None) -> None:
    """Refuses words that do not go together, before anything is opened."""
    if not words and not metrics:
        raise UsageError(
            "nothing was observed", hint="say what and how it was: forensics observe fraud@v1.4.0 bad; or: list"
        )
    if words and metrics:
        raise UsageError(
            "a metric is observed by itself", hint="leave the subject out: forensics observe --metrics auc"
        )
    if metrics and reliability is not None:
        raise UsageError("a metric has no reliability", hint="how far it spreads by itself tells what a drop is worth")
    if better and not metrics:
        raise UsageError(f"--{better}-is-better is said of a metric", hint="name it with --metrics")
