"""Comments that accept findings: what they reach, what they do not, and what is said of them."""

from __future__ import annotations

import json

import pytest

from fedmigrate.convert import Conversion, convert
from fedmigrate.diagnostics import CODES, MARKER, describe
from fedmigrate.plan import Options, Plan
from fedmigrate.source import Source, decode
from fedmigrate.suppression import find_suppressions

HEAD = """\
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.neighbors import KNeighborsClassifier
df = pd.read_csv("x.csv")
X, y = df.drop(columns=["t"]), df["t"]
Ridge().fit(X, y)
"""
KNN = "KNeighborsClassifier().fit(X, y)"


def converted(body: str, *, ignore: tuple[str, ...] = ()) -> Conversion:
    return convert(Source("train.py", HEAD + body), Options(ignore=ignore))


def outcome(conversion: Conversion) -> tuple[list[str], list[str]]:
    """The codes that count, and those that are suppressed."""
    plan = conversion.plan
    return (
        sorted(found.code for found in plan.diagnostics),
        sorted(found.code for found in plan.suppressed),
    )


ACCEPTED = {
    "behind the statement": f"{KNN}  # fedmigrate: ignore[FM201]\n",
    "everything": f"{KNN}  # fedmigrate: ignore\n",
    "several codes": f"{KNN}  # fedmigrate: ignore[FM201, FM202]\n",
    "with a reason": f"{KNN}  # fedmigrate: ignore[FM201] only run at one party\n",
    "lower case": f"{KNN}  # fedmigrate: ignore[fm201]\n",
    "beside another tool's": f"{KNN}  # noqa: E501  # fedmigrate: ignore[FM201]\n",
    "alone on the line above": f"# fedmigrate: ignore[FM201]\n{KNN}\n",
    "above, with comments between": f"# fedmigrate: ignore[FM201]\n# slow\n\n{KNN}\n",
    "on the first line of several": (
        "m = KNeighborsClassifier(  # fedmigrate: ignore[FM201]\n    3,\n)\nm.fit(X, y)\n"
    ),
    "on the last line of several": (
        "m = KNeighborsClassifier(\n    3,\n)  # fedmigrate: ignore[FM201]\nm.fit(X, y)\n"
    ),
    "on a line of its own inside": (
        "m = KNeighborsClassifier(\n    # fedmigrate: ignore[FM201]\n    3,\n)\nm.fit(X, y)\n"
    ),
    "in a block": f"if y is not None:\n    {KNN}  # fedmigrate: ignore[FM201]\n",
    "Windows line ends": f"# fedmigrate: ignore[FM201]\r\n{KNN}\r\n",
}


@pytest.mark.parametrize("body", ACCEPTED.values(), ids=list(ACCEPTED))
def test_accepted(body: str) -> None:
    found = converted(body)
    counted, suppressed = outcome(found)
    assert suppressed == ["FM201"]
    assert [code for code in counted if code != "FM122"] == []
    assert found.unresolved == ()
    assert f"{MARKER} FM" not in found.text
    assert "\n".join(body.splitlines()) in "\n".join(found.text.splitlines())


NOT_ACCEPTED = {
    "another code": f"{KNN}  # fedmigrate: ignore[FM202]\n",
    "another statement": f"z = 1  # fedmigrate: ignore[FM201]\n{KNN}\n",
    "the line below": f"{KNN}\n# fedmigrate: ignore[FM201]\n",
    "two statements below": f"# fedmigrate: ignore[FM201]\nz = 1\n{KNN}\n",
    "the header of the block": f"if True:  # fedmigrate: ignore[FM201]\n    {KNN}\n",
    "no code at all": f"{KNN}  # fedmigrate: ignore[]\n",
    "no end": f"{KNN}  # fedmigrate: ignore[FM201\n",
    "an unknown code does not mean all": f"{KNN}  # fedmigrate: ignore[FM999]\n",
    "another word": f"{KNN}  # fedmigrate: ignored\n",
    "another marker": f"{KNN}  # ruff: ignore[FM201]\n",
    "a string": f's = "# fedmigrate: ignore"; {KNN}\n',
    "a comment of the tool": f"# fedmigrate: FM201 KNeighborsClassifier is left\n{KNN}\n",
}


