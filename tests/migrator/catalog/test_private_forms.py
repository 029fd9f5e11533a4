"""What the catalogue says has a private form, against what the runtime fits and lets out."""

from __future__ import annotations

import pytest

import fedruntime.metrics
from fedmigrate.catalog.functions import COUNTERPARTS
from fedmigrate.catalog.private import PRIVATE_FITS, PRIVATE_FUNCTIONS
from fedruntime.estimators.private.families import private_families
from fedruntime.estimators.registry import public_name
from fedruntime.metrics import private_labels


def test_every_private_fit_is_in_the_catalogue() -> None:
    assert set(PRIVATE_FITS) == {public_name(kind) for kind in private_families()}


@pytest.mark.parametrize("name", PRIVATE_FUNCTIONS)
def test_private_functions_have_counterparts(name: str) -> None:
    assert name in COUNTERPARTS
    assert name.rpartition(".")[2] in fedruntime.metrics.__all__


def test_every_metric_of_labels_is_in_the_catalogue() -> None:
    assert private_labels.__doc__
    classification = {
        name
        for name in fedruntime.metrics.__all__
        if getattr(fedruntime.metrics, name).__module__ == "fedruntime.metrics.classification"
    }
    named = {name.rpartition(".")[2] for name in PRIVATE_FUNCTIONS}
    assert classification <= named
