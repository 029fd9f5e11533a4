"""What is made of a run's events: its state, lines of text, the table at a terminal, metrics."""

from __future__ import annotations

import io
import json
import re
import socket
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from fedmigrate.errors import UsageError
from fedmigrate.run.follow import Follower
from fedmigrate.run.launch import launcher_of
from fedmigrate.run.live import drawn
from fedmigrate.run.metrics import MetricsServer, exposition
from fedmigrate.run.state import RunState
from fedmigrate.run.text import estimate, in_bytes, in_time, lines_of, still_running
from fedmigrate.run.views import Log

PARTIES = ["alice", "bob", "carol"]


def start(**given: Any) -> dict[str, Any]:
    told = {"parties": PARTIES, "engine": "flower", "simulated": False, "checkpoint": None}
    return {"event": "start", "time": 100.0, "kept": 0, **told, **given}


def one_round(time: float = 101.0, **given: Any) -> dict[str, Any]:
    sizes = dict.fromkeys(PARTIES, 1000)
    told = {
        "sent": sizes,
        "received": sizes,
        "seconds": 0.5,
        "each": {},
        "missing": [],
        "failed": [],
    }
    return (
        {"event": "round", "time": time, "operation": "gram", "purpose": "Ridge.fit"} | told | given
    )


def operation(state: str, time: float = 100.5) -> dict[str, Any]:
    told = {"purpose": "Ridge.fit", "state": state, "rounds": 1, "seconds": 2.5}
    return {"event": "operation", "time": time, **told}


def step(number: int, time: float, of: int | None = None, loss: float | None = None) -> Any:
    told = {"purpose": "Ridge.fit", "step": number, "of": of, "loss": loss}
    return {"event": "loss", "time": time, **told}


def presence(change: str, party: str, present: list[str]) -> dict[str, Any]:
    told = {"purpose": "Ridge.fit", "operation": "gram", "reason": "it lost its rows"}
    return {"event": "presence", "time": 102.0, "change": change, "party": party, **told} | {
        "present": present
    }


def state_after(*events: dict[str, Any]) -> RunState:
    state = RunState()
    for event in events:
        state.take(event)
    return state


class TestState:
    def test_rounds_and_bytes_add_up(self) -> None:
        state = state_after(start(), one_round(), one_round(received={"alice": 5}))
        assert (state.rounds, state.sent, state.received) == (2, 6000, 3005)
        assert state.parties["alice"].rounds == 2
        assert state.parties["bob"].rounds == 1

    def test_who_is_missing_is_so_until_it_is_back(self) -> None:
        state = state_after(start(), presence("missing", "bob", ["alice", "carol"]))
        assert state.missing == ["bob"]
        state.take(presence("back", "bob", PARTIES))
        assert state.missing == []
        assert state.parties["bob"].dropouts == 1

    def test_stragglers_are_told_only_where_times_are_measured(self) -> None:
        state = state_after(start(), one_round())
        assert state.stragglers == []
        state.take(one_round(each={"alice": 0.1, "bob": 0.1, "carol": 0.5}))
        assert state.stragglers == ["carol"]

    def test_thousandths_of_a_second_make_no_straggler(self) -> None:
        measured = one_round(each={"alice": 0.001, "bob": 0.001, "carol": 0.009})
        assert state_after(start(), measured).stragglers == []

    def test_the_end_is_unknown_unless_the_number_of_steps_is_known(self) -> None:
        state = state_after(start(), operation("begun"), step(1, 101.0), step(2, 102.0))
        assert estimate(state.operation) == "unknown"

    def test_one_step_is_no_ground_for_an_estimate(self) -> None:
        state = state_after(start(), operation("begun"), step(1, 101.0, of=10))
        assert estimate(state.operation) == "unknown"

    def test_the_end_is_estimated_from_the_steps_so_far(self) -> None:
        state = state_after(start(), operation("begun"), step(1, 101.0, 10), step(3, 105.0, 10))
        assert estimate(state.operation) == "in 14 s at most"

    def test_no_operation_has_no_end(self) -> None:
        assert estimate(None) == "unknown"

    def test_kinds_of_later_versions_are_passed_over(self) -> None:
        assert state_after(start(), {"event": "eclipse", "time": 101.0}).rounds == 0


