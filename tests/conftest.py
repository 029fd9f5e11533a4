"""What all tests share: no settings of the machine's owner, and a fresh federation each."""

from __future__ import annotations

import os
from importlib.metadata import packages_distributions

import pytest
from hypothesis import settings

# The same examples in every run, on any machine.
settings.register_profile("fedmigrate", derandomize=True, deadline=None, database=None)
settings.load_profile("fedmigrate")


# SecretFlow needs an environment of its own: make test-secretflow.
collect_ignore = [] if "secretflow" in packages_distributions() else ["secretflow"]


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in list(os.environ):
        if variable.startswith("FEDMIGRATE_"):
            monkeypatch.delenv(variable)
