"""The engine that the suites are run over, opened as a test file says."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("asking", "conformance", "deaths", "same_script")

from conformance import engine_of_a_class  # noqa: E402, F401
from same_script import simulated_of_a_class  # noqa: E402, F401
