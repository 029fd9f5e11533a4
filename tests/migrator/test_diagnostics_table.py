"""The table of codes, and the page that is drawn from it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fedmigrate.diagnostics import CODES, Code, Severity, describe, long_form
from fedmigrate.docs import diagnostics_page
from fedmigrate.plan import Diagnostic

ROOT = Path(__file__).parents[2]
FACTS = {
    "name", "reason", "instead", "parameter", "value", "receiver", "operation", "function",
    "construct", "base", "expression", "library", "because", "split", "how", "method", "entry",
}  # fmt: skip
SEVERITIES = {
    "1": {Severity.NOTE, Severity.WARNING},
    "2": {Severity.WARNING},
    "3": {Severity.ERROR},
    "9": {Severity.ERROR},
}


@pytest.mark.parametrize("entry", CODES.values(), ids=list(CODES))
def test_entry(entry: Code) -> None:
    assert entry.fields <= FACTS
    assert entry.severity in SEVERITIES[entry.code[2]]
    assert entry.explanation
    assert entry.next_step.endswith(".")
    assert not entry.message.endswith(".")
    assert "\n" not in entry.message
    assert max(map(len, long_form(entry).splitlines())) <= 92


@pytest.mark.parametrize("entry", CODES.values(), ids=list(CODES))
def test_what_would_show_rows_names_the_choice(entry: Code) -> None:
    if entry.code.startswith("FM3"):
        assert re.search("drop it, .*, or let parties .* with consent", entry.message)
        assert re.match("Drop the .*, or let each party .*, with its consent", entry.next_step)
        assert any(word in entry.next_step for word in ("describe()", "value_counts()", "sum()"))


def test_page_is_up_to_date() -> None:
    page = (ROOT / "docs/diagnostics.md").read_text(encoding="utf-8")
    assert page == diagnostics_page(), "run: python -m fedmigrate.docs diagnostics"


def test_message_is_one_line_whatever_the_facts() -> None:
    facts = {
        "name": "sklearn.svm.SVC",
        "parameter": "kernel",
        "value": "a\n  b" * 99,
        "reason": "x",
    }
    text = describe(Diagnostic("FM203", 1, 1, facts))
    assert text.startswith("SVC does not support kernel=a b")
    assert "\n" not in text
    assert len(text) < 140


def test_a_missing_fact_is_an_error_of_the_tool() -> None:
    with pytest.raises(KeyError):
        describe(Diagnostic("FM203", 1, 1, {"name": "SVC"}))
