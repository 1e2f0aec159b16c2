"""The score sheet of the supply-chain exercise."""

import pytest

from sample_repos.supply_chain.answers import QUESTIONS
from sample_repos.supply_chain.score import asked, score, score_return

each_question = pytest.mark.parametrize("question", QUESTIONS)


def names(question: str, word: str) -> set[str]:
    return {subject.partition("@")[2] or subject for subject in getattr(QUESTIONS[question], word)}


@each_question
def test_what_the_record_tells_scores_all_points(question: str) -> None:
    done = score(question, names(question, "affected"), names(question, "unknown"))
    assert (done.points, done.remarks) == (done.most, ())
    assert done.most == 2 * len(asked(question))


@each_question
def test_an_honest_unknown_everywhere_beats_calling_all_clear(question: str) -> None:
    honest, careless = score(question, unknown=asked(question)), score(question)
    assert honest.points > 0 > careless.points


@each_question
def test_what_really_descends_and_is_called_clear_costs_most_and_stands_first(question: str) -> None:
    truth = {subject.partition("@")[2] or subject for subject in QUESTIONS[question].truth}
    missed = [text for text in score(question).remarks if text.startswith("-5 ")]
    assert {text.removeprefix("-5 ").rpartition(":")[0] for text in missed} == truth
    assert list(score(question).remarks[: len(missed)]) == missed


def test_a_false_alarm_costs_a_little() -> None:
    right = names("swapped", "affected"), names("swapped", "unknown")
    wrong = score("swapped", right[0] | {"replies@v1.0.0"}, right[1])
    assert wrong.points == wrong.most - 3
    assert str(wrong).splitlines()[1] == "-1 replies@v1.0.0: a false alarm"


@pytest.mark.parametrize("named", [("replies@v9",), ("replies@v1.2.0", "replies@v1.2.0")])
def test_a_name_that_is_not_asked_about_or_stands_twice_is_refused(named: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="none of: mlmd:artifact/10"):
        score("swapped", named[:1], named[1:])


def test_only_what_is_free_of_both_incidents_goes_back_into_use() -> None:
    assert score_return("replies@v1.3.0").points == score_return("replies@v1.3.0").most
    assert score_return("replies@v1.1.0").points < 0
