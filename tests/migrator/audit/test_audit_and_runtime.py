"""What the runtime writes is what the audit reads: the one place where both meet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fedruntime
from fedmigrate.audit import privacy, read, words
from fedmigrate.audit.read import read_record
from fedmigrate.audit.summarise import summarise
from fedruntime.dropouts import Dropout
from fedruntime.operations import OperationKind, registered
from fedruntime.privacy import chain, ledger
from fedruntime.privacy.accountant import epsilon_of
from fedruntime.privacy.ledger import Entry, Head, Ledger


def test_both_mean_the_same_format() -> None:
    assert read.FORMAT == chain.FORMAT


def test_every_field_that_is_read_is_written() -> None:
    written: dict[str, set[str]] = {
        "head": {*Head.__dataclass_fields__, "run", "began", "format"},
        "message": set(Entry.__dataclass_fields__),
        "presence": set(Dropout.__dataclass_fields__),
    }
    for kind, fields in written.items():
        assert set(read._FIELDS[kind]) <= fields


def test_every_protection_has_a_meaning() -> None:
    sums = {
        f"{noise}{name}" for noise in ("", "noised, ") for name in (ledger.MASKED, ledger.CLEAR)
    }
    session = {known.protection for known in registered() if known.kind is OperationKind.SESSION}
    own = {ledger.FACTS, ledger.SEALED, ledger.ACKNOWLEDGED, ledger.FAILED}
    assert sums | own | (session - {""}) == set(words.MEANINGS)


@pytest.mark.parametrize("mu", [0.01, 0.3, 1.0, 4.0])
@pytest.mark.parametrize("delta", [1e-9, 1e-5])
def test_both_say_the_same_epsilon(mu: float, delta: float) -> None:
    assert privacy._epsilon(mu, delta) == pytest.approx(epsilon_of(mu, delta), rel=1e-6, abs=1e-9)


def _run(path: Path, **options: Any) -> read.Run:
    federation = fedruntime.init(["alice", "bob", "carol"], ledger=str(path), **options)
    X = federation.load(np.ones, (12, 2)) * 2.0
    X.sum(axis=0)
    X.max(axis=0)
    left = list(federation.ledger)
    federation.stop()
    record = read_record(path)
    assert record.faults == ()
    (run,) = record.runs
    assert run.head["parties"] == ["alice", "bob", "carol"]
    told = [(one["party"], one["operation"], one["protection"]) for one in run.messages]
    assert told == [(entry.party, entry.operation, entry.protection) for entry in left]
    return run


def test_a_run_is_read_as_it_was(tmp_path: Path) -> None:
    summary = summarise(_run(tmp_path / "run.jsonl"))
    assert summary.run.close is not None
    assert {"in the clear", "masked"} <= {row.protection for row in summary.leaving[0].together}
    assert summary.known[0].about == "alice, bob and carol together"


def test_one_that_survives_dropouts_tells_of_shares(tmp_path: Path) -> None:
    summary = summarise(_run(tmp_path / "run.jsonl", min_parties=2))
    assert summary.known[-1].who == "other parties"
    assert all(words.place(row.protection) >= 0 for row in summary.leaving[0].together)


def test_a_partys_own_ledger_is_read_the_same_way(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    own = Ledger(path, Head(parties=("alice",), mode="real", owner="alice"))
    own.append(party="alice", purpose="", operation="o", protection="facts", content=(), bytes=1)
    own.close()
    (run,) = read_record(path).runs
    assert words.kept_by(run) == "alice, for itself"


def test_both_say_how_much_of_a_budget_was_used(tmp_path: Path) -> None:
    budget = fedruntime.PrivacyBudget(epsilon=3, delta=1e-6, bounds={"*": (0.0, 1.0)})
    path = tmp_path / "run.jsonl"
    federation = fedruntime.init(["alice", "bob", "carol"], ledger=str(path), budget=budget)
    X = federation.load(np.ones, (60, 2))
    X.mean(axis=0)
    X.sum(axis=0)
    account = federation.budget
    federation.stop()
    (run,) = read_record(path).runs
    told = summarise(run).privacy
    assert account is not None
    assert told is not None
    assert told.releases == len(account.history) > 0
    assert told.share == pytest.approx(account.spent / account.total)
    assert told.epsilon == pytest.approx(account.epsilon, rel=1e-6)
    assert {"noised, masked"} <= {one["protection"] for one in run.messages}
