"""The questions that only read, as methods."""

from typing import TYPE_CHECKING, Any

from forensics.api.asking import Asking, Several, each

if TYPE_CHECKING:
    from forensics.api.result import Result
    from forensics_queries.blame import Blamed
    from forensics_queries.blast_radius import Affected
    from forensics_queries.diff import Difference
    from forensics_queries.find import Found
    from forensics_queries.gate import Gated
    from forensics_queries.joins import Joined
    from forensics_queries.journal import Recorded
    from forensics_queries.log import Entry
    from forensics_queries.marks import Mark
    from forensics_queries.next_test import Trial
    from forensics_queries.path import Link
    from forensics_queries.plan import PlanStep
    from forensics_queries.releases import InUse
    from forensics_queries.rollback import Target
    from forensics_queries.show import Fact
    from forensics_queries.sources import Acquisition
    from forensics_queries.suspects import Suspect
    from forensics_queries.timeline import Occurrence
    from forensics_queries.trace import Ancestor
    from forensics_queries.what_if import Supposed

__all__ = ["Questions"]


class Questions(Asking):
    """What can be asked of a case. Arguments are those of the commands; ``forensics help COMMAND`` says more.

    Every method raises a ``UsageError`` for a subject that means nothing or several things, and a ``CaseError`` where
    the case cannot be read.
    """

    def sources(self, *, joins: bool = False) -> "Result[Acquisition] | Result[Joined]":
        """What was read, when, how far, and what could not be read; or what joins each pair of sources."""
        from forensics_queries.joins import joins as joined
        from forensics_queries.sources import sources

        return self.ask(joined) if joins else self.ask(sources)

    def find(self, text: str, *, as_of: str | None = None) -> "Result[Found]":
        """What in the case matches a text or a subject."""
        from forensics_queries.find import find

        return self.ask(find, text, as_of=as_of)

    def show(self, subject: str, *, as_of: str | None = None) -> "Result[Fact]":
        """All that is known of one thing, each fact with its origin."""
        from forensics_queries.show import show

        return self.ask(show, subject, as_of=as_of)

    def log(self, subject: str, *, as_of: str | None = None) -> "Result[Entry]":
        """The versions of an artifact, newest first, and who introduced each."""
        from forensics_queries.log import log

        return self.ask(log, subject, as_of=as_of)

    def blame(self, subject: str, *, as_of: str | None = None) -> "Result[Blamed]":
        """Who introduced these bytes, when, and with what message."""
        from forensics_queries.blame import blame

        return self.ask(blame, subject, as_of=as_of)

    def trace(self, model: str, *, members: bool = False, as_of: str | None = None) -> "Result[Ancestor]":
        """All that a version was made from, each with its shortest path."""
        from forensics_queries.trace import trace

        return self.ask(trace, model, members=members, as_of=as_of)

    def path(self, cause: str, effect: str, *, as_of: str | None = None) -> "Result[Link]":
        """Why one thing influences another: the shortest chain."""
        from forensics_queries.path import path

        return self.ask(path, cause, effect, as_of=as_of)

    def diff(self, old: str, new: str) -> "Result[Difference]":
        """How the lineages of two versions, or of all that two revisions hold, differ, and by whose doing."""
        from forensics_queries.diff import diff

        return self.ask(diff, old, new)

    def blast_radius(self, *subjects: str, models: Several = (), as_of: str | None = None) -> "Result[Affected]":
        """Everything that bad subjects affect, beside what is marked, live models first."""
        from forensics_queries.blast_radius import blast_radius

        return self.ask(blast_radius, subjects, as_of=as_of, models=each(models), observed=True)

    def rollback(
        self, *subjects: str, trusted: bool = False, as_of: str | None = None, risk: float = 0.05
    ) -> "Result[Target]":
        """The newest clean version to go back to, and how; commands are given, not run."""
        from forensics_connectors.dvc.presence import Finder
        from forensics_queries.rollback import rollback

        return self.ask(rollback, subjects, look=Finder(trusted=trusted), as_of=as_of, risk=risk)

    def what_if(
        self,
        *,
        clean: Several = (),
        drop: Several = (),
        bad: Several = (),
        as_of: str | None = None,
    ) -> "Result[Supposed]":
        """The verdicts, were something clean, bad or never there."""
        from forensics_queries.what_if import what_if

        return self.ask(what_if, clean=each(clean), drop=each(drop), bad=each(bad), as_of=as_of)

    def rebuild(self, *subjects: str, trusted: bool = False, as_of: str | None = None) -> "Result[PlanStep]":
        """The fewest stages to run again so that models are clean; commands are given, not run."""
        from forensics_connectors.dvc.presence import Finder
        from forensics_queries.rebuild import rebuild

        return self.ask(rebuild, subjects, look=Finder(trusted=trusted), as_of=as_of)

    def suspects(
        self,
        *,
        bad: Several = (),
        good: Several = (),
        labels: str | None = None,
        inferred: bool = False,
        repair: bool = False,
        everyone: bool = False,
        as_of: str | None = None,
    ) -> "Result[Suspect]":
        """Where it most likely came from, with the change behind each; ``labels`` may be ``reliable``."""
        from forensics_queries.localized import Asked
        from forensics_queries.suspects import suspects

        asked = Asked(each(bad), each(good), labels == "reliable", inferred, repair)
        return self.ask(suspects, asked, everyone=everyone, as_of=as_of)

    def next_test(
        self,
        *,
        bad: Several = (),
        good: Several = (),
        labels: str | None = None,
        inferred: bool = False,
        repair: bool = False,
        all_sources: bool = False,
        costs: Several = (),
        as_of: str | None = None,
    ) -> "Result[Trial]":
        """Which version to evaluate next, and what each outcome would leave."""
        from forensics_queries.costs import Costs
        from forensics_queries.localized import Asked
        from forensics_queries.next_test import next_test

        asked = Asked(each(bad), each(good), labels == "reliable", inferred, repair)
        return self.ask(next_test, asked, all_sources=all_sources, costs=Costs.read(each(costs)), as_of=as_of)

    def timeline(self, *, since: str | None = None, until: str | None = None) -> "Result[Occurrence]":
        """Commits, runs, releases, stage moves, deployments, readings, marks and observations, in one order."""
        from forensics_queries.timeline import timeline

        return self.ask(timeline, since=since, until=until)

    def releases(self, subject: str = "", *, as_of: str | None = None) -> "Result[InUse]":
        """What is in use where, since when, and its verdict."""
        from forensics_queries.releases import releases

        return self.ask(releases, subject, as_of=as_of)

    def gate(self, *subjects: str, strict: bool = False, repo: str | None = None) -> "Result[Gated]":
        """Whether a pipeline may go on: a row says ``tripped`` where it may not."""
        from forensics_connectors.dvc.checkout import read_checkout
        from forensics_queries.gate import gate

        checkout, unread = read_checkout(repo) if repo is not None else (None, ())
        return self.ask(gate, subjects, strict=strict, checkout=checkout, unread_documents=unread)

    def mark_list(self) -> "Result[Mark]":
        """All marks, those that expired or were withdrawn too."""
        from forensics_queries.marks import list_marks

        return self.ask(list_marks)

    def journal(self) -> "Result[Recorded]":
        """What was done with the case: by whom, when, with which command."""
        from forensics_queries.journal import journal

        return self.ask(journal)

    def sql(self, statement: str) -> "Result[Any]":
        """The answer of a read-only SQL statement on the views; the fields of its rows are the columns."""
        from forensics_queries.sql import sql

        return self.ask(sql, statement)
