"""Functions of the script as a party makes them from the text that it has reviewed."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from fedruntime import functions
from fedruntime.errors import FedError, ProtocolError, SettingsError, UnsupportedError
from fedruntime.functions import name_of, resolve
from fedruntime.hosting.reviewed_script import ReviewedScript

Look = Callable[[str], Any]
SCRIPT = '''
    """A script."""
    from __future__ import annotations
    import re
    import numpy as np
    from pathlib import Path
    try:
        import tomllib
    except ImportError:
        import tomli as tomllib
    from fedruntime import FLModel, init
    from other import double, Twice

    LIMIT = 120
    NAMES = ["a", "b"] + [f"x{number}" for number in range(2)]
    PATTERN = re.compile("a+")
    TABLE = Path("rows.csv")
    WIDE = np.array([1.0, 2.0]) * LIMIT
    fed = init(parties=["alice", "bob"])
    df = fed.load(open, "x")
    middle = df.mean()
    counter = 0
    twice_set = 1
    twice_set = 2

    def clip(value, limit=LIMIT):
        return min(value, limit)

    def prepare(value: df, names=NAMES):
        df = value
        return [clip(df), len(names), PATTERN.pattern, str(TABLE), WIDE.tolist(), inner(3)]

    def inner(value):
        def add(other):
            return value + other
        return add(1)

    def centred(value):
        return value - middle

    def counting(value):
        global counter
        counter += value

    def unlucky(value):
        return twice_set

    @np.vectorize
    def decorated(value):
        return value + LIMIT

    class Reader:
        factor = LIMIT

        @staticmethod
        def read(value):
            return clip(value) * Reader.factor

    def main():
        scale = 3
        def local(value):
            return clip(value)
        def closed(value):
            return value * scale
        return local, closed, lambda value: double(value) + LIMIT, lambda value: value * scale

    one = lambda value: value + LIMIT; two = lambda value: value - 1
    other = (lambda value:
             Twice().of(value) + twice_set)
    if __name__ == "__main__":
        FACTOR = 7
        def guarded(value):
            return value * FACTOR
'''
OTHER = """
    ADDED = 1
    def double(value):
        return 2 * value
    class Twice:
        def of(self, value):
            return 2 * value + ADDED
