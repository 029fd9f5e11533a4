"""Other draws: the seed of a run reaches the estimators that were given a seed by the script.

Numpy's global seed alone changes nothing for ``random_state=0``; the spread of scores over draws
is then not to be seen. Data and splits keep the seeds that the script gives them.
"""

from __future__ import annotations

from typing import Any

_STEP = 100_003  # apart from seeds that scripts count up by hand


class Draws:
    """Moves the seeds of estimators, each once, by a distance that a run's number sets.

    Parameters
    ----------
    seed : int
        0 for the seeds of the script itself.
    """

    def __init__(self, seed: int) -> None:
        self._by = seed * _STEP
        self._moved: dict[int, Any] = {}  # models by identity, kept alive so that it stays theirs

    def move(self, model: Any) -> Any:
        """The estimator, whose whole-numbered ``random_state`` parameters are moved."""
        if self._by and hasattr(model, "get_params") and id(model) not in self._moved:
            self._moved[id(model)] = model
            seeds = {
                name: value + self._by
                for name, value in model.get_params(deep=True).items()
                if name.rpartition("__")[2] == "random_state" and type(value) is int
            }
            if seeds:
                model.set_params(**seeds)
        return model
