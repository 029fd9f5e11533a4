"""What every engine has to do, whatever carries its messages. A test file of an engine derives its
classes from these, and says in a fixture how the engine is opened.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import party_functions
import pytest
from asking import ask, await_party, echoed, echoing, offer_operations, running
from subjects import PARTIES, OpenEngine

from fedruntime.engines.engine import Engine
from fedruntime.errors import FedError, RevealError
from fedruntime.messages import Named, Ref, Release, Request

_ARRAYS = {
    "numbers": np.linspace(-1.0, 1.0, 7),
    "numbers that are none": np.array([np.nan, -np.inf, np.inf, -0.0, 5e-324]),
    "half": np.arange(5, dtype=np.float16),
    "long double": np.array([1, 3], np.longdouble) / 3,
    "bytes": np.arange(-3, 3, dtype=np.int8),
    "unsigned": np.array([0, 2**64 - 1], np.uint64),
    "truth": np.array([[True], [False]]),
    "text": np.array(["", "ä", "three"]),
    "raw text": np.array([b"a", b"\x00b"]),
    "days": np.array(["2026-01-31", "NaT"], "datetime64[D]"),
    "durations": np.array([1, -1], "timedelta64[ns]"),
    "other byte order": np.arange(4, dtype=">f8"),
    "no dimension": np.array(7, np.int32),
    "no entry": np.zeros((0, 3), np.float32),
    "columns first": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "every other": np.arange(12.0).reshape(4, 3)[::2, ::-1],
    "objects": np.array([["a", 1], [None, 2.5]], dtype=object),
}


@pytest.fixture(name="engine", scope="class")
def engine_of_a_class(open_engine: OpenEngine) -> Iterator[Engine]:
    """An engine over ``PARTIES``, for all tests of a class."""
    engine = open_engine(PARTIES)
    try:
        offer_operations(engine, PARTIES)
        yield engine
    finally:
        engine.stop()


class MessageSuite:
    """Requests go to parties, and their replies come back."""

    def test_each_party_answers_for_itself_in_the_order_of_the_requests(
        self, engine: Engine
    ) -> None:
        for order in (PARTIES, PARTIES[::-1], PARTIES[1:]):
            replies = engine.call({party: echoing(f"for {party}") for party in order})
            assert list(replies) == list(order)
            for party, reply in replies.items():
                assert (reply.party, reply.arrays["value"]) == (party, f"for {party}")

    def test_nobody_may_be_asked(self, engine: Engine) -> None:
        assert engine.call({}) == {}

    def test_a_party_works_off_its_requests_in_their_order(
        self, engine: Engine, tmp_path: Path
    ) -> None:
        lines = [f"line {number}" for number in range(20)]
        for line in lines:
            assert ask(engine, "bob", running(party_functions.note, str(tmp_path / "log"), line))
        assert (tmp_path / "log").read_text().splitlines() == lines

    def test_rows_stay_until_they_are_forgotten(self, engine: Engine) -> None:
        kept = Request(
            "device.run",
            {"function": Named("numpy.ones"), "args": [3], "kwargs": {}},
            Release.KEEP,
            keep_as="three",
        )
        assert ask(engine, "bob", kept).facts["rows"] == 3
        held = Request("load.entry", {"loaded": [Ref("three")], "path": [0]}, Release.KEEP, "six")
        assert ask(engine, "bob", held).facts["rows"] == 3
        refusal = "party 'carol' holds no rows named 'three'"
        assert ask(engine, "carol", held).error == ("ProtocolError", refusal)
        told = Request("conformance.echo", {"value": 0}, Release.CLEAR, forget=("three",))
        assert ask(engine, "bob", told).error is None
        assert ask(engine, "bob", held).error is not None

    @pytest.mark.parametrize("name", _ARRAYS)
    def test_arrays_go_there_and_back_bit_by_bit(self, engine: Engine, name: str) -> None:
        array = _ARRAYS[name]
        back = echoed(engine, "alice", array)
        assert (back.dtype, back.shape) == (array.dtype, array.shape)
        if array.dtype == object:
            assert back.tolist() == array.tolist()
        elif array.dtype != np.longdouble:  # which has bytes that mean nothing
            assert back.tobytes() == array.tobytes()
        else:
            assert np.array_equal(back, array)

    def test_an_array_lies_in_memory_the_same_everywhere(self, engine: Engine) -> None:
        """Sums depend on the order in which linear algebra goes through memory."""
        for name in ("columns first", "every other", "numbers"):
            back = echoed(engine, "alice", _ARRAYS[name])
            assert back.flags.f_contiguous is (name != "every other")
            assert back.flags.c_contiguous is (name != "columns first")

    def test_large_arrays_go_there_and_back(self, engine: Engine) -> None:
        array = np.random.default_rng(0).random((50_000, 125))  # 50 MB
        assert echoed(engine, "carol", array).tobytes() == array.tobytes()

    def test_values_keep_their_types(self, engine: Engine) -> None:
        values = [None, True, 3, 0.1, "ü", (1, [2.0]), {"a": slice(1, None)}, np.dtype("<f4")]
        back = echoed(engine, "alice", _as_object(values))
        assert back[()] == values

    # -- what goes wrong at a party ------------------------------------------------------------

    def test_an_error_of_ours_arrives_with_its_type_and_text(self, engine: Engine) -> None:
        reply = ask(engine, "bob", Request("load.describe", {"loaded": 7}, Release.CLEAR))
        assert reply.error is not None
        assert reply.error[0] in ("DataError", "RevealError")
        assert "int" in reply.error[1]
        assert not reply.arrays

    def test_a_foreign_error_arrives_with_its_type(self, engine: Engine) -> None:
        asked = {
            party: running(party_functions.fail, "Ann Miller")
            if party == "bob"
            else echoing("well")
            for party in PARTIES
        }
        replies = engine.call(asked)
        assert replies["bob"].error is not None
        assert replies["bob"].error[0] == "LookupError"
        assert not replies["bob"].arrays
        assert replies["bob"].facts is None
        assert replies["alice"].arrays["value"] == replies["carol"].arrays["value"] == "well"
        assert echoed(engine, "bob", "still there") == "still there"

    def test_a_loader_that_ends_the_program_does_not_end_the_party(self, engine: Engine) -> None:
        reply = ask(engine, "bob", running(party_functions.end))
        assert reply.error is not None
        assert reply.error[0] == "SystemExit"
        assert echoed(engine, "bob", "still there") == "still there"

    @pytest.mark.parametrize(
        "request_",
        [
            Request("no.such_operation", {}, Release.CLEAR),
            Request("columns.sums", {"rows": np.ones((9, 2))}, Release.CLEAR),
            Request("device.run", {}, Release.CLEAR),
            Request(
                "device.run",
                {"function": Named("builtins.open"), "args": [], "kwargs": {}},
                Release.KEEP,
            ),
            Request(
                "device.run",
                {"function": Named("os.getcwd"), "args": [], "kwargs": {}},
                Release.KEEP,
            ),
        ],
        ids=["not registered", "not to be shown", "not to be released", "a builtin", "an import"],
    )
    def test_what_is_not_allowed_is_refused(self, engine: Engine, request_: Request) -> None:
        reply = ask(engine, "alice", request_)
        assert reply.error is not None
        assert reply.error[0] == "ProtocolError"

    def test_what_no_message_can_hold_is_not_sent(self, engine: Engine) -> None:
        for value in (object(), np.array([object()]), lambda: 0, {1, 2}, b"bytes"):
            with pytest.raises(FedError, match="a message cannot hold"):
                engine.call({"alice": echoing(value)})
        assert echoed(engine, "alice", "still there") == "still there"

    def test_random_bytes_are_new_each_time(self, engine: Engine) -> None:
        drawn = [engine.public_random(32) for _ in range(3)]
        assert {len(each) for each in drawn} == {32}
        assert len(set(drawn)) == 3


class StopSuite:
    """An engine ends once and for all."""

    def test_stopping_twice_is_stopping_once_and_asking_then_is_an_error(
        self, open_engine: OpenEngine
    ) -> None:
        engine = open_engine(("alice",))
        offer_operations(engine, ("alice",))
        engine.stop()
        engine.stop()
        with pytest.raises(FedError, match="has ended"):
            engine.call({"alice": echoing(1)})


class DeadlineSuite:
    """Who takes too long is not waited for."""

    def test_a_straggler_is_left_behind_and_takes_part_again(
        self, engine: Engine, tmp_path: Path
    ) -> None:
        go_on = tmp_path / "go on"
        asked: dict[str, Request] = {party: echoing(party) for party in PARTIES}
        asked["bob"] = running(party_functions.wait_for, str(go_on))
        try:
            replies = engine.call(asked, timeout=0.3)
            assert list(replies) == ["alice", "carol"]
            assert not engine.reachable("bob")
            assert engine.reachable("alice")
        finally:
            go_on.touch()
        await_party(engine, "bob")
        assert echoed(engine, "bob", "an answer to this") == "an answer to this"

    def test_an_answer_in_time_is_not_waited_for_longer(self, engine: Engine) -> None:
        assert engine.call({"alice": echoing(1)}, timeout=3600.0).keys() == {"alice"}


class WithdrawalSuite:
    """What a party has not begun in time it does not begin any more."""

    def test_what_was_asked_of_a_straggler_is_taken_back(
        self, engine: Engine, tmp_path: Path
    ) -> None:
        go_on, log = tmp_path / "go on", tmp_path / "log"
        asked = (
            running(party_functions.wait_for, str(go_on)),
            running(party_functions.note, str(log), "too late"),
        )
        try:
            for request in asked:
                assert engine.call({"bob": request}, timeout=0.1) == {}
        finally:
            go_on.touch()
        await_party(engine, "bob")
        assert echoed(engine, "bob", "an answer to this") == "an answer to this"
        assert not log.exists()


class RealPartySuite:
    """Parties that hold rows of their own, in processes of their own."""

    def test_rows_are_not_dealt(self, engine: Engine) -> None:
        assert not engine.simulated
        with pytest.raises(RevealError):
            engine.place("alice", "r0", np.ones(3))

    def test_the_text_of_a_foreign_error_stays(self, engine: Engine) -> None:
        reply = ask(engine, "bob", running(party_functions.fail, "Ann Miller"))
        assert reply.error == ("LookupError", "the party's own log has the details")

    def test_what_a_loader_prints_is_no_answer(self, engine: Engine) -> None:
        assert ask(engine, "bob", running(party_functions.shout, 200_000)).error is None
        assert echoed(engine, "bob", "the answer") == "the answer"

    def test_a_loader_reads_no_request(self, engine: Engine) -> None:
        assert ask(engine, "bob", running(party_functions.read_input)).error is None
        assert echoed(engine, "bob", "still there") == "still there"

    def test_functions_that_nobody_has_reviewed_are_refused(self, engine: Engine) -> None:
        reply = ask(engine, "bob", running(_not_reviewed))
        assert reply.error is not None
        assert reply.error[0] == "ProtocolError"


def _not_reviewed() -> None:
    raise AssertionError("this runs at no party")


def _as_object(value: Any) -> Any:
    held = np.empty((), dtype=object)
    held[()] = value
    return held