"""


def text(source: str) -> str:
    return textwrap.dedent(source).lstrip()


def line_of(part: str, source: str = SCRIPT) -> int:
    lines = [number for number, one in enumerate(text(source).splitlines(), 1) if part in one]
    return lines[0]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "script.py").write_text(text(SCRIPT), encoding="utf-8")
    (tmp_path / "other.py").write_text(text(OTHER), encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(__import__("sys").modules, "other", raising=False)
    return tmp_path


@pytest.fixture
def look(folder: Path) -> Look:
    content = (folder / "script.py").read_bytes()
    return ReviewedScript(folder / "script.py", sha256(content).hexdigest(), "alice")


def test_a_function_has_what_it_needs_and_no_more(look: Look) -> None:
    found = look(f"__main__.prepare:{line_of('def prepare')}.0")(500)
    assert found == [120, 4, "a+", "rows.csv", [120.0, 240.0], 4]


@pytest.mark.parametrize(
    ("name", "part", "given", "expected"),
    [
        ("clip", "def clip", 500, 120),
        ("Reader.read", "def read", 2, 240),
        ("main.<locals>.local", "def local", 500, 120),
        ("guarded", "def guarded", 2, 14),
        ("main.<locals>.<lambda>", "return local, closed", 2, None),
    ],
)
def test_names_lead_to_functions(
    look: Look, name: str, part: str, given: int, expected: int | None
) -> None:
    wanted = f"__main__.{name}:{line_of(part)}.0"
    if expected is None:
        with pytest.raises(UnsupportedError, match="2 lambdas on this line"):
            look(wanted)
    else:
        assert look(wanted)(given) == expected


def test_decorators_are_applied(look: Look) -> None:
    assert look(f"__main__.decorated:{line_of('@np.vectorize')}.0")(2) == 122


def test_modules_beside_the_script_have_functions_too(look: Look) -> None:
    assert look(f"other.double:{line_of('def double', OTHER)}.0")(4) == 8
    assert look(f"other.Twice.of:{line_of('def of', OTHER)}.0")(None, 4) == 9


@pytest.mark.parametrize(
    ("name", "part", "message"),
    [
        ("centred", "def centred", r"centred uses 'middle', which line 20 of script.py computes"),
        ("counting", "def counting", "changes counter"),
        ("unlucky", "def unlucky", r"'twice_set', which lines 22, 23 of script.py all set"),
        ("main.<locals>.closed", "def closed", "closed uses scale of the function around it"),
        ("fed", "fed = init", "computes: parties have imports, definitions and constants only"),
        ("df", "df = fed", "computes"),
        ("<lambda>", "one = lambda", "2 lambdas on this line"),
        ("<lambda>", "(lambda value:", "'twice_set', which lines"),
    ],
)
def test_what_a_party_does_not_have_is_refused(
    look: Look, name: str, part: str, message: str
) -> None:
    with pytest.raises(UnsupportedError, match=message):
        look(f"__main__.{name}:{line_of(part)}.0")


@pytest.mark.parametrize(
    "name",
    ["__main__.nothing:3.0", "__main__.<lambda>:1.0", "elsewhere.f:1.0", "os.system:1.0", "f", ""],
)
def test_what_is_not_in_the_text_is_not_found(look: Look, name: str) -> None:
    with pytest.raises(ProtocolError):
        look(name)


def test_the_script_itself_does_not_run(folder: Path) -> None:
    source = text(SCRIPT) + 'raise SystemExit("it has run")\n'
    (folder / "script.py").write_text(source, encoding="utf-8")
    look = ReviewedScript(folder / "script.py", sha256(source.encode()).hexdigest(), "alice")
    assert look(f"__main__.clip:{line_of('def clip')}.0")(1) == 1


def test_a_module_that_opens_a_federation_is_not_imported(folder: Path) -> None:
    (folder / "other.py").write_text("from fedruntime import init\n" + text(OTHER))
    source = "from other import double\n\ndef four(value):\n    return double(double(value))\n"
    (folder / "script.py").write_text(source, encoding="utf-8")
    look = ReviewedScript(folder / "script.py", sha256(source.encode()).hexdigest(), "alice")
    with pytest.raises(UnsupportedError, match=r"from other.py, which works with the federation"):
        look("__main__.four:3.0")


def test_a_name_from_a_star_is_found(folder: Path) -> None:
    source = "from numpy import *\n\ndef root(value):\n    return sqrt(value)\n"
    (folder / "script.py").write_text(source, encoding="utf-8")
    look = ReviewedScript(folder / "script.py", sha256(source.encode()).hexdigest(), "alice")
    assert look("__main__.root:3.0")(4.0) == 2.0


def test_another_script_is_refused(folder: Path) -> None:
    with pytest.raises(SettingsError, match="is not the script that 'alice' has reviewed"):
        ReviewedScript(folder / "script.py", "0" * 64, "alice")
    with pytest.raises(SettingsError, match="cannot be read"):
        ReviewedScript(folder / "none.py", "0" * 64, "alice")


def test_names_are_those_that_a_running_script_gives(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = text(
        """
        LIMIT = 3
        def outer(value):
            return value + LIMIT
        def make():
            def inside(value):
                return value * LIMIT
            return inside
        short = lambda value: value - LIMIT
        class Kind:
            @staticmethod
            def method(value):
                return value / LIMIT
        """
    )
    (folder / "script.py").write_text(source, encoding="utf-8")
    running: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(source, "script.py", "exec"), running)
    monkeypatch.setattr(functions, "_of_the_script", {})
    monkeypatch.setattr(functions, "_reviewed", [])
    asked = [running["outer"], running["make"](), running["short"], running["Kind"].method]
    names = [name_of(function) for function in asked]
    functions._of_the_script.clear()
    with pytest.raises(ProtocolError, match="the script has no function"):
        resolve(names[0])
    look = ReviewedScript(folder / "script.py", sha256(source.encode()).hexdigest(), "alice")
    functions.look_up_in(look)
    for function, name in zip(asked, names, strict=True):
        found = resolve(name)
        assert found is not function
        assert found(9) == function(9)


def test_errors_are_ours(look: Look) -> None:
    for name in ("__main__.centred:1.0", "__main__.:1.0", ":", "..:1.0", "__main__.<x>:1.0"):
        with pytest.raises(FedError):
            look(name)
