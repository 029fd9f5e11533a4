"""The state of a run for Prometheus, in its text format (version 0.0.4): in a file, as its node
exporter's text file collector reads it, or over HTTP on this machine.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

from fedmigrate.errors import UsageError
from fedmigrate.run.state import FAILED, FINISHED, INTERRUPTED, RUNNING, RunState

_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_STATES = (RUNNING, FINISHED, FAILED, INTERRUPTED)
_HOST = "127.0.0.1"
Sample = tuple[Mapping[str, str], float]


class _Metric(NamedTuple):
    kind: str
    help: str
    samples: Callable[[RunState], Iterator[Sample]]


def exposition(state: RunState) -> str:
    """All metrics of a run, as text."""
    lines = []
    for name, metric in _METRICS.items():
        samples = list(metric.samples(state))
        if samples:
            lines += [f"# HELP {name} {metric.help}", f"# TYPE {name} {metric.kind}"]
            lines += [f"{name}{_labels(labels)} {value:.15g}" for labels, value in samples]
    return "\n".join(lines) + "\n"


class MetricsServer:
    """Answers ``GET /metrics`` on the loopback interface, until it is closed.

    Parameters
    ----------
    port : int
        0 takes one that is free.
    text : callable
        Gives what is answered.

    Raises
    ------
    UsageError
        If the port is taken.
    """

    def __init__(self, port: int, text: Callable[[], str]) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                found = self.path.partition("?")[0] == "/metrics"
                body = text().encode() if found else b"metrics are at /metrics\n"
                self.send_response(200 if found else 404)
                self.send_header("Content-Type", _TYPE)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Scrapes are not worth a line."""

        try:
            self._server = ThreadingHTTPServer((_HOST, port), Handler)
        except OSError as error:
            raise UsageError(
                f"--metrics-port {port}: cannot be listened on: {error.strerror}"
            ) from error
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://{_HOST}:{self._server.server_address[1]}/metrics"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _one(value: Callable[[RunState], float | None]) -> Callable[[RunState], Iterator[Sample]]:
    def samples(state: RunState) -> Iterator[Sample]:
        found = value(state)
        if found is not None:
            yield {}, found

    return samples


def _by_party(name: str) -> Callable[[RunState], Iterator[Sample]]:
    def samples(state: RunState) -> Iterator[Sample]:
        for party, known in state.parties.items():
            yield {"party": party}, float(getattr(known, name))

    return samples


def _states(state: RunState) -> Iterator[Sample]:
    for name in _STATES:
        yield {"state": name}, float(state.state == name)


def _seconds(state: RunState) -> Iterator[Sample]:
    for name, party in state.parties.items():
        if party.measured:
            yield {"party": name}, party.seconds


def _loss(state: RunState) -> Iterator[Sample]:
    now = state.operation
    if now is not None and now.loss is not None:
        yield {"purpose": now.purpose}, now.loss


_METRICS = {
    "fedmigrate_run_state": _Metric("gauge", "1 for the state that the run is in.", _states),
    "fedmigrate_run_began_seconds": _Metric(
        "gauge", "When the first event came, since 1970.", _one(lambda state: state.began)
    ),
    "fedmigrate_run_last_event_seconds": _Metric(
        "gauge", "When the last event came, since 1970.", _one(lambda state: state.last)
    ),
    "fedmigrate_run_exit_code": _Metric(
        "gauge", "Of the run, once it has ended.", _one(lambda state: state.exit_code)
    ),
    "fedmigrate_rounds_total": _Metric(
        "counter", "Round trips to the parties.", _one(lambda state: state.rounds)
    ),
    "fedmigrate_round_seconds_total": _Metric(
        "counter", "Time spent in round trips.", _one(lambda state: state.round_seconds)
    ),
    "fedmigrate_fits_total": _Metric(
        "counter", "Fits that are done.", _one(lambda state: state.operations)
    ),
    "fedmigrate_loss": _Metric("gauge", "Of the fit that is under way.", _loss),
    "fedmigrate_party_present": _Metric(
        "gauge", "1 if the party takes part now.", _by_party("present")
    ),
    "fedmigrate_party_answers_total": _Metric(
        "counter", "Requests that the party has answered.", _by_party("rounds")
    ),
    "fedmigrate_party_dropouts_total": _Metric(
        "counter", "How often the party was found missing.", _by_party("dropouts")
    ),
    "fedmigrate_party_sent_bytes_total": _Metric(
        "counter", "Bytes of messages to the party.", _by_party("sent")
    ),
    "fedmigrate_party_received_bytes_total": _Metric(
        "counter", "Bytes of messages from the party.", _by_party("received")
    ),
    "fedmigrate_party_seconds_total": _Metric(
        "counter", "Time that the party's answers took, where it is measured.", _seconds
    ),
}