class TestText:
    def test_a_heartbeat_tells_how_far_it_is(self) -> None:
        events = [start(), operation("begun"), one_round(), step(4, 101.0, 100, 0.25)]
        state = state_after(*events, presence("missing", "bob", ["alice", "carol"]))
        assert still_running(state) == (
            "still running: Ridge.fit, round 1, step 4 of at most 100, loss 0.25, end unknown; "
            "1 rounds, 3.0 kB to the parties, 3.0 kB from them; missing: bob"
        )

    @pytest.mark.parametrize(
        ("event", "line"),
        [
            (start(), "3 parties on engine 'flower': alice, bob, carol"),
            (operation("ended"), "Ridge.fit: 1 rounds, 2.50 s"),
            (
                presence("missing", "bob", ["alice"]),
                "bob did not answer (Ridge.fit); takes part now: alice",
            ),
            (presence("back", "bob", PARTIES), "bob takes part again; takes part now: alice, bob"),
            (presence("left out", "bob", ["alice"]), "bob answers again, but stays out: it lost"),
        ],
        ids=lambda value: value if isinstance(value, str) else value["event"],
    )
    def test_events_of_note_are_a_line(self, event: dict[str, Any], line: str) -> None:
        assert next(iter(lines_of(event, RunState()))).startswith(line)

    @pytest.mark.parametrize("event", [one_round(), operation("begun"), step(1, 100.0)])
    def test_what_comes_by_the_thousand_is_none(self, event: dict[str, Any]) -> None:
        assert list(lines_of(event, RunState())) == []

    @pytest.mark.parametrize(
        ("size", "told"),
        [
            (0, "0 bytes"),
            (999, "999 bytes"),
            (1000, "1.0 kB"),
            (2_500_000, "2.5 MB"),
            (10**13, "10,000.0 GB"),
        ],
    )
    def test_bytes(self, size: int, told: str) -> None:
        assert in_bytes(size) == told

    @pytest.mark.parametrize(
        ("seconds", "told"), [(0.123, "0.12 s"), (59.6, "60 s"), (600, "10 min"), (9000, "2.5 h")]
    )
    def test_durations(self, seconds: float, told: str) -> None:
        assert in_time(seconds) == told

    def test_a_log_has_a_heartbeat_after_half_a_minute_of_silence(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        now = [0.0]
        log, state = Log(lambda: now[0]), state_after(start())
        for seconds in (10.0, 31.0, 32.0):
            now[0] = seconds
            log.tick(state)
        assert capsys.readouterr().err.count("still running: between operations") == 1


class TestTable:
    def shown(self, state: RunState) -> str:
        console = Console(file=io.StringIO(), width=100)
        console.print(drawn(state))
        text = console.file.getvalue()  # type: ignore[attr-defined]
        return re.sub(" +", " ", text)

    def test_parties_come_with_what_went_to_them_and_came_back(self) -> None:
        events = [start(), operation("begun"), one_round(), step(2, 101.5, None, 0.5)]
        text = self.shown(state_after(*events, presence("missing", "bob", ["alice", "carol"])))
        assert "bob missing 1 1.0 kB 1.0 kB unknown" in text
        assert "Ridge.fit: round 1, 1.50 s, step 2, loss 0.5, ends unknown" in text
        assert text.index("bob") < text.index("alice")

    def test_a_slow_party_is_marked(self) -> None:
        measured = one_round(each={"alice": 0.1, "bob": 0.1, "carol": 0.5})
        assert "carol slow 1 1.0 kB 1.0 kB 0.500" in self.shown(state_after(start(), measured))

    def test_a_thousand_parties_leave_room_for_the_rest(self) -> None:
        many = [f"p{number}" for number in range(1000)]
        text = self.shown(state_after(start(parties=many)))
        assert "and 988 more" in text
        assert len(text.splitlines()) < 20


class TestMetrics:
    def test_every_line_is_of_the_text_format(self) -> None:
        measured = one_round(each={"alice": 0.25})
        events = [start(), operation("begun"), measured, step(1, 101.0, 5, 0.5)]
        name, label = r"[a-z_]+", r'\{[a-z]+="(\\.|[^"\\])*"\}'
        sample = re.compile(rf"({name})({label})? -?[0-9.e+-]+")
        typed = set()
        for line in exposition(state_after(*events)).splitlines():
            if line.startswith("# TYPE "):
                typed.add(line.split()[2])
            elif not line.startswith("# HELP "):
                found = sample.fullmatch(line)
                assert found, line
                assert found[1] in typed
        assert "fedmigrate_party_seconds_total" in typed
        assert "fedmigrate_loss" in typed

    def test_what_is_not_measured_is_left_out(self) -> None:
        text = exposition(state_after(start(), one_round()))
        assert "fedmigrate_party_seconds_total" not in text
        assert "fedmigrate_loss" not in text
        assert "fedmigrate_run_exit_code" not in text

    def test_names_are_escaped(self) -> None:
        state = state_after(
            start(), operation("begun") | {"purpose": 'f("x")\n'}, step(1, 1, None, 1)
        )
        assert r'fedmigrate_loss{purpose="f(\"x\")\n"} 1' in exposition(state)

    def test_they_are_answered_on_this_machine_only(self) -> None:
        server = MetricsServer(0, lambda: "fedmigrate_rounds_total 3\n")
        try:
            assert server.address.startswith("http://127.0.0.1:")
            with urllib.request.urlopen(server.address, timeout=600) as answer:
                assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
                assert answer.read() == b"fedmigrate_rounds_total 3\n"
            with pytest.raises(urllib.error.HTTPError, match="404"):
                urllib.request.urlopen(server.address + "2", timeout=600)
        finally:
            server.close()

    def test_a_port_that_is_taken_is_wrong_usage(self) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            with pytest.raises(UsageError, match=f"--metrics-port {port}: cannot be listened on"):
                MetricsServer(port, str)


class TestFollowing:
    def test_a_torn_line_waits_for_its_end(self, tmp_path: Path) -> None:
        path = tmp_path / "events.jsonl"
        follower = Follower(path)
        assert list(follower.new()) == []
        whole = json.dumps({"event": "round"}).encode() + b"\n"
        path.write_bytes(whole + whole[:5])
        assert len(list(follower.new())) == 1
        assert list(follower.new()) == []
        with path.open("ab") as file:
            file.write(whole[5:])
        assert list(follower.new()) == [{"event": "round"}]


@pytest.mark.parametrize("engine", ["local", "processes", "flower", "secretflow"])
def test_every_engine_has_a_way_of_launching(engine: str) -> None:
    assert engine in launcher_of(engine).ENGINES


def test_an_engine_of_a_typo_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match=r"engine 'flowr' is not one of .*flower"):
        launcher_of("flowr")
