"""What holds for any script: the gate, effort in proportion to length, no crash on odd code."""

from __future__ import annotations

import sys

import pytest

from fedmigrate.analysis import analyse
from fedmigrate.errors import SourceError
from fedmigrate.gate import worth_parsing
from fedmigrate.source import Source


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"from sklearn.svm import SVC\nSVC().fit(X, y)", True),
        (b"from sklearn.model_selection import cross_val_score", True),
        (b"import sklearn\nprint(1)", False),
        (b"model.fit(X, y)", False),
        (b"", False),
        (b"\xff\xfe sklearn fit", True),
    ],
    ids=["fit", "cross-validation", "no-fit", "no-sklearn", "empty", "not-text"],
)
def test_gate(data: bytes, expected: bool) -> None:
    assert worth_parsing(data) is expected


def _events(text: str) -> int:
    """Function calls that analysing a script takes: a measure that no machine changes."""
    source = Source("s.py", text)
    _ = source.tree
    calls = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        analyse(source)
    finally:
        sys.setprofile(None)
    return calls


REPEATED = {
    "flat": "df = pd.read_csv('x')\nm = Ridge()\nm.fit(df[['a']], df['b'])\nprint(df.head())\n",
    "branches": "if a:\n    x = Ridge()\nelif b:\n    x = 1\nelse:\n    x = df\n",
    "loops": "for m in [Ridge(), Ridge(2)]:\n    m.fit(df[['a']], df['b'])\n",
    "growing-list": "ms.append(Ridge())\nfor m in ms:\n    m.fit(df[['a']], df['b'])\n",
    "calls": "train(Ridge(), df[['a']], df['b'])\n",
    "growing-dictionary": "d[len(d)] = Ridge()\n",
}
HEAD = """\
import pandas as pd
from sklearn.linear_model import Ridge
df = pd.read_csv('x')
ms = []
d = {}
def train(m, X, y):
    m.fit(X, y)
    return m
"""


@pytest.mark.parametrize("text", REPEATED.values(), ids=REPEATED.keys())
def test_effort_grows_with_the_length(text: str) -> None:
    short, long = (_events(HEAD + text * repeats) for repeats in (150, 600))
    assert long < 5 * short


def test_loops_in_loops_do_not_multiply() -> None:
    def nested(depth: int) -> str:
        lines = [" " * level + f"for v{level} in w:" for level in range(depth)]
        return "\n".join([*lines, " " * depth + "x = v0"]) + "\n"

    assert _events(nested(18)) < 8 * _events(nested(9))


def test_calls_in_calls_do_not_multiply() -> None:
    def chain(length: int) -> str:
        functions = ["def f0(x):\n    return x\n"]
        functions += [
            f"def f{n}(x):\n    f{n - 1}([x])\n    return f{n - 1}((x,))\n"
            for n in range(1, length)
        ]
        return "".join(functions) + f"f{length - 1}(1)\n"

    assert _events(chain(40)) < 8 * _events(chain(20))


ODD = {
    "recursion": "def f(x):\n    return f(x)\nf(1)\n",
    "mutual-recursion": "def f(x):\n    return g(x)\ndef g(x):\n    return f(x)\nf(1)\n",
    "class-that-is-its-own-base": "class A: pass\nclass A(A): pass\nA().fit(1)\n",
    "method-of-itself": "class A:\n    def f(self): return self.f()\nA().f()\n",
    "names-without-value": "del q\nq.fit(w)\nq[w] = e\n(a, *b), c = d\n",
    "generator": "def g():\n    x = yield 1\n    yield from g()\nfor a in g(): pass\n",
    "async": "async def f():\n    async with a as b:\n        async for c in b: await c\n",
    "match": (
        "match x:\n    case {'a': b, **c}: b.fit(c)\n    case [d, *e]: pass\n    case _: pass\n"
    ),
    "everything-starred": "f(*a, **b)\n[*a]\n{**b}\nprint(*a, sep='')\nx = *a, 1\n",
    "list-in-itself": "a = []\na.append(a)\nfor b in a: b.fit(a)\nprint(a)\n",
    "dictionary-in-itself": "a = {}\na['a'] = a\na['a']['a'].fit(a)\n",
    "object-in-itself": "class A: pass\na = A()\na.b = a\na.b.b.fit(a)\n",
    "tuple-growing-in-a-loop": "t = ()\nfor i in x:\n    t = t + (i,)\n    t = (t, t)\n",
    "global-and-nonlocal": (
        "def f():\n    global g\n    g = 1\n    h = 2\n    def k():\n        nonlocal h\n"
        "        h = 3\n    k()\nf()\n"
    ),
    "lambda-default": "f = lambda x=(lambda: 1), *a, k=2, **b: x()\nf(1, 2, z=3)\n",
    "nested-f-string": "f'{f\"{a!r:>{w}}\"}'\n",
    "try-else-finally": (
        "try:\n    a = 1\nexcept (A, B) as e:\n    pass\nelse:\n    b\nfinally:\n    c\n"
    ),
    "decorators": "@a.b(c)\nclass D:\n    @property\n    def e(self): return self.e\nD().e\n",
    "walrus-in-comprehension": "[y := f(x) for x in z if (w := x)]\n",
    "ellipsis-and-bytes": "x[..., None] = b'1', 1j, ...\n",
    "type-annotations": (
        "x: int\ny: 'A' = 1\ndef f(a: int, /, b, *, c) -> None: ...\nf(1, 2, c=3)\n"
    ),
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD.keys())
def test_odd_code_is_followed_without_a_crash(text: str) -> None:
    analyse(Source("s.py", "import sklearn\n" + text))


def test_long_chains_of_elif_and_sums_are_no_problem() -> None:
    tests = "".join(f"elif a == {n}:\n    b = {n}\n" for n in range(150))
    analyse(Source("s.py", f"if a:\n    b = 0\n{tests}x = {' + '.join(['b'] * 800)}\n"))


def test_nesting_beyond_reason_is_named() -> None:
    with pytest.raises(SourceError, match="FM901"):
        analyse(Source("s.py", "x = a" + ".b()" * 900))


def test_the_same_script_gives_the_same_sites() -> None:
    text = HEAD + "".join(REPEATED.values())
    assert analyse(Source("s.py", text)) == analyse(Source("s.py", text))
