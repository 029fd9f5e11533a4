"""A party refuses noise that was sized for one row where a row may count more than once, whoever
asks: here the requests are what a coordinator could send that the runtime's own never would.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import fedruntime.estimators.tree.bins  # noqa: F401 - registers an operation that is not by row
from fedruntime.messages import Noise, Ref, Release, Reply, Request
from fedruntime.party import Party
from fedruntime.privacy.budget import PrivacyBudget
from fedruntime.privacy.guard import Guard

ROWS = 12


@pytest.fixture(name="party")
def _party() -> Party:
    party = Party("alice", budget=PrivacyBudget(9.0), guard=Guard(enforce=False))
    table = pd.DataFrame(np.arange(2.0 * ROWS).reshape(ROWS, 2), columns=["a", "b"])
    party.put("table", table)
    party.put("other", table + 1.0)
    return party


def _keep(party: Party, operation: str, keep_as: str, **arguments: Any) -> None:
    reply = party.handle(Request(operation, arguments, Release.KEEP, keep_as=keep_as))
    assert reply.error is None, reply.error


def _take(party: Party, of: str, positions: list[int], name: str) -> None:
    _keep(party, "rows.take", name, rows=Ref(of), positions=np.array(positions))


def _moments(party: Party, rows: str) -> Reply:
    arguments = {
        "rows": Ref(rows),
        "columns": None,
        "low": np.zeros(2),
        "high": np.ones(2),
        "squares": False,
    }
    return party.handle(
        Request("private.moments", arguments, Release.PLAIN_SUM, noise=Noise(mu=0.01))
    )


def _errors(party: Party, true: str, predicted: str) -> Reply:
    arguments = {
        "y_true": Ref(true),
        "y_pred": Ref(predicted),
        "low": np.zeros(2),
        "high": np.ones(2),
        "power": 1,
        "spread": False,
    }
    return party.handle(
        Request("private.errors", arguments, Release.PLAIN_SUM, noise=Noise(mu=0.01))
    )


def _refused(reply: Reply) -> bool:
    if reply.error is None:
        return False
    assert reply.error[0] == "BudgetError"
    assert "may count more than once" in reply.error[1]
    assert reply.arrays == {}
    return True


def test_rows_as_they_were_loaded_pass(party: Party) -> None:
    assert not _refused(_moments(party, "table"))
    assert not _refused(_errors(party, "table", "other"))


def test_a_selection_without_repetition_passes(party: Party) -> None:
    _take(party, "table", [5, 1, 7], "some")
    assert not _refused(_moments(party, "some"))
    _take(party, "some", [2, 0], "fewer")
    assert not _refused(_moments(party, "fewer"))
    assert not _refused(_errors(party, "fewer", "fewer"))


def test_a_selection_with_repetition_does_not(party: Party) -> None:
    _take(party, "table", [5, 5, 5, 5], "again")
    assert _refused(_moments(party, "again"))


def test_nor_does_what_is_made_of_it(party: Party) -> None:
    _take(party, "table", [5, 5, 1], "again")
    _keep(party, "rows.operator", "doubled", name="mul", operands=[Ref("again"), 2.0])
    assert _refused(_moments(party, "doubled"))
    _take(party, "doubled", [0, 2], "selected")  # each once, of rows that are twice in the table
    assert _refused(_moments(party, "selected"))


def test_parts_of_a_table_may_be_put_together_again(party: Party) -> None:
    _take(party, "table", [0, 1, 2], "first")
    _take(party, "table", [3, 4], "second")
    _keep(party, "rows.one_after_another", "both", tables=[Ref("first"), Ref("second")], options={})
    assert not _refused(_moments(party, "both"))


def test_parts_that_overlap_may_not(party: Party) -> None:
    _take(party, "table", [0, 1, 2], "first")
    _take(party, "table", [2, 3], "second")
    _keep(party, "rows.one_after_another", "both", tables=[Ref("first"), Ref("second")], options={})
    assert _refused(_moments(party, "both"))


def test_two_tables_may_be_put_together(party: Party) -> None:
    _keep(party, "rows.one_after_another", "both", tables=[Ref("table"), Ref("other")], options={})
    assert not _refused(_moments(party, "both"))


def test_columns_out_of_step_do_not_pass(party: Party) -> None:
    _take(party, "table", list(range(ROWS))[::-1], "reversed")
    assert not _refused(_moments(party, "reversed"))
    assert _refused(_errors(party, "table", "reversed"))
    for rows, matrix in (("table", "matrix"), ("reversed", "turned")):
        _keep(party, "rows.matrix", matrix, rows=Ref(rows), columns=None)
    _keep(party, "rows.operator", "added", name="add", operands=[Ref("matrix"), Ref("turned")])
    assert _refused(_moments(party, "added"))


def test_what_an_unknown_operation_made_does_not_pass(party: Party) -> None:
    _keep(party, "tree.single_precision", "made", X=Ref("table"), missing=False)
    assert _refused(_moments(party, "made"))


def test_forgotten_rows_leave_no_trace(party: Party) -> None:
    _take(party, "table", [5, 5], "again")
    _take_once = Request(
        "rows.take",
        {"rows": Ref("table"), "positions": np.array([1, 2])},
        Release.KEEP,
        keep_as="again",
        forget=("again",),
    )
    assert party.handle(_take_once).error is None
    assert not _refused(_moments(party, "again"))
