"""Tests of federations on Flower are collected where it is installed: from Python 3.11 on. They use
what the tests of all engines share.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

collect_ignore_glob = [] if find_spec("flwr") else ["test_*.py"]

sys.path.insert(0, str(Path(__file__).parents[1] / "runtime" / "engines"))
pytest.register_assert_rewrite("asking", "conformance", "deaths", "same_script")

from conformance import engine_of_a_class  # noqa: E402, F401
from same_script import simulated_of_a_class  # noqa: E402, F401
