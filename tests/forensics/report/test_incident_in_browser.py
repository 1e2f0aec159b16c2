"""The report as a browser shows it: names are text, nothing is asked of the network, and a click lights up lineage."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from forensics.answer import Answer
from forensics.report.incident import Section, render
from tests.support.browser import CHROMIUM, Page, opened

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with opened(tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.fixture(scope="module")
def plain(report: Answer[Section], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _written(report, tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="module")
def attacked(hostile_report: Answer[Section], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _written(hostile_report, tmp_path_factory.mktemp("attacked"))


def _written(report: Answer[Section], folder: Path) -> Path:
    (folder / "incident.html").write_text(render(report, "html"), encoding="utf-8")
    return folder / "incident.html"


def test_the_browser_finds_nothing_to_forbid_and_asks_for_nothing_else(browser: Page, plain: Path) -> None:
    browser.show(plain)
    assert browser.logged == []
    assert browser.asked == [plain.as_uri()]


def test_the_page_shows_the_words_first_then_tables_then_the_picture(browser: Page, plain: Path) -> None:
    browser.show(plain)
    shown = browser.ask("document.body.innerText")
    places = [shown.index(part) for part in ("LIVE AND AFFECTED", "1. Case", "5. Analysis: scope", "11. Picture")]
    assert places == sorted(places)
    assert browser.ask("[...document.querySelectorAll('svg .source text')].map(e => e.textContent)[0]").startswith("✖")
    assert browser.ask("document.querySelectorAll('svg .target').length") >= 1


def test_hostile_names_are_shown_and_none_is_run(browser: Page, attacked: Path) -> None:
    browser.show(attacked)
    assert browser.ask("document.title") == "Incident report"
    assert browser.logged == []
    assert browser.asked == [attacked.as_uri()]
    shown = browser.ask("document.body.innerText")
    assert "<script>document.title='owned'</script>" in shown
    assert "=cmd()|' /C calc'!A0" in shown
    assert "\\u001b]0;owned" in shown
    assert "\\u202egnp." in shown
    assert "one\\u000atwo" in shown
    assert "</style></title></svg>-->]]>" in shown
    assert browser.ask("document.querySelectorAll('img, a:not([href^=\"#\"]), main script').length") == 0


def test_a_script_that_got_in_all_the_same_would_be_forbidden(browser: Page, plain: Path, tmp_path: Path) -> None:
    slipped = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\"></main>"
    page = tmp_path / "slipped.html"
    page.write_text(plain.read_text(encoding="utf-8").replace("</main>", slipped), encoding="utf-8")
    browser.show(page)
    assert browser.ask("document.title") == "Incident report"
    assert any("Content Security Policy" in said for said in browser.logged)


def test_a_click_lights_up_what_led_there_and_what_it_led_to(browser: Page, plain: Path) -> None:
    browser.show(plain)
    lit = "[...document.querySelectorAll('.node.on')].map(e => e.querySelector('text').textContent).sort()"
    assert browser.ask(lit) == []
    browser.click("svg .node.live")
    assert browser.ask("document.querySelector('svg').classList.contains('lit')")
    found = browser.ask(lit)
    assert "! models/fraud.json" in found
    assert any(text.startswith("✖ bytes of") for text in found)
    assert not any(text.startswith("↩") for text in found)
    browser.press("Escape")
    assert browser.ask(lit) == []


def test_light_and_dark_follow_the_reader(browser: Page, plain: Path) -> None:
    colours = "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
    light = browser.show(plain).ask(colours)
    dark = browser.show(plain, dark=True).ask(colours)
    assert light[0] == "rgb(255, 255, 255)"
    assert light != dark
    brightness = [sum(map(int, colour[4:-1].split(","))) for colour in dark]
    assert brightness[0] < 100
    assert brightness[1] > 600


@pytest.mark.parametrize("width", [360, 900, 2200])
def test_no_page_is_wider_than_its_window(browser: Page, plain: Path, attacked: Path, width: int) -> None:
    for path in (plain, attacked):
        browser.show(path, width=width)
        assert browser.ask("document.documentElement.scrollWidth <= window.innerWidth"), path


def test_a_wide_window_shows_the_whole_picture_and_on_demand_its_full_size(browser: Page, plain: Path) -> None:
    fits = (
        "(() => { const c = document.querySelector('.canvas'), s = c.querySelector('svg');"
        " return [c.scrollWidth <= c.clientWidth, s.getBoundingClientRect().width == s.viewBox.baseVal.width]; })()"
    )
    browser.show(plain, width=1200)
    assert browser.ask(fits) == [True, False]
    browser.click("#full")
    assert browser.ask(fits) == [False, True]
    browser.show(plain, width=700)
    assert browser.ask(fits) == [False, True]


def test_every_verdict_has_its_own_colour(browser: Page, plain: Path) -> None:
    colour = "(v => getComputedStyle(document.querySelector(`tr.${v} td.verdict`)).color)"
    for dark in (False, True):
        browser.show(plain, dark=dark)
        red, green, blue = map(int, browser.ask(f"{colour}('affected')")[4:-1].split(","))
        assert red > green
        assert red > blue
        shown = {browser.ask(f"{colour}('{verdict}')") for verdict in ("affected", "clear")}
        assert len(shown) == 2


def test_names_in_the_picture_stay_within_their_boxes(browser: Page, attacked: Path) -> None:
    browser.show(attacked)
    over = (
        "[...document.querySelectorAll('svg .node')].filter(g => [...g.querySelectorAll('text')].some(t => {"
        " const box = g.querySelector('rect').getBBox(), said = t.getBBox();"
        " return said.x + said.width > box.x + box.width; })).map(g => g.textContent)"
    )
    assert browser.ask(over) == []


def test_no_box_of_the_picture_covers_another(browser: Page, plain: Path) -> None:
    browser.show(plain)
    covering = (
        "(() => { const r = [...document.querySelectorAll('svg rect')].map(e => e.getBBox());"
        " return r.filter((a, i) => r.some((b, j) => i < j && a.x < b.x + b.width && b.x < a.x + a.width &&"
        " a.y < b.y + b.height && b.y < a.y + a.height)).length; })()"
    )
    assert browser.ask(covering) == 0


def test_a_person_can_write_in_the_fields(browser: Page, plain: Path) -> None:
    browser.show(plain)
    browser.click(".box")
    for letter in "ana":
        browser.press(letter)
    assert browser.ask("document.querySelectorAll('.box').length") >= 10
    assert browser.ask("document.activeElement.className") == "box"


def test_the_page_prints(browser: Page, plain: Path) -> None:
    browser.show(plain)
    printed = browser.print()
    assert printed.startswith(b"%PDF-")
    assert printed.count(b"/Type /Page\n") >= 2
