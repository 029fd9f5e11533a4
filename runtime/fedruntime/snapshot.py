"""What a fit may have changed when it has to begin again: the attributes of estimators and handles,
and the state of the random generators that it draws from.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.model_selection import BaseCrossValidator, BaseShuffleSplit

from fedruntime.attempts import Restartable

_WITH_STATE = (BaseEstimator, BaseCrossValidator, BaseShuffleSplit, Restartable)


class Snapshot:
    """The state of values, of the parts they have, and of numpy's global generator.

    Parameters
    ----------
    given : value
        Arguments of an operation: estimators, splitters, generators, handles, and containers of
        these. Everything else is taken to stay as it is.
    """

    def __init__(self, given: Any) -> None:
        self._restore: list[Callable[[], None]] = []
        self._seen: set[int] = set()
        legacy = np.random.get_state()
        self._restore.append(lambda: np.random.set_state(legacy))
        self._take(given)

    def restore(self) -> None:
        """Bring everything back to how it was."""
        for restore in self._restore:
            restore()

    def _take(self, value: Any) -> None:
        if isinstance(value, list | tuple):
            for entry in value:
                self._take(entry)
        elif isinstance(value, Mapping):
            for entry in value.values():
                self._take(entry)
        elif id(value) in self._seen:
            return
        elif isinstance(value, np.random.RandomState):
            self._take_random_state(value)
        elif isinstance(value, np.random.Generator):
            self._take_generator(value)
        elif isinstance(value, _WITH_STATE):
            self._take_attributes(value)

    def _take_random_state(self, random_state: np.random.RandomState) -> None:
        self._seen.add(id(random_state))
        state = random_state.get_state()
        self._restore.append(lambda: random_state.set_state(state))

    def _take_generator(self, generator: np.random.Generator) -> None:
        self._seen.add(id(generator))
        state = copy.deepcopy(generator.bit_generator.state)
        self._restore.append(lambda: setattr(generator.bit_generator, "state", state))

    def _take_attributes(self, value: Any) -> None:
        self._seen.add(id(value))
        attributes = vars(value)
        fits = issubclass(type(value), BaseEstimator)  # an FLModel says that it is one, too
        parameters = value.get_params(deep=False) if fits else attributes
        kept = copy.deepcopy if fits and getattr(value, "warm_start", False) else _kept
        before = {
            name: entry if name in parameters else kept(entry) for name, entry in attributes.items()
        }

        def restore() -> None:
            attributes.clear()
            attributes.update(before)

        self._restore.append(restore)
        self._take(list(before.values()))


def _kept(value: Any) -> Any:
    """A fitted attribute: containers by value, as a fit may change them where they are."""
    return copy.copy(value) if isinstance(value, list | dict | np.ndarray) else value
