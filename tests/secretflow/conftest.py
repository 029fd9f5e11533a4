"""Puts these tests' own modules on the path, and the suites that every engine has to pass."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

_HERE = Path(__file__).parent
sys.path[:0] = [str(_HERE), str(_HERE.parent / "runtime" / "engines")]
pytest.register_assert_rewrite("asking", "conformance", "same_script")

from conformance import engine_of_a_class  # noqa: E402, F401
from same_script import simulated_of_a_class  # noqa: E402, F401
