"""The example on every diagnostic's page does what the page says: before has it, after has not."""

from __future__ import annotations

import pytest

from fedmigrate.convert import convert
from fedmigrate.diagnostics import CODES, GIVEN, Code, describe
from fedmigrate.errors import SourceError
from fedmigrate.plan import Options
from fedmigrate.source import Source, decode

# FM902 is about bytes; what is about commands is held to its page by the command line's tests.
IN_SCRIPTS = [
    entry for entry in CODES.values() if entry.code != "FM902" and not entry.is_about_commands
]


def codes(entry: Code, example: str) -> set[str]:
    """The codes that an example of a page leads to."""
    options = Options(epsilon=entry.epsilon, vertical=entry.vertical)
    try:
        return {
            found.code
            for found in convert(Source("example.py", GIVEN + example), options).plan.diagnostics
        }
    except SourceError as error:
        return {error.code}


@pytest.mark.parametrize("entry", IN_SCRIPTS, ids=lambda entry: entry.code)
def test_before_has_it(entry: Code) -> None:
    assert entry.code in codes(entry, entry.before)


@pytest.mark.parametrize("entry", IN_SCRIPTS, ids=lambda entry: entry.code)
def test_after_has_it_no_more(entry: Code) -> None:
    assert entry.code not in codes(entry, entry.after)


def test_after_needs_nobody() -> None:
    """An alternative that is left itself would be none."""
    for entry in IN_SCRIPTS:
        if entry.code != "FM121":  # where the estimator is accepted as it is
            left = {code for code in codes(entry, entry.after) if code[2] in "239"}
            assert left == set(), entry.code


@pytest.mark.parametrize(
    ("load", "because"),
    [
        ('m = joblib.load("m.joblib")', "it is loaded from a file: its class is unknown"),
        ('m = pickle.load(open("m", "rb"))', "it is loaded from a file: its class is unknown"),
        (
            'with open("m", "rb") as f:\n    m = pickle.load(f)',
            "it is loaded from a file: its class is unknown",
        ),
        ("def train(m):\n    m.fit(X, y)", "it comes from where the tool cannot look"),
    ],
)
def test_an_estimator_from_a_file_is_said_to_be_one(load: str, because: str) -> None:
    fit = "" if "m.fit" in load else "m.fit(X, y)\n"
    text = f"{GIVEN}import joblib, pickle, sklearn\n{load}\n{fit}"
    (found,) = convert(Source("example.py", text), Options()).plan.diagnostics
    assert (found.code, describe(found)) == ("FM204", f"cannot tell what m is: {because}")


def test_bytes_that_are_no_text() -> None:
    entry = CODES["FM902"]
    with pytest.raises(SourceError) as raised:
        decode(entry.before.encode("latin-1"), "a.py")
    assert raised.value.code == "FM902"
    assert decode(entry.after.encode("latin-1"), "a.py").text == entry.after


def test_only_errors_are_about_commands() -> None:
    about = [entry.code for entry in CODES.values() if entry.is_about_commands]
    assert [code[:3] for code in about] == ["FM9"] * len(about)
