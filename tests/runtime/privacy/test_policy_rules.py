"""Every rule of a policy refuses and allows, and nothing leaves a party that refuses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from fedruntime.data.distinct import occurrences
from fedruntime.data.row_operations import filter_masked, pick_columns, run_operator, take_rows
from fedruntime.data.sums import totals
from fedruntime.messages import Ref, Release, Reply, Request
from fedruntime.operations import Operation, party_op
from fedruntime.party import Party
from fedruntime.privacy.guard import Guard
from fedruntime.privacy.policy import Consent, Policy
from fedruntime.privacy.rules import RULES

TODAY = date(2026, 5, 4)
LAX: dict[str, Any] = {
    "min_rows": 1, "min_parties": 1, "min_cell": 1, "max_ratio": 1e6, "min_difference": 1,
    "needs_consent": (),
}  # fmt: skip
"""A policy that allows all, but for the one limit that a test sets."""


@party_op("test_policy.numbers", reveals="as many ones as asked for")
def numbers(rows: Any, count: int) -> Mapping[str, Any]:
    return {"ones": np.ones(count)}


@party_op("test_policy.cells", counts=("cells *",))
def cells(rows: Any, sizes: Any) -> Mapping[str, Any]:
    return {"cells 0": np.asarray(sizes), "other": np.array([1, 2])}


@party_op("test_policy.both")
def both(X: Any, y: Any) -> Mapping[str, Any]:
    return {"sum": X.sum() + y.sum()}


class Site:
    """A party of its own, asked as an engine asks it."""

    def __init__(self, rows: Any, *, enforce: bool = True, **limits: Any) -> None:
        guard = Guard(Policy(**{**LAX, **limits}), enforce=enforce, today=lambda: TODAY)
        self.party = Party("alice", guard=guard)
        self.party.put("rows", rows)
        self._kept = 0

    def sum(self, operation: Operation, /, *, purpose: str = "", **given: Any) -> Reply:
        request = Request(operation.name, given, Release.PLAIN_SUM, purpose=purpose)
        return self.party.handle(request)

    def tell(self, operation: Operation, /, *, purpose: str = "", **given: Any) -> Reply:
        return self.party.handle(Request(operation.name, given, Release.CLEAR, purpose=purpose))

    def keep(self, operation: Operation, /, **given: Any) -> Ref:
        self._kept += 1
        name = f"kept{self._kept}"
        reply = self.party.handle(Request(operation.name, given, Release.KEEP, keep_as=name))
        assert reply.error is None, reply.error
        return Ref(name)

    def total(self, rows: Ref) -> Reply:
        return self.sum(totals, rows=rows, columns=None, dtype="float64")


ROWS = Ref("rows")


def assert_refused(reply: Reply, rule: str, limit: str) -> None:
    """That a rule has refused, naming itself, the statistic and the limit; and nothing left."""
    assert reply.error is not None
    kind, text = reply.error
    assert kind == "PolicyError"
    assert text.startswith(f"rule {rule!r} of its policy refuses ")
    assert limit in text
    assert reply == Reply("alice", error=reply.error)


def assert_left(reply: Reply) -> None:
    assert reply.error is None
    assert reply.arrays


def test_there_is_a_test_of_every_rule() -> None:
    text = "".join(globals())
    assert {rule.name for rule in RULES} == {
        "columns", "max_ratio", "max_rounds", "max_subsets", "min_cell", "min_difference",
        "min_parties", "min_rows", "needs_consent", "operations",
    }  # fmt: skip
    for rule in RULES:
        assert f"test_{rule.name}" in text, rule.name


# -- rows -----------------------------------------------------------------------------------


def test_min_rows_of_a_table() -> None:
    assert_refused(Site(np.arange(9.0), min_rows=10).total(ROWS), "min_rows", "fewer than 10 rows")
    assert_left(Site(np.arange(10.0), min_rows=10).total(ROWS))
    assert_left(Site(np.arange(0.0), min_rows=10).total(ROWS))


def test_min_rows_of_what_was_selected() -> None:
    site = Site(np.arange(30.0), min_rows=10)
    few = site.keep(take_rows, rows=ROWS, positions=np.arange(9))
    enough = site.keep(take_rows, rows=ROWS, positions=np.arange(10))
    assert_refused(site.total(few), "min_rows", "fewer than 10 rows")
    assert_left(site.total(enough))
    mask = site.keep(run_operator, name="lt", operands=[ROWS, 5.0])
    assert_refused(site.total(site.keep(filter_masked, rows=ROWS, mask=mask)), "min_rows", "10")


def test_min_rows_of_any_of_the_arguments() -> None:
    site = Site(np.arange(30.0), min_rows=10)
    few = site.keep(take_rows, rows=ROWS, positions=np.arange(9))
    assert_refused(site.sum(both, X=ROWS, y=few), "min_rows", "10")
    assert_refused(site.sum(both, X=few, y=ROWS), "min_rows", "10")


# -- parties --------------------------------------------------------------------------------


@pytest.mark.parametrize(("floor", "fewest"), [(Policy().min_parties, 2), (2, 2), (3, 3)])
def test_min_parties_of_a_sum_without_masks_which_is_over_one(
    floor: int | None, fewest: int
) -> None:
    site = Site(np.arange(30.0), min_parties=floor)
    given: dict[str, Any] = {"rows": ROWS, "columns": None, "dtype": "float64"}
    assert_refused(site.sum(totals, **given), "min_parties", f"fewer than {fewest} parties")
    assert_left(site.tell(numbers, rows=ROWS, count=1))


def test_a_party_may_allow_sums_without_masks() -> None:
    site = Site(np.arange(30.0), min_parties=1)
    assert_left(site.sum(totals, rows=ROWS, columns=None, dtype="float64"))


# -- cells ----------------------------------------------------------------------------------


@pytest.mark.parametrize("sizes", [[5, 1], [2, 5], [[9, 9], [9, 2]]])
def test_min_cell_refuses_small_ones(sizes: Any) -> None:
    reply = Site(np.arange(30.0), min_cell=3).sum(cells, rows=ROWS, sizes=sizes)
    assert_refused(reply, "min_cell", "fewer than 3 rows in 'cells 0'")
    assert not re.search(r"\b[129]\b", reply.error[1] if reply.error else "")


@pytest.mark.parametrize("sizes", [[5, 3], [0, 5], [[9, 0], [9, 3]], []])
def test_min_cell_allows_empty_ones_and_large_ones(sizes: Any) -> None:
    assert_left(Site(np.arange(30.0), min_cell=3).sum(cells, rows=ROWS, sizes=sizes))


def test_weights_that_are_no_whole_numbers_are_no_counts() -> None:
    site = Site(np.arange(30.0), min_cell=3)
    assert_left(site.sum(cells, rows=ROWS, sizes=[0.5, 7.25]))
    assert_refused(site.sum(cells, rows=ROWS, sizes=[2.0, 7.0]), "min_cell", "fewer than 3 rows")


def test_counts_of_a_category_of_two_rows_stay() -> None:
    column = pd.Series(["a"] * 10 + ["b"] * 2)
    site = Site(column, min_cell=3)
    values = np.array(["a", "b"])
    assert_refused(site.sum(occurrences, rows=ROWS, values=values), "min_cell", "fewer than 3 rows")
    assert_left(Site(column, min_cell=2).sum(occurrences, rows=ROWS, values=values))


# -- ratio ----------------------------------------------------------------------------------


def test_max_ratio_of_numbers_to_rows() -> None:
    site = Site(np.arange(30.0), max_ratio=1 / 3)
    assert_left(site.tell(numbers, rows=ROWS, count=10))
    assert_refused(site.tell(numbers, rows=ROWS, count=11), "max_ratio", "more than 0.333 times")
    few = site.keep(take_rows, rows=ROWS, positions=np.arange(29))
    assert_refused(site.tell(numbers, rows=few, count=10), "max_ratio", "10 numbers")


def test_a_single_number_is_no_matter_of_the_ratio() -> None:
    assert_left(Site(np.arange(2.0), max_ratio=1 / 3).tell(numbers, rows=ROWS, count=1))


# -- columns --------------------------------------------------------------------------------

PEOPLE = pd.DataFrame({"ssn": np.arange(20), "age": np.arange(20) + 20, "ssn_old": np.arange(20)})


def test_columns_that_are_denied() -> None:
    site = Site(PEOPLE, denied_columns=["ssn*"])
    given: dict[str, Any] = {"columns": None, "dtype": "float64"}
    assert_refused(site.sum(totals, rows=ROWS, **given), "columns", "'ssn', 'ssn_old'")
    age = site.keep(pick_columns, rows=ROWS, key=1)
    assert_left(site.sum(totals, rows=age, **given))
    ssn = site.keep(pick_columns, rows=ROWS, key=0)
    assert_refused(site.sum(totals, rows=ssn, **given), "columns", "'ssn'")
    assert_refused(site.sum(both, X=age, y=ssn), "columns", "'ssn'")


def test_columns_that_are_not_allowed() -> None:
    site = Site(PEOPLE, allowed_columns=["age"])
    assert_refused(site.sum(totals, rows=ROWS, columns=None, dtype="float64"), "columns", "'ssn'")
    age = site.keep(pick_columns, rows=ROWS, key=[1])
    assert_left(site.sum(totals, rows=age, columns=None, dtype="float64"))


def test_columns_that_are_denied_choose_no_rows() -> None:
    site = Site(PEOPLE, denied_columns=["ssn"])
    ssn = site.keep(pick_columns, rows=ROWS, key=0)
    age = site.keep(pick_columns, rows=ROWS, key=1)
    mask = site.keep(run_operator, name="gt", operands=[ssn, 5])
    chosen = site.keep(filter_masked, rows=age, mask=mask)
    assert_refused(site.sum(both, X=chosen, y=chosen), "columns", "'ssn'")


# -- operations -----------------------------------------------------------------------------


def test_operations_that_are_denied() -> None:
    site = Site(np.arange(30.0), denied_operations=["test_policy.n*"])
    assert_refused(site.tell(numbers, rows=ROWS, count=1), "operations", "takes part in")
    assert_left(site.total(ROWS))


def test_operations_that_are_not_allowed() -> None:
    site = Site(np.arange(30.0), allowed_operations=["rows.*"])
    assert_refused(site.tell(numbers, rows=ROWS, count=1), "operations", "takes part in")
    assert_left(site.total(site.keep(take_rows, rows=ROWS, positions=np.arange(20))))


def test_operations_whose_result_stays_are_refused_if_denied() -> None:
    site = Site(np.arange(30.0), denied_operations=["rows.take"])
    request = Request(
        "rows.take", {"rows": ROWS, "positions": np.arange(5)}, Release.KEEP, keep_as="few"
    )
    assert_refused(site.party.handle(request), "operations", "takes part in")
    assert site.total(Ref("few")).error == (
        "ProtocolError",
        "party 'alice' holds no rows named 'few'",
    )


# -- rounds ---------------------------------------------------------------------------------


def test_max_rounds_of_a_table() -> None:
    site = Site(np.arange(30.0), max_rounds=3)
    site.party.put("other", np.arange(30.0))
    derived = site.keep(run_operator, name="mul", operands=[ROWS, 2.0])
    for rows in (ROWS, derived, ROWS):
        assert_left(site.total(rows))
    for rows in (ROWS, derived):
        assert_refused(site.total(rows), "max_rounds", "more than 3 statistics of one table")
    assert_left(site.total(Ref("other")))
    assert_refused(site.sum(both, X=Ref("other"), y=ROWS), "max_rounds", "3")


def test_what_was_refused_is_no_round() -> None:
    site = Site(np.arange(30.0), max_rounds=1, max_ratio=1 / 3)
    for _ in range(3):
        assert_refused(site.tell(numbers, rows=ROWS, count=20), "max_ratio", "20 numbers")
    assert_left(site.tell(numbers, rows=ROWS, count=10))


# -- subsets --------------------------------------------------------------------------------


def test_max_subsets_of_a_table() -> None:
    site = Site(np.arange(30.0), max_subsets=3)
    fold = [np.arange(30)[number::5] for number in range(5)]
    held_out = [site.keep(take_rows, rows=ROWS, positions=rows) for rows in fold]
    for rows in held_out[:3]:
        assert_left(site.total(rows))
    assert_refused(site.total(held_out[3]), "max_subsets", "more than 3 different choices of rows")
    assert_refused(site.total(ROWS), "max_subsets", "3")
    for rows in held_out[:3]:
        assert_left(site.total(rows))


def test_the_same_fold_counts_once_however_it_was_chosen() -> None:
    site = Site(np.arange(30.0), max_subsets=1)
    mask = site.keep(run_operator, name="lt", operands=[ROWS, 10.0])
    ways = [
        site.keep(take_rows, rows=ROWS, positions=np.arange(10)),
        site.keep(take_rows, rows=ROWS, positions=np.arange(10)[::-1]),
        site.keep(filter_masked, rows=ROWS, mask=mask),
    ]
    for rows in [*ways, *ways, site.keep(run_operator, name="neg", operands=[ways[0]])]:
        assert_left(site.total(rows))


def test_all_rows_but_one_are_another_choice() -> None:
    site = Site(np.arange(30.0), max_subsets=1)
    assert_left(site.total(ROWS))
    but_one = site.keep(take_rows, rows=ROWS, positions=np.arange(1, 30))
    assert_refused(site.total(but_one), "max_subsets", "1")


def test_min_difference_of_two_choices_of_rows() -> None:
    site = Site(np.arange(30.0), min_difference=3)
    assert_left(site.total(ROWS))
    for left_out in (1, 2):
        but = site.keep(take_rows, rows=ROWS, positions=np.arange(left_out, 30))
        assert_refused(site.total(but), "min_difference", "fewer than 3 rows from others")
    enough = site.keep(take_rows, rows=ROWS, positions=np.arange(3, 30))
    assert_left(site.total(enough))
    again = site.keep(take_rows, rows=ROWS, positions=np.arange(30)[::-1])
    assert_left(site.total(again))
    assert_refused(
        site.total(site.keep(take_rows, rows=ROWS, positions=np.r_[0, np.arange(4, 30)])),
        "min_difference",
        "3",
    )


def test_a_row_twice_is_a_difference_of_one_row() -> None:
    site = Site(np.arange(30.0), min_difference=3)
    assert_left(site.total(ROWS))
    doubled = site.keep(take_rows, rows=ROWS, positions=np.r_[0, np.arange(30)])
    assert_refused(site.total(doubled), "min_difference", "fewer than 3 rows")


def test_rows_of_other_tables_are_no_difference() -> None:
    site = Site(np.arange(30.0), min_difference=3)
    site.party.put("other", np.arange(29.0))
    assert_left(site.total(ROWS))
    assert_left(site.total(Ref("other")))


def test_what_was_refused_is_nothing_to_differ_from() -> None:
    site = Site(np.arange(30.0), min_difference=3, max_ratio=1 / 3)
    assert_refused(site.tell(numbers, rows=ROWS, count=20), "max_ratio", "20 numbers")
    but_one = site.keep(take_rows, rows=ROWS, positions=np.arange(1, 30))
    assert_left(site.total(but_one))


# -- consent --------------------------------------------------------------------------------


def consent(**fields: Any) -> Consent:
    return Consent(**{"operation": "test_policy.*", "by": "Ann Lee", "given": TODAY, **fields})


@pytest.mark.parametrize(
    "given",
    [
        consent(),
        consent(operation="test_policy.numbers"),
        consent(purpose="Some.fit"),
        consent(until=TODAY),
        consent(given=date(2025, 1, 1), until=date(2027, 1, 1)),
    ],
)
def test_needs_consent_and_has_it(given: Consent) -> None:
    site = Site(np.arange(30.0), needs_consent=["test_policy.n*"], consent=[given])
    assert_left(site.tell(numbers, rows=ROWS, count=1, purpose="Some.fit"))


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ((), "has not been given"),
        ((consent(operation="other.*"),), "has not been given"),
        ((consent(purpose="Other.fit"),), "has not been given"),
        ((consent(given=date(2026, 5, 5)),), "is not in force today"),
        ((consent(given=date(2026, 1, 1), until=date(2026, 5, 3)),), "is not in force today"),
    ],
)
def test_needs_consent_and_has_none(given: Any, why: str) -> None:
    site = Site(np.arange(30.0), needs_consent=["test_policy.n*"], consent=given)
    reply = site.tell(numbers, rows=ROWS, count=1, purpose="Some.fit")
    assert_refused(reply, "needs_consent", f"for which a person's consent {why}")
    assert reply.error is not None
    assert "tells as many ones as asked for" in reply.error[1]


# -- what rules have in common --------------------------------------------------------------


def test_a_policy_that_is_reported_lets_everything_out_with_remarks() -> None:
    strict = {
        "min_rows": 50, "min_parties": 5, "min_cell": 5, "max_ratio": 0.01, "max_rounds": 1,
        "max_subsets": 1, "allowed_operations": ["none"], "allowed_columns": ["none"],
        "needs_consent": ["*"],
    }  # fmt: skip
    site = Site(PEOPLE, enforce=False, **strict)
    first = site.sum(cells, rows=ROWS, sizes=[1, 2])
    assert_left(first)
    assert {rule for rule, _ in first.remarks} == {
        "min_rows", "min_parties", "min_cell", "max_ratio", "operations", "columns",
        "needs_consent",
    }  # fmt: skip
    half = site.keep(take_rows, rows=ROWS, positions=np.arange(10))
    second = site.sum(cells, rows=half, sizes=[1, 2])
    assert {"max_rounds", "max_subsets"} <= {rule for rule, _ in second.remarks}


def test_statistics_without_rows_are_free() -> None:
    site = Site(np.arange(30.0), min_rows=100, max_rounds=1)
    for _ in range(3):
        assert_left(site.tell(numbers, rows=None, count=5))


def test_facts_and_results_that_stay_are_free() -> None:
    site = Site(np.arange(3.0), min_rows=10, max_rounds=1, max_subsets=1, denied_columns=["*"])
    few = site.keep(take_rows, rows=ROWS, positions=np.arange(2))
    assert site.keep(run_operator, name="mul", operands=[few, 2])


def test_a_party_enforces_the_policy_of_its_own_environment(
    tmp_path: Any, monkeypatch: Any
) -> None:
    path = tmp_path / "policy.toml"
    path.write_text("min_rows = 5\nmin_parties = 1\n", encoding="utf-8")
    monkeypatch.setenv("FEDMIGRATE_POLICY", str(path))
    party = Party("alice")
    party.put("few", np.arange(4.0))
    party.put("enough", np.arange(5.0))
    given: dict[str, Any] = {"columns": None, "dtype": "float64"}
    for name, rule in (("few", "min_rows"), ("enough", "max_ratio")):
        request = Request("rows.totals", {"rows": Ref(name), **given}, Release.PLAIN_SUM)
        reply = party.handle(request)
        assert reply.error is not None
        assert reply.error[0] == "PolicyError"
        assert f"rule {rule!r}" in reply.error[1]
