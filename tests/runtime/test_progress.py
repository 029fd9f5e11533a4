"""The progress line appears on long fits at a terminal, and never elsewhere."""

from __future__ import annotations

import io

import pytest

from fedruntime import progress as progress_module
from fedruntime.progress import Progress


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(name="clock")
def _clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(progress_module.time, "monotonic", lambda: now[0])
    return now


def test_a_long_fit_at_a_terminal_shows_its_rounds(
    clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = _Terminal()
    monkeypatch.setattr(progress_module.sys, "stderr", terminal)
    progress = Progress()
    with progress.fit("Ridge.fit"):
        progress.round(2048)
        assert terminal.getvalue() == ""
        clock[0] += 3
        progress.round(2048)
    assert "Ridge.fit" in terminal.getvalue()
    assert "round 2, 4 kB left the parties" in terminal.getvalue()


def test_a_short_fit_shows_nothing(clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _Terminal()
    monkeypatch.setattr(progress_module.sys, "stderr", terminal)
    progress = Progress()
    with progress.fit("outer"), progress.fit("inner"):
        progress.round(1)
        clock[0] += 1.9
        progress.round(1)
    assert terminal.getvalue() == ""


def test_nobody_watching_nothing_shown(clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = io.StringIO()
    monkeypatch.setattr(progress_module.sys, "stderr", pipe)
    progress = Progress()
    with progress.fit("Ridge.fit"):
        clock[0] += 60
        progress.round(1)
    progress.round(1)
    assert pipe.getvalue() == ""
