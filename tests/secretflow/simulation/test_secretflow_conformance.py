"""What every engine has to do, on SecretFlow's simulation."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from conformance import DeadlineSuite, MessageSuite, StopSuite
from subjects import SCRIPT_NAME, OpenEngine, write_folders

from fedruntime.engines.secretflow.simulation import SimulatedSecretFlow


@pytest.fixture(scope="class")
def open_engine(tmp_path_factory: pytest.TempPathFactory) -> OpenEngine:
    def opened(parties: Sequence[str]) -> SimulatedSecretFlow:
        folders = write_folders(tmp_path_factory.mktemp("parties"))
        return SimulatedSecretFlow(parties, script=folders["alice"] / SCRIPT_NAME)

    return opened


class TestSimulatedSecretFlow(MessageSuite, DeadlineSuite):
    pass


class TestStoppingSimulatedSecretFlow(StopSuite):
    """A class of its own: one process holds one simulation."""
