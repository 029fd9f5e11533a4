"""Text, JSON and the page are drawn from one report, and hold nothing of a script's own text."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from fedmigrate.inventory.collect import collect
from fedmigrate.inventory.document import as_document
from fedmigrate.inventory.page import as_page
from fedmigrate.inventory.text import as_text
from fedmigrate.inventory.values import Report, State
from fedmigrate.inventory.words import CONVERTED, OTHER, STATES
from fedmigrate.plan import Exactness, SiteKind, Verdict

_VOID = {"meta", "br", "link"}


@pytest.fixture
def report(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Report:
    monkeypatch.chdir(folder.parent)
    return collect([Path("code")], 1, lambda done, total: None)


class _Page(HTMLParser):
    """Checks that elements nest, and keeps their texts and attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[str] = []
        self.links: list[str] = []
        self.elements: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data.strip())


def parsed(page: str) -> _Page:
    found = _Page()
    found.feed(page)
    found.close()
    assert found.open == []
    return found


def test_the_page_is_sound_and_names_every_script(report: Report) -> None:
    page = parsed(as_page(report))
    assert {entry.path for entry in report.entries} <= set(page.texts)
    assert page.elements.count("table") == 4


def test_the_page_escapes_what_paths_hold(report: Report) -> None:
    page = as_page(report)
    assert "code/[bold]&lt;b&gt;&amp;amp.py" in page
    assert "b" not in parsed(page).elements


def test_the_page_needs_nothing_beside_it(report: Report) -> None:
    page = as_page(report)
    assert parsed(page).links == []
    assert not re.search(r"https?:|url\(|@import", page)


def test_the_page_of_nothing_is_sound() -> None:
    assert "No script holds anything to convert." in parsed(as_page(Report(()))).texts


def test_paths_are_printed_as_they_are_called(report: Report) -> None:
    assert "code/[bold]<b>&amp.py" in as_text(report)


def test_a_pipe_gets_neither_colours_nor_broken_lines(report: Report) -> None:
    text = as_text(report)
    assert "\x1b" not in text
    assert re.search(r"^ code/left\.py +needs a person +1 +1 +FM201$", text, re.MULTILINE)
    assert text.endswith("\n")


def test_a_terminal_that_knows_ascii_only_gets_ascii(report: Report) -> None:
    assert as_text(report, encoding="ascii").isascii()


def test_a_narrow_terminal_is_not_overrun(report: Report) -> None:
    plain = re.sub(r"\x1b\[[0-9;]*m", "", as_text(report, 60))
    assert max(map(len, plain.splitlines())) <= 60


def test_the_document_keeps_its_promises(report: Report) -> None:
    found = json.loads(json.dumps(as_document(report)))
    assert found["version"] == 1
    assert found["exit_code"] == 2
    assert found["scripts"] == {
        "total": 7,
        "training": 4,
        "clean": 2,
        "notes": 1,
        "left": 1,
        "unreadable": 1,
        "failed": 0,
        "federated": 1,
        "skipped": 1,
    }
    assert found["sites"]["total"] == 8
    (obstacle,) = found["obstacles"]
    assert obstacle["construct"] == "sklearn.neighbors.KNeighborsRegressor"
    assert (obstacle["scripts"], obstacle["sites"], obstacle["unlocks"]) == (1, 1, 1)


def test_every_key_of_the_document_is_described(report: Report) -> None:
    page = Path(__file__).parents[3].joinpath("docs/report.md").read_text(encoding="utf-8")
    document = as_document(report)
    keys = {*document, *document["obstacles"][0], *document["files"][0], *document["sites"]}
    missing = [key for key in keys if not re.search(rf"[`.]{key}[`.]", page)]
    assert missing == []


def test_every_state_and_kind_has_a_word() -> None:
    assert set(STATES) == set(State)
    kinds = {kind.value for kind in SiteKind} | {exactness.value for exactness in Exactness}
    assert kinds - {"refused"} == set(CONVERTED)
    verdicts = {verdict.value for verdict in Verdict} - {"converted", "left"}
    assert verdicts | {"accepted"} == set(OTHER)


def test_no_text_of_a_script_is_told(folder: Path) -> None:
    secret = "hunter2-4711"
    text = f'import pandas as pd\nfrom sklearn.svm import SVC\ndf = pd.read_csv("{secret}")\n'
    text += f'password = "{secret}"\nprint(df.head(), "{secret}")\nSVC().fit(df, df["{secret}"])\n'
    (folder / "secret.py").write_text(text)
    (folder / "half.py").write_text(f'import sklearn\nx.fit("{secret}"\n')
    report = collect([folder], 1, lambda done, total: None)
    assert report.states[State.LEFT] == 2
    for drawn in (as_text(report), as_page(report), json.dumps(as_document(report))):
        assert secret not in drawn
