"""What the federation asks of parties, what it refuses, and what it writes down."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import fedruntime
from fedruntime.data.layout import RowLayout
from fedruntime.errors import DataError, PartyError, ProtocolError, RevealError, SettingsError
from fedruntime.messages import Named, Ref, Release, Reply, Request
from fedruntime.operations import Statistics, operation, party_op, row_op
from fedruntime.party import Party
from fedruntime.privacy.guard import Guard
from fedruntime.privacy.policy import Policy


@row_op("test.double")
def double(rows: Any) -> Any:
    return rows * 2


@row_op("test.first_two")
def first_two(rows: Any) -> Any:
    return rows[:2]


@row_op("test.scalar")
def scalar(rows: Any) -> Any:
    return 3.0


@party_op("test.largest", reveals="all, for a test")
def largest(rows: Any, add: float = 0.0) -> Statistics:
    return {"largest": rows.max() + add}


@party_op("test.total")
def total(rows: Any) -> Statistics:
    return {"total": rows.sum()}


@party_op("test.fails", reveals="all, for a test")
def fails(rows: Any, how: str) -> Statistics:
    if how == "value":
        raise ValueError(f"cell {rows[0]} is odd")
    if how == "data":
        raise DataError("column 'age' holds text")
    raise KeyError("secret cell")


@pytest.fixture(name="dealt")
def _dealt(deal: Any) -> Any:
    return deal([0, 0, 0, 1, 1])


def test_a_row_operation_gives_a_handle_and_only_facts_leave(dealt: Any) -> None:
    handle = dealt.federation.map(double, rows=dealt(np.arange(5.0)))
    assert handle.shape == (5,)
    assert dealt.federation.collect(largest, rows=handle) == {
        "party0": {"largest": 4.0},
        "party1": {"largest": 8.0},
    }
    entry = dealt.federation.ledger[0]
    assert (entry.operation, entry.protection, entry.content) == ("test.double", "facts", ())


def test_parties_may_be_asked_differently(dealt: Any) -> None:
    rows = dealt(np.arange(5.0))
    answers = dealt.federation.collect(largest, rows=rows, each={"party1": {"add": 10.0}})
    assert [answer["largest"] for answer in answers.values()] == [2.0, 14.0]


def test_an_operation_that_does_not_work_row_by_row_is_noticed(dealt: Any) -> None:
    with pytest.raises(DataError, match=r"test.first_two gave \(2, 2\) rows where \(3, 2\) were"):
        dealt.federation.map(first_two, rows=dealt(np.arange(5.0)))
    with pytest.raises(DataError, match=r"rows"):
        dealt.federation.map(scalar, rows=dealt(np.arange(5.0)))


def test_a_statistic_is_never_kept_and_rows_are_never_released() -> None:
    party = Party("alice")
    party.put("r", np.arange(3.0))
    arguments = {"rows": Ref("r")}
    reply = party.handle(Request("test.double", arguments, Release.CLEAR))
    assert reply.error is not None
    assert reply.error[0] == "ProtocolError"
    assert not reply.arrays
    reply = party.handle(Request("test.double", arguments, Release.PLAIN_SUM))
    assert reply.error is not None
    assert not reply.arrays
    reply = party.handle(Request("test.largest", arguments, Release.KEEP, keep_as="x"))
    assert reply.error is not None


def test_what_is_not_declared_as_revealed_leaves_in_sums_only() -> None:
    party = Party("alice", guard=Guard(Policy(), enforce=False))
    party.put("r", np.arange(3.0))
    request = Request("test.total", {"rows": Ref("r")}, Release.CLEAR)
    reply = party.handle(request)
    assert reply.error == ("ProtocolError", "operation 'test.total' may leave a party in sums only")
    assert not reply.arrays
    assert party.handle(replace(request, release=Release.PLAIN_SUM)).error is None


def test_only_registered_operations_run() -> None:
    reply = Party("alice").handle(Request("os.system", {"command": "true"}, Release.CLEAR))
    assert reply.error == ("ProtocolError", "no party operation is named 'os.system'")
    with pytest.raises(ProtocolError):
        operation("nothing")
    with pytest.raises(ValueError, match=r"two party operations are named 'test.double'"):
        row_op("test.double")(lambda rows: rows)


@pytest.mark.parametrize("name", ["os.system", "builtins.eval", "subprocess.run", "script:nothing"])
def test_only_functions_of_the_script_and_of_four_libraries_are_found(name: str) -> None:
    request = Request(
        "device.run",
        {"function": Named(name), "args": ["true"], "kwargs": {}},
        Release.KEEP,
        keep_as="r",
    )
    reply = Party("alice").handle(request)
    assert reply.error is not None
    assert reply.error[0] == "ProtocolError"


def test_a_partys_own_text_stays_there_unless_it_is_simulated(dealt: Any) -> None:
    request = Request("test.fails", {"rows": Ref("r"), "how": "key"}, Release.CLEAR)
    guard = Guard(Policy(), enforce=False)
    silent = Party("alice", guard=guard)
    talking = Party("alice", guard=guard, quote_failures=True)
    for party in (silent, talking):
        party.put("r", np.arange(3.0))
    assert silent.handle(request).error == ("KeyError", "the party's own log has the details")
    assert talking.handle(request).error == ("KeyError", "'secret cell'")


def test_failures_arrive_under_their_own_type(dealt: Any) -> None:
    rows = dealt(np.arange(5.0))
    with pytest.raises(DataError, match=r"party 'party0': column 'age' holds text"):
        dealt.federation.collect(fails, rows=rows, how="data")
    with pytest.raises(ValueError, match=r"party 'party0', operation 'test.fails'"):
        dealt.federation.collect(fails, rows=rows, how="value")
    with pytest.raises(PartyError, match=r"party 'party0', operation 'test.fails': KeyError"):
        dealt.federation.collect(fails, rows=rows, how="key")


def test_rows_that_no_handle_names_are_forgotten(dealt: Any) -> None:
    rows = dealt(np.arange(5.0))
    party = dealt.federation.engine._parties["party0"]
    name = rows.ref.name
    other = dealt(np.arange(5.0))
    del rows
    gc.collect()
    assert name in party._rows
    dealt.federation.collect(largest, rows=other)
    assert name not in party._rows


def test_handles_whose_rows_lie_elsewhere_do_not_meet(dealt: Any) -> None:
    federation = dealt.federation
    one = dealt(np.arange(5.0))
    other = federation.place(
        {"party0": np.arange(2.0), "party1": np.arange(3.0)},
        RowLayout.contiguous(federation.parties, [2, 3]),
    )
    with pytest.raises(DataError, match="do not have their rows at the same places"):
        federation.map(double, rows=one, other=other)
    with pytest.raises(DataError, match="none of the arguments is held by the parties"):
        federation.map(double, rows=3)


def test_rows_are_not_dealt_to_real_parties(dealt: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dealt.federation.engine, "simulated", False)
    with pytest.raises(RevealError, match="simulated parties only"):
        dealt(np.arange(5.0))


def test_parties_that_hold_different_columns_are_named() -> None:
    federation = fedruntime.init(["alice", "bob"])
    layout = RowLayout.contiguous(federation.parties, [1, 1])
    with pytest.raises(DataError, match=r"party 'bob' lacks the columns \['age'\]"):
        federation.place(
            {"alice": pd.DataFrame({"age": [1]}), "bob": pd.DataFrame({"sex": [1]})}, layout
        )
    with pytest.raises(DataError, match="the same columns in another order"):
        federation.place(
            {
                "alice": pd.DataFrame({"a": [1], "b": [1]}),
                "bob": pd.DataFrame({"b": [1], "a": [1]}),
            },
            layout,
        )
    with pytest.raises(DataError, match="party 'bob' holds a series, party 'alice' a array"):
        federation.place({"alice": np.ones(1), "bob": pd.Series([1])}, layout)


def test_messages_pass_through_the_closed_schema(dealt: Any) -> None:
    with pytest.raises(ProtocolError, match=r"cannot hold a builtins.object"):
        dealt.federation.map(double, rows=dealt(np.arange(5.0)), extra=object())


def test_init_ends_the_federation_before() -> None:
    first = fedruntime.init(["a", "b"])
    fedruntime.init(["a", "b"])
    with pytest.raises(ProtocolError, match="this federation has ended"):
        first.collect(largest, rows=None)


def test_repr_and_devices() -> None:
    federation = fedruntime.init(["a", "b"])
    assert repr(federation) == "<Federation of a, b>"
    assert federation.devices == [fedruntime.PYU("a"), fedruntime.PYU("b")]
    assert [node["party"] for node in (federation.spu.cluster_def or {})["nodes"]] == ["a", "b"]
    with pytest.raises(SettingsError, match="'c' is not a party"):
        fedruntime.PYU("c")


_SCRIPT = """
import json
import numpy as np
from fedruntime import init
fed = init(parties=["a", "b"])
X = fed.load(np.ones, (4, 2))
X.sum(axis=0)
print(json.dumps([list(fed.parties), fed.settings.split]))
"""


def _run_script(folder: Path, **environment: str) -> Any:
    (folder / "train_fed.py").write_text(_SCRIPT)
    done = subprocess.run(
        [sys.executable, str(folder / "train_fed.py")],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=True,
    )
    return json.loads(done.stdout)


def test_a_script_finds_its_settings_and_leaves_its_ledger_beside_itself(tmp_path: Path) -> None:
    (tmp_path / "federation.toml").write_text('parties = ["x", "y", "z"]\n')
    assert _run_script(tmp_path) == [["x", "y", "z"], "contiguous"]
    ledger = (tmp_path / ".fedmigrate" / "train_fed.ledger.jsonl").read_text().splitlines()
    lines = [json.loads(line) for line in ledger]
    assert {line["party"] for line in lines if line["kind"] == "message"} == {"x", "y", "z"}
    assert [line["kind"] for line in (lines[0], lines[-1])] == ["head", "close"]

    other = tmp_path / "other.jsonl"
    _run_script(tmp_path, FEDMIGRATE_LEDGER=str(other))
    assert len(other.read_text().splitlines()) == len(ledger)


def test_what_leaves_is_counted_in_the_ledger(dealt: Any) -> None:
    before = len(dealt.federation.ledger)
    fedruntime.PlainAggregator().sum_statistics(
        dealt.federation, largest, {"rows": dealt(np.arange(5.0))}, purpose="a test"
    )
    entries = dealt.federation.ledger[before:]
    assert [(e.party, e.purpose, e.content) for e in entries] == [
        ("party0", "a test", (("largest", ()),)),
        ("party1", "a test", (("largest", ()),)),
    ]
    assert (
        sum(entry.bytes for entry in entries) == 2 * 4 * 8
    )  # one float in four words, from each of two


def test_an_engine_answers_for_every_party(dealt: Any) -> None:
    requests: Mapping[str, Request] = {
        party: Request("test.largest", {"rows": 1}, Release.CLEAR) for party in ("party1",)
    }
    replies = dealt.federation.engine.call(requests)
    assert list(replies) == ["party1"]
    assert isinstance(replies["party1"], Reply)
