"""What the text of a script tells of its loads, and how tables of parties are compared."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

import pytest

from fedmigrate.doctor.asking import Answer, Table
from fedmigrate.doctor.checks import checks, schema
from fedmigrate.doctor.finding import Severity
from fedmigrate.doctor.loads import LoadSite, loads_of
from fedmigrate.doctor.subject import Subject

_HEAD = """\
import pandas as pd
import numpy as np
from fedruntime import init
from sklearn.datasets import load_iris
from own import read_own
PATH = "a.csv"
TWICE = "a.csv"
TWICE = "b.csv"
def read(name): ...
@cached
def cached_read(name): ...
fed = init()
"""
_LINE = _HEAD.count("\n") + 1


def sites(call: str) -> list[LoadSite]:
    return list(loads_of(ast.parse(f"{_HEAD}{call}\n")))


class TestLoads:
    @pytest.mark.parametrize(
        ("call", "loader", "args", "kwargs"),
        [
            ("fed.load(pd.read_csv, 'a.csv')", "pandas.read_csv", ("a.csv",), {}),
            ("fed.load(pd.read_csv, PATH, sep=';')", "pandas.read_csv", ("a.csv",), {"sep": ";"}),
            ("fed.load(np.load, 'a.npy')", "numpy.load", ("a.npy",), {}),
            ("fed.load(load_iris)", "sklearn.datasets.load_iris", (), {}),
            ("fed.load(read, 'a.csv')", "script:__main__.read:9.0", ("a.csv",), {}),
            ("fed.load(cached_read, 1)", "script:__main__.cached_read:10.0", (1,), {}),
            (
                "df = fed.load(pd.read_csv, 'a', usecols=['x'])",
                "pandas.read_csv",
                ("a",),
                {"usecols": ["x"]},
            ),
        ],
    )
    def test_what_the_text_tells(
        self, call: str, loader: str, args: tuple[object, ...], kwargs: Mapping[str, object]
    ) -> None:
        (site,) = sites(call)
        assert site.is_known
        assert (site.line, site.loader, site.args, site.kwargs) == (_LINE, loader, args, kwargs)

    @pytest.mark.parametrize(
        ("call", "unknown"),
        [
            ("fed.load(pd.read_csv, sys.argv[1])", "what sys.argv[1] is"),
            ("fed.load(pd.read_csv, TWICE)", "what TWICE is"),
            ("fed.load(pd.read_csv, **options)", "what options is"),
            ("fed.load(lambda: 1)", "which function lambda: 1 is"),
            ("fed.load(read_own)", "which function read_own is"),
            ("fed.load()", "which loader it calls"),
        ],
    )
    def test_what_it_does_not_tell_is_said(self, call: str, unknown: str) -> None:
        (site,) = sites(call)
        assert not site.is_known
        assert site.unknown == unknown

    @pytest.mark.parametrize("call", ["joblib.load('m')", "other.fed.load(pd.read_csv)", "load(x)"])
    def test_other_loads_are_none(self, call: str) -> None:
        assert sites(call) == []


def frame(rows: int = 20, **columns: str) -> Table:
    return Table("", "frame", rows, len(columns), columns, tuple(columns.values()))


def array(width: int, dtype: str = "float64", entry: str = "data") -> Table:
    return Table(entry, "array", 20, width, {}, (dtype,))


def told(**tables: Table | tuple[Table, ...] | str) -> list[str]:
    """The problems of one load, by what each party has answered."""
    site = LoadSite(3, "fed.load(read)", "script:__main__.read:1.0")
    answers = {}
    for party, given in tables.items():
        if isinstance(given, str):
            answers[party] = Answer(failures={3: given})
        else:
            answers[party] = Answer(tables={3: given if isinstance(given, tuple) else (given,)})
    subject = Subject()
    vars(subject).update(loads=(site,), answers=answers)
    found = [one for one in schema.check(subject) if one.severity is Severity.PROBLEM]
    assert all(one.next for one in found)
    return [f"{one.where}: {one.what}" for one in found]


class TestTables:
    def test_equal_ones_differ_in_nothing(self) -> None:
        one, other = frame(age="int64", weight="float64"), frame(7, age="int64", weight="float64")
        assert told(alice=one, bob=other) == []

    def test_a_column_that_most_do_not_have(self) -> None:
        usual = frame(age="int64")
        assert told(alice=frame(age="int64", mass="float64"), bob=usual, carol=usual) == [
            "line 3, alice: column 'mass' is there; others do not have it"
        ]

    def test_a_column_that_is_missing(self) -> None:
        usual = frame(age="int64", mass="float64")
        assert told(alice=usual, bob=frame(age="int64"), carol=usual) == [
            "line 3, bob: column 'mass' is missing; others have it"
        ]

    def test_another_order(self) -> None:
        usual = frame(a="int64", b="int64")
        assert told(alice=usual, bob=usual, carol=frame(b="int64", a="int64")) == [
            "line 3, carol: has its columns in the order b, a; others have a, b"
        ]

    def test_another_dtype_names_everyone(self) -> None:
        usual = frame(a="int64", b="float64")
        assert told(alice=usual, bob=frame(a="object", b="float64"), carol=usual) == [
            "line 3, column 'a': not the same dtype: int64 at alice, carol; object at bob"
        ]

    def test_everything_that_differs_is_told(self) -> None:
        assert len(told(alice=frame(a="int64", b="str"), bob=frame(c="int64", b="int64"))) == 3

    @pytest.mark.parametrize(
        ("other", "expected"),
        [
            (
                array(5),
                "line 3, entry 'data': not the same width: 4 columns at alice; 5 columns at bob",
            ),
            (
                array(4, "int64"),
                "line 3, entry 'data': not the same dtype: float64 at alice; int64 at bob",
            ),
            (frame(a="int64"), "line 3: not the same parts: data at alice; one table at bob"),
        ],
    )
    def test_arrays(self, other: Table, expected: str) -> None:
        assert told(alice=array(4), bob=other) == [expected]

    def test_a_failure_at_one_party_leaves_the_others_compared(self) -> None:
        found = told(alice=frame(a="int64"), bob="KeyError: ...", carol=frame(a="float64"))
        assert found == [
            "line 3, bob: fed.load(read) failed there: KeyError: ...",
            "line 3, column 'a': not the same dtype: int64 at alice; float64 at carol",
        ]


def test_every_file_of_the_folder_is_a_check() -> None:
    folder = Path(schema.__file__).parent
    files = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert set(checks()) == files
    assert list(checks()) == sorted(files)


def test_the_least_versions_are_those_of_the_distribution() -> None:
    from fedmigrate.doctor.checks.versions import LEAST

    text = (Path(__file__).parents[3] / "pyproject.toml").read_text(encoding="utf-8")
    for library, least in LEAST.items():
        if library != "scipy":  # comes with scikit-learn
            assert f'"{library}>={least}"' in text
