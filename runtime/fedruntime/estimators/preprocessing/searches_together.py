"""Searches of scipy's for one number each, driven at the same pace: what all of them want to know
next is asked in one round.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from queue import SimpleQueue
from threading import Thread

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Search = Callable[[Callable[[float], float]], float]
Evaluate = Callable[[Integers, Floats], Floats]

_AT_ONCE = 256  # threads


def search_together(searches: Sequence[Search], evaluate: Evaluate) -> Floats:
    """Run searches that each evaluate a function of their own, all of them in the same rounds.

    Parameters
    ----------
    searches : sequence of callable
        ``search(function) -> result``, such as a scipy minimiser of one variable.
    evaluate : callable
        ``(numbers of searches, arguments) -> values``, called with what those that are not done
        ask for.

    Returns
    -------
    ndarray of shape (len(searches),)
    """
    found = np.empty(len(searches))
    for start in range(0, len(searches), _AT_ONCE):
        chosen = range(start, min(start + _AT_ONCE, len(searches)))
        _run({number: _Running(searches[number]) for number in chosen}, evaluate, found)
    return found


def _run(running: dict[int, _Running], evaluate: Evaluate, found: Floats) -> None:
    asked = {number: search.wait() for number, search in running.items()}
    while running:
        for number, argument in asked.items():
            if argument is None:
                found[number] = running.pop(number).result()
        open_questions = {number: asked[number] for number in running}
        if not open_questions:
            return
        values = evaluate(
            np.array(list(open_questions), dtype=np.int64),
            np.array(list(open_questions.values()), dtype=np.float64),
        )
        for number, value in zip(open_questions, values.tolist(), strict=True):
            running[number].answers.put(value)
        asked = {number: running[number].wait() for number in open_questions}


class _Running:
    """A search in a thread of its own, which waits whenever it has asked for a value."""

    def __init__(self, search: Search) -> None:
        self._search = search
        self._questions: SimpleQueue[float | None] = SimpleQueue()
        self.answers: SimpleQueue[float] = SimpleQueue()
        self._outcome: float | BaseException | None = None
        Thread(target=self._run, daemon=True).start()

    def wait(self) -> float | None:
        """What the search asks for next; None once it is done."""
        return self._questions.get()

    def result(self) -> float:
        """The search's result, or the exception that ended it."""
        if isinstance(self._outcome, BaseException):
            raise self._outcome
        assert self._outcome is not None
        return self._outcome

    def _run(self) -> None:
        try:
            self._outcome = float(self._search(self._ask))
        except BaseException as error:  # handed on by result
            self._outcome = error
        self._questions.put(None)

    def _ask(self, argument: float) -> float:
        self._questions.put(float(argument))
        return self.answers.get()
