"""What becomes of a federation when a party's process dies, and when it begins again."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import numpy as np
import pandas as pd
import party_functions
import pytest
from asking import (
    PATIENCE,
    ask,
    await_party,
    echoed,
    echoing,
    offer_operations,
    process_of,
    running,
)
from sklearn.linear_model import LinearRegression
from subjects import PARTIES, pooled, table_of

from fedruntime import FLModel
from fedruntime.dropouts import DropoutWarning
from fedruntime.engines.engine import Engine
from fedruntime.errors import DropoutError
from fedruntime.federation import Federation
from fedruntime.messages import Ref, Release, Request
from fedruntime.settings import Settings


def federation_over(engine: Engine, min_parties: int | None) -> Federation:
    return Federation(Settings(PARTIES, min_parties=min_parties, round_timeout=PATIENCE), engine)


def kill(engine: Engine, party: str) -> None:
    os.kill(process_of(engine, party), signal.SIGKILL)


class DeathSuite:
    """Parties in processes of their own, which may die, and begin again by themselves."""

    @pytest.fixture(autouse=True)
    def _all_are_there(self, engine: Engine) -> None:
        for party in PARTIES:
            await_party(engine, party)
        offer_operations(engine, PARTIES)

    def test_a_party_that_dies_at_its_work_gives_no_answer_and_begins_again(
        self, engine: Engine
    ) -> None:
        kept = running(np.ones, 3)
        assert ask(engine, "alice", kept).error is None
        begun = [engine.begun(party) for party in PARTIES]
        asked = {party: echoing(party) for party in PARTIES}
        asked["alice"] = running(party_functions.vanish)
        replies = engine.call(asked, timeout=PATIENCE)
        assert list(replies) == ["bob", "carol"]
        assert engine.call({"alice": echoing(1)}, timeout=PATIENCE) == {}
        await_party(engine, "alice")
        assert [engine.begun(party) for party in PARTIES] == [begun[0] + 1, *begun[1:]]
        offer_operations(engine, ["alice"])
        assert echoed(engine, "alice", "a new life") == "a new life"
        held = {"loaded": [Ref(kept.keep_as)], "path": [0]}
        reply = ask(engine, "alice", Request("load.entry", held, Release.KEEP, "again"))
        assert reply.error is not None
        assert "holds no rows" in reply.error[1]

    def test_its_death_is_noticed_though_a_worker_of_it_lives_on(
        self, engine: Engine, tmp_path: Path
    ) -> None:
        go_on = tmp_path / "go on"
        left = running(party_functions.leave_worker_behind, str(go_on))
        try:
            assert ask(engine, "bob", left).error is None
            assert echoed(engine, "bob", "not the worker") == "not the worker"
            kill(engine, "bob")
            assert engine.call({"bob": echoing(1)}) == {}
        finally:
            go_on.touch()

    def test_results_go_on_without_it_and_with_it_when_it_is_back(self, engine: Engine) -> None:
        federation = federation_over(engine, min_parties=2)
        frame = federation.load(pd.read_csv, "table.csv")
        X, y = frame[["a", "b"]], frame["c"]
        doubled = X * 2.0
        everyone = pooled(PARTIES)
        np.testing.assert_allclose(doubled.sum(), 2.0 * everyone[["a", "b"]].sum())

        kill(engine, "bob")
        with pytest.warns(DropoutWarning, match=r"'bob' did not answer .* alice and carol"):
            model = FLModel(model=LinearRegression()).fit(X, y)
        left = pooled(("alice", "carol"))
        expected = LinearRegression().fit(left[["a", "b"]], left["c"])
        np.testing.assert_allclose(model.coef_, expected.coef_, rtol=1e-12)
        assert len(X) == len(left)

        exponential = np.exp(X)  # made without it
        del X
        await_party(engine, "bob")
        model = FLModel(model=LinearRegression()).fit(doubled, y)
        expected = LinearRegression().fit(2.0 * everyone[["a", "b"]], everyone["c"])
        np.testing.assert_allclose(model.coef_, expected.coef_, rtol=1e-12)
        np.testing.assert_allclose(exponential.sum(), np.exp(everyone[["a", "b"]]).sum())
        assert [entry.event for entry in federation.dropouts] == ["missing", "back"]

    def test_where_nobody_may_be_missing_the_statement_can_be_run_again(
        self, engine: Engine
    ) -> None:
        federation = federation_over(engine, min_parties=None)
        frame = federation.load(pd.read_csv, "table.csv")
        assert frame["a"].mean() == pytest.approx(pooled(PARTIES)["a"].mean(), rel=1e-14)
        kill(engine, "carol")
        for _ in range(2):
            with pytest.raises(DropoutError, match="run the statement again when carol can be"):
                frame["a"].mean()
        await_party(engine, "carol")
        assert frame["a"].mean() == pytest.approx(pooled(PARTIES)["a"].mean(), rel=1e-14)

    def test_a_party_whose_rows_are_others_now_stays_out(self, engine: Engine) -> None:
        """It would be in some sums with these, and in some with those."""
        federation = federation_over(engine, min_parties=2)
        frame = federation.load(pd.read_csv, "table.csv")
        kill(engine, "alice")
        with pytest.warns(DropoutWarning, match="'alice' did not answer"):
            frame["a"].mean()
        await_party(engine, "alice")
        shorter = running(party_functions.keep_rows, "table.csv", len(table_of("alice")) - 1)
        assert ask(engine, "alice", shorter).error is None
        with pytest.warns(DropoutWarning, match="'alice' answers again, but stays out: .* 29 rows"):
            mean = frame["a"].mean()
        assert mean == pytest.approx(pooled(("bob", "carol"))["a"].mean(), rel=1e-14)
        assert ask(engine, "alice", running(party_functions.restore, "table.csv")).error is None