@pytest.mark.parametrize("body", NOT_ACCEPTED.values(), ids=list(NOT_ACCEPTED))
def test_not_accepted(body: str) -> None:
    found = converted(body)
    assert "FM201" in outcome(found)[0]
    assert len(found.unresolved) == 1
    assert found.text.count(f"{MARKER} FM201 ") == 1 + body.count(f"{MARKER} FM201 ")


REMARKS = {
    "an unknown code": ("ignore[FM999]", ["a suppression names FM999, which is no code"]),
    "an error": (
        "ignore[FM901]",
        ["a suppression names FM901, which is an error and cannot be suppressed"],
    ),
    "no code": ("ignore[token=hunter2]", ["a suppression names something else than codes"]),
    "no end": ("ignore[FM201", ["a suppression names no end: a bracket is missing"]),
    "nothing to accept": ("ignore", ["ignore suppresses nothing here"]),
    "one of two": ("ignore[FM202, FM203]", [
        "ignore[FM202] suppresses nothing here", "ignore[FM203] suppresses nothing here",
    ]),
}  # fmt: skip


@pytest.mark.parametrize(("comment", "expected"), REMARKS.values(), ids=list(REMARKS))
def test_remarks(comment: str, expected: list[str]) -> None:
    found = converted(f"z = 1  # fedmigrate: {comment}\n")
    remarks = found.plan.notices
    assert [describe(remark) for remark in remarks] == expected
    assert {(remark.line, remark.column) for remark in remarks} == {(7, 8)}
    assert found.unresolved == ()


def test_a_finding_inside_of_a_notice_can_be_accepted() -> None:
    body = "m = Ridge().fit(X, y)\nprint(m.score(X, y))  # fedmigrate: ignore[FM113]\n"
    assert outcome(converted(body)) == ([], ["FM113"])


@pytest.mark.parametrize(
    ("cells", "lines"),
    [
        (("z = 1", f"# fedmigrate: ignore\n{KNN}"), [(2, 2)]),
        (("z = 1\n# fedmigrate: ignore", KNN), []),
    ],
    ids=["in its cell", "at the end of the cell above"],
)
def test_a_comment_speaks_of_its_own_cell(
    cells: tuple[str, ...], lines: list[tuple[int, int]]
) -> None:
    more = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    notebook = {
        "nbformat": 4,
        "nbformat_minor": 4,
        "metadata": {"language_info": {"name": "python"}},
        "cells": [{**more, "source": cell} for cell in cells],
    }
    source = decode(json.dumps(notebook).encode(), "train.ipynb")
    (comment,) = find_suppressions(source)
    assert [source.locate(line) for line in comment.statement] == lines


def test_an_accepted_estimator_stays_as_it_was() -> None:
    body = f"{KNN}  # fedmigrate: ignore[FM201]\n"
    assert f"\n{body}" in converted(body).text


def test_one_of_two_findings() -> None:
    body = f"print(df.head()), {KNN}  # fedmigrate: ignore[FM201]\n"
    found = converted(body)
    assert outcome(found) == (["FM301"], ["FM201"])
    assert len(found.unresolved) == 1


def test_settings_accept_everywhere() -> None:
    found = converted(f"{KNN}\n{KNN}\n", ignore=("FM201",))
    assert outcome(found) == ([], ["FM201", "FM201"])
    assert found.unresolved == ()


def test_settings_accept_what_is_said_of_comments() -> None:
    found = converted("z = 1  # fedmigrate: ignore\n", ignore=("FM122",))
    assert outcome(found) == ([], ["FM122"])


def test_a_comment_that_settings_repeat_is_used() -> None:
    found = converted(f"{KNN}  # fedmigrate: ignore[FM201]\n", ignore=("FM201",))
    assert outcome(found) == ([], ["FM201"])


def test_a_conversion_is_stable() -> None:
    body = f"{KNN}  # fedmigrate: ignore[FM201]\nprint(df.head())\n"
    once = converted(body)
    again = convert(Source("train_fed.py", once.text), Options())
    assert (again.text, again.was_converted) == (once.text, True)


def test_a_plan_goes_to_json_and_back() -> None:
    plan = converted(f"{KNN}  # fedmigrate: ignore[FM201, FM202]\n", ignore=("FM301",)).plan
    assert Plan.from_json(plan.to_json()) == plan


def test_every_code_but_errors_can_be_accepted() -> None:
    for code in CODES:
        found = converted(f"z = 1  # fedmigrate: ignore[{code}]\n")
        expected = "FM121" if code.startswith("FM9") else "FM122"
        assert outcome(found)[0] == [expected]
