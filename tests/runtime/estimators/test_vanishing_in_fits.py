"""Over the whole registry: a party vanishes in the middle of a fit, and the fit of the others' rows
comes out, bit by bit.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from fitted import differences
from sklearn.base import clone
from specimens import Specimen, defaults
from vanishing import PARTIES, How, Pool, Vanishing, VanishingEngine, federation_of

from fedruntime import FLModel, PlainAggregator
from fedruntime.federation import Federation

_MISSING = 1
_WAYS: tuple[How, ...] = ("before", "after", "late")


def _fit(specimen: Specimen, federation: Federation, pool: Pool, *missing: int) -> Any:
    model = FLModel(model=clone(specimen.model), aggregator=PlainAggregator())
    rows = {
        name: pool.deal(federation, POOL.without(given, *missing))
        for name, given in (("X", specimen.X), ("y", specimen.y))
        if given is not None
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.fit(**rows).to_sklearn()


POOL = Pool(np.arange(91) % len(PARTIES))
_LEFT = Pool(np.unique(POOL.without(POOL.owner, _MISSING), return_inverse=True)[1])


@pytest.mark.parametrize("specimen", list(defaults()), ids=str)
def test_the_fit_of_the_others_rows_comes_out(specimen: Specimen) -> None:
    undisturbed = federation_of()
    _fit(specimen, undisturbed, POOL)
    assert isinstance(undisturbed.engine, VanishingEngine)
    messages = undisturbed.engine.messages
    if not messages:  # fitted from what is public
        return
    left = federation_of(parties=[PARTIES[0], PARTIES[2]], min_parties=None)
    expected = _fit(specimen, left, _LEFT, _MISSING)
    message = messages // 2
    disturbed = federation_of(Vanishing(PARTIES[_MISSING], message, _WAYS[message % len(_WAYS)]))
    found = _fit(specimen, disturbed, POOL)
    assert [entry.event for entry in disturbed.dropouts] == ["missing"]
    assert set(differences(found, expected).values()) <= {0.0}
