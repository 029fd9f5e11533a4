"""The default engine: parties on threads of this process."""

from __future__ import annotations

import pytest
from conformance import DeadlineSuite, MessageSuite, StopSuite, WithdrawalSuite
from subjects import OpenEngine

from fedruntime.engines.local import LocalEngine


@pytest.fixture(scope="class")
def open_engine() -> OpenEngine:
    return LocalEngine


class TestLocalEngine(MessageSuite, DeadlineSuite, WithdrawalSuite, StopSuite):
    pass
