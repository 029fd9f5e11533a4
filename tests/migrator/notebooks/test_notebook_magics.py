"""Magics are made harmless in place: same length, same lines, and Python stays as it is."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedmigrate.notebooks.magics import mask

MASKED = {
    "a line magic": ("%matplotlib inline\nx = 1", "0                 \nx = 1"),
    "a shell line": ("!pip install x", "0             "),
    "continued": ("!ls \\\n  -la\nx = 1", "0    \n     \nx = 1"),
    "in a block": ("if a:\n    %cd x\n    !ls", "if a:\n    0    \n    0  "),
    "help in front": ("?df.head", "0       "),
    "help behind": ("df.head??\nx = 1", "0        \nx = 1"),
    "help on a magic": ("%time?", "0     "),
    "time": ("%time f(x)", "0;    f(x)"),
    "time, assigning": ("%time x = f()", "0;    x = f()"),
    "timeit with options": ("%timeit -n 10 -r3 -q f(x)", "0;                   f(x)"),
    "prun with options": ("%prun -s cumulative f(x)", "0;                  f(x)"),
    "time of a loop": ("%time for i in x: f(i)", "0                     "),
    "time of a shell line": ("%time !ls", "0        "),
    "time of nothing": ("%time", "0    "),
    "assigned shell line": ("a, b = !ls *.csv", "a, b = []       "),
    "assigned magic": ("x = %env HOME", "x = []       "),
    "assigned time": ("m = %time f(x)", "m =       f(x)"),
    "shell line with a quote": ("!echo it's\nx = 1", "0         \nx = 1"),
    "a cell magic above Python": ("%%time\nx = 1\n!ls", "      \nx = 1\n0  "),
    "a cell magic behind empty lines": ("\n\n%%time\nx = 1", "\n\n      \nx = 1"),
    "a cell in another language": ("%%bash\nls -la\n  echo", "      \n      \n      "),
    "a cell that writes a file": ("%%writefile a.py\nx = 1", "                \n     "),
    "an unknown cell magic": ("%%mine a\nx = 1", "        \n     "),
    "a shell cell": ("%%!\nls", "   \n  "),
}
UNTOUCHED = {
    "a semicolon": "model.fit(X, y);",
    "formatting": '"%s" % x\nprint("%d" % 3)',
    "a modulus on a line of its own": "x = (7\n% 2)",
    "a modulus behind a backslash": "x = 7 \\\n% 2",
    "a text with magics": 'x = """\n%matplotlib inline\n!ls\nwhat?\n"""',
    "a comment that asks": "x = 1  # why?\n# %time f(x)\n# !ls",
    "a text that asks": 'print("why?")',
    "not equal": "x != 1",
    "a dictionary": 'x = {"a": 1,\n     "b": [2,\n3]}',
    "an f-string": 'f"{x!r} {y:%d}"',
    "a decorator": "@a\ndef f():\n    pass",
    "Windows newlines": "x = 1\r\ny = 2\r\n",
    "a loop with an else": "for i in x:\n    pass\nelse:\n    y = 1",
    "nothing": "",
    "empty lines": "\n\n  \n",
}


@pytest.mark.parametrize(("cell", "expected"), MASKED.values(), ids=list(MASKED))
def test_masked(cell: str, expected: str) -> None:
    found = mask(cell)
    assert found.text == expected
    ast.parse(found.text)


@pytest.mark.parametrize("cell", UNTOUCHED.values(), ids=list(UNTOUCHED))
def test_python_is_untouched(cell: str) -> None:
    found = mask(cell)
    assert found.text == cell
    assert found.is_python
    assert not found.unfollowed


@pytest.mark.parametrize(
    ("cell", "construct", "trains"),
    [
        ("%run prepare.py", "the magic %run", False),
        ("%time for m in models: m.fit(X, y)", "the magic %time", True),
        ("x = %time !model.fit(X)", "the magic %time", True),
        ("%%writefile train.py\nmodel.fit(X, y)", "the magic %%writefile", True),
        ("%%mine\nmodel.fit_transform(X)", "the magic %%mine", True),
    ],
)
def test_what_is_not_followed_is_told(cell: str, construct: str, trains: bool) -> None:
    (found,) = mask(cell).unfollowed
    assert (found.construct, found.trains) == (construct, trains)
    assert cell[found.start] == "%"


@pytest.mark.parametrize(
    "cell",
    [
        "%%html\n<script>a.fit(1)</script>",
        "%%javascript\nmap.fit (bounds)",
        "%%writefile notes.txt\nnothing",
        "%load_ext autoreload",
        "!python train.py",
        "%time model.fit(X, y)",
        "%%time\nmodel.fit(X, y)",
    ],
)
def test_what_needs_no_word(cell: str) -> None:
    assert not mask(cell).unfollowed


CELL = st.text(st.sampled_from(list("ab=1 \t\n\r%!?#'\"\\()[]:;é")), max_size=80)


@given(st.one_of(CELL, CELL.map("%%time\n".__add__), CELL.map("%%bash\n".__add__)))
def test_every_character_keeps_its_place(cell: str) -> None:
    found = mask(cell)
    assert len(found.text) == len(cell)
    for ours, theirs in zip(found.text, cell, strict=True):
        assert (ours in "\r\n") == (theirs in "\r\n")
    assert 0 <= found.begins <= len(cell)


@given(CELL)
def test_what_python_takes_is_untouched(cell: str) -> None:
    try:
        ast.parse(cell)
    except (SyntaxError, ValueError):
        return
    assert mask(cell).text == cell
