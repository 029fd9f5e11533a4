"""Which scripts ``verify`` compares, and which arguments it refuses before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from fedmigrate.convert import convert
from fedmigrate.errors import SourceError, UsageError
from fedmigrate.plan import Options
from fedmigrate.source import read
from fedmigrate.verify.pair import Pair, find_pair

_SCRIPT = """\
import numpy as np
from sklearn.linear_model import Ridge

X = np.loadtxt("x.csv")
shift = np.ones(3)
model = Ridge()
model.fit(X[:, 1:] + shift, X[:, 0])
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "train.py"
    path.write_text(_SCRIPT)
    return path


def _pair(*paths: Path) -> Pair:
    return find_pair(tuple(map(str, paths)))


def _converted(script: Path, options: Options | None = None) -> bytes:
    return convert(read(script), options or Options()).data


def test_a_conversion_that_is_not_there_is_made_and_not_written(script: Path) -> None:
    pair = _pair(script)
    assert (pair.written, pair.stale) == (False, False)
    assert pair.conversion.path == str(script.with_name("train_fed.py"))
    assert pair.conversion.encode(pair.conversion.text) == _converted(script)
    assert list(script.parent.iterdir()) == [script]


def test_a_conversion_beside_the_script_is_taken_as_it_is(script: Path) -> None:
    beside = script.with_name("train_fed.py")
    beside.write_bytes(_converted(script) + b"# mine\n")
    pair = _pair(script)
    assert (pair.written, pair.stale) == (True, True)
    assert pair.conversion.text.endswith("# mine\n")


def test_a_conversion_by_another_name_is_taken(script: Path) -> None:
    elsewhere = script.with_name("other.py")
    elsewhere.write_bytes(_converted(script))
    pair = _pair(script, elsewhere)
    assert (pair.written, pair.stale, pair.conversion.path) == (True, False, str(elsewhere))


def test_a_conversion_with_its_own_options_is_not_stale(script: Path) -> None:
    options = Options(parties=("north", "south", "east"))
    script.with_name("train_fed.py").write_bytes(_converted(script, options))
    assert not _pair(script).stale


def test_a_script_that_changed_since_makes_its_conversion_stale(script: Path) -> None:
    script.with_name("train_fed.py").write_bytes(_converted(script))
    assert not _pair(script).stale
    script.write_text(_SCRIPT.replace("Ridge()", "Ridge(alpha=2)"))
    assert _pair(script).stale


def test_only_loads_at_the_parties_are_sampled(script: Path) -> None:
    loads = [_SCRIPT[span.start : span.end] for span in _pair(script).loads]
    assert loads == ['np.loadtxt("x.csv")']


@pytest.mark.parametrize(
    ("conversion", "message"),
    [
        pytest.param(_SCRIPT, "is not federated: it does not import fedruntime", id="a script"),
        pytest.param("", "is not federated", id="empty"),
    ],
)
def test_what_is_no_conversion_is_refused(script: Path, conversion: str, message: str) -> None:
    other = script.with_name("other.py")
    other.write_text(conversion)
    with pytest.raises(UsageError, match=message):
        _pair(script, other)


def test_a_script_is_no_conversion_of_itself(script: Path) -> None:
    with pytest.raises(UsageError, match=r"train\.py is not federated"):
        _pair(script, script)


def test_a_federated_script_of_another_name_is_refused_without_a_guess(tmp_path: Path) -> None:
    path = tmp_path / "train.py"
    path.write_text("import fedruntime as sf\n")
    with pytest.raises(UsageError, match=r"train\.py is federated already$"):
        _pair(path)


@pytest.mark.parametrize("content", ["x = (\n", "model.fit(\n", "\x00"])
def test_a_conversion_that_cannot_be_parsed_is_refused_with_its_name(
    script: Path, content: str
) -> None:
    script.with_name("train_fed.py").write_text(content)
    with pytest.raises(SourceError, match=r"train_fed\.py"):
        _pair(script)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="FM903"):
        _pair(tmp_path)
