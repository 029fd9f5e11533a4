"""Where added lines go, what they are called, and what must not change."""

from __future__ import annotations

import ast
import dataclasses
import re

import pytest

from fedmigrate.convert import convert, convert_plan
from fedmigrate.diagnostics import describe
from fedmigrate.generated import is_generated, read_options
from fedmigrate.names import fresh_names
from fedmigrate.plan import Diagnostic, Options, Plan, Site, SiteKind, Verdict
from fedmigrate.proof import ProofError, prove
from fedmigrate.source import Source, decode

HEADER = "# Converted from train.py by fedmigrate 0.1.0. Change train.py and convert again.\n"
IMPORT = "from fedruntime import FLModel, SecureAggregator, init\n"
SETUP = (
    'fed = init(parties=["alice", "bob"])\n'
    "devices, aggregator = fed.devices, SecureAggregator(fed.spu)\n"
)
LOAD = 'df = pd.read_csv("a.csv")\n'
LOADED = 'df = fed.load(pd.read_csv, "a.csv")\n'
FIT = 'm = Ridge()\nm.fit(df[["x"]], df["y"])\n'
FITTED = (
    "m = FLModel(device_list=devices, model=Ridge(), aggregator=aggregator)\n"
    'm.fit(df[["x"]], df["y"])\n'
)
IMPORTS = "import pandas as pd\nfrom sklearn.linear_model import Ridge\n"
IMPORTED = f"import pandas as pd\n{IMPORT}from sklearn.linear_model import Ridge\n"


def converted(text: str, options: Options | None = None, path: str = "train.py") -> str:
    return convert(Source(path, text), options or Options()).text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            f"{IMPORTS}\n{LOAD}{FIT}",
            f"{HEADER}{IMPORTED}\n{SETUP}\n{LOADED}{FITTED}",
            id="flat",
        ),
        pytest.param(
            f"{IMPORTS}{LOAD}{FIT}",
            f"{HEADER}{IMPORTED}\n{SETUP}\n{LOADED}{FITTED}",
            id="no blank line below the imports",
        ),
        pytest.param(
            f"#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n{IMPORTS}\n{LOAD}{FIT}",
            f"#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n{HEADER}{IMPORTED}\n{SETUP}\n"
            f"{LOADED}{FITTED}",
            id="shebang and cookie stay first",
        ),
        pytest.param(
            f"#!/usr/bin/env python\n{IMPORTS}\n{LOAD}{FIT}",
            f"#!/usr/bin/env python\n{HEADER}{IMPORTED}\n{SETUP}\n{LOADED}{FITTED}",
            id="shebang stays first",
        ),
        pytest.param(
            f'"""Doc."""\n\nfrom __future__ import annotations\n\n{IMPORTS}\n{LOAD}{FIT}',
            f'{HEADER}"""Doc."""\n\nfrom __future__ import annotations\n\n{IMPORTED}\n{SETUP}\n'
            f"{LOADED}{FITTED}",
            id="docstring and future imports keep their rank",
        ),
        pytest.param(
            f"{IMPORTS}\n\ndef main():\n    df = pd.read_csv('a.csv')\n"
            "    Ridge().fit(df[['x']], df['y'])\n\n\nmain()\n",
            f"{HEADER}{IMPORTED}\n{SETUP}\n\ndef main():\n"
            "    df = fed.load(pd.read_csv, 'a.csv')\n"
            "    FLModel(device_list=devices, model=Ridge(), aggregator=aggregator).fit(\n"
            "        df[['x']], df['y']\n    )\n\n\nmain()\n",
            id="inside a function",
        ),
        pytest.param(
            f"import warnings\n\nwarnings.simplefilter('ignore')\n{IMPORTS}\n{LOAD}{FIT}",
            f"{HEADER}import warnings\n\nwarnings.simplefilter('ignore')\n{IMPORTED}\n{SETUP}\n"
            f"{LOADED}{FITTED}",
            id="behind the last import above the first use",
        ),
        pytest.param(
            f"import pandas as pd\n{LOAD}from sklearn.linear_model import Ridge\n{FIT}",
            f"{HEADER}import pandas as pd\n{IMPORT}\n{SETUP}\n{LOADED}"
            f"from sklearn.linear_model import Ridge\n{FITTED}",
            id="scikit-learn imported below the first use",
        ),
        pytest.param(
            "try:\n    import pandas as pd\nexcept ImportError:\n    raise\n"
            f"from sklearn.linear_model import Ridge\n\n{LOAD}{FIT}",
            f"{HEADER}try:\n    import pandas as pd\nexcept ImportError:\n    raise\n{IMPORT}"
            f"from sklearn.linear_model import Ridge\n\n{SETUP}\n{LOADED}{FITTED}",
            id="guarded import",
        ),
        pytest.param(
            f"import pandas as pd; from sklearn.linear_model import Ridge\n{LOAD}{FIT}",
            f"{HEADER}{IMPORT}import pandas as pd; from sklearn.linear_model import Ridge\n\n"
            f"{SETUP}\n{LOADED}{FITTED}",
            id="imports sharing a line",
        ),
        pytest.param(
            f"{IMPORTS}\n# about the data\n{LOAD}{FIT}  # the end",
            f"{HEADER}{IMPORTED}\n{SETUP}\n# about the data\n{LOADED}{FITTED}  # the end",
            id="comments, no final newline",
        ),
        pytest.param(
            f"{IMPORTS}\n{LOAD}m = Ridge(\n    alpha=1,  # why\n)\nm.fit(df[['x']], df['y'])\n",
            f"{HEADER}{IMPORTED}\n{SETUP}\n{LOADED}m = FLModel(\n    device_list=devices,\n"
            "    model=Ridge(\n        alpha=1,  # why\n    ),\n    aggregator=aggregator,\n)\n"
            "m.fit(df[['x']], df['y'])\n",
            id="constructor over several lines, with a comment",
        ),
        pytest.param(
            f"{IMPORTS}\ndf = pd.read_csv(  # here\n    'a.csv',\n    sep=';',\n)\n{FIT}",
            f"{HEADER}{IMPORTED}\n{SETUP}\ndf = fed.load(  # here\n    pd.read_csv,\n"
            f"    'a.csv',\n    sep=';',\n)\n{FITTED}",
            id="loader over several lines, with a comment",
        ),
    ],
)
def test_whole_scripts(before: str, after: str) -> None:
    assert converted(before) == after
    assert converted(after) == after


def test_no_import_above_the_first_use() -> None:
    before = (
        '"""Doc."""\n\n\ndef main():\n    from sklearn.datasets import load_iris\n'
        "    from sklearn.linear_model import Ridge\n\n"
        "    X, y = load_iris(return_X_y=True)\n    m = Ridge()\n    m.fit(X, y)\n"
    )
    assert converted(before) == (
        f'{HEADER}"""Doc."""\n\n{IMPORT}\n{SETUP}\n\ndef main():\n'
        "    from sklearn.datasets import load_iris\n"
        "    from sklearn.linear_model import Ridge\n\n"
        "    X, y = fed.load(load_iris, return_X_y=True)\n"
        "    m = FLModel(device_list=devices, model=Ridge(), aggregator=aggregator)\n"
        "    m.fit(X, y)\n"
    )


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_newlines_are_the_scripts(newline: str) -> None:
    script = f"{IMPORTS}\n{LOAD}m = Ridge(\n    alpha=1,\n)\nm.fit(df[['x']], df['y'])\n"
    unix = converted(script)
    assert converted(script.replace("\n", newline)) == unix.replace("\n", newline)


@pytest.mark.parametrize(
    ("data", "start"),
    [
        pytest.param(b"\xef\xbb\xbf", b"\xef\xbb\xbf# Converted", id="byte order mark"),
        pytest.param(
            b"# coding: latin-1\n# Z\xfcrich\n", b"# coding: latin-1\n# Converted", id="latin-1"
        ),
    ],
)
def test_encodings_survive(data: bytes, start: bytes) -> None:
    source = decode(data + f"{IMPORTS}\n{LOAD}{FIT}".encode("ascii"), "train.py")
    result = convert(source, Options()).data
    assert result.startswith(start)
    assert decode(result, "train_fed.py").encoding == source.encoding
    assert (b"# Z\xfcrich\n" in result) == (b"# Z\xfcrich\n" in data)


def test_taken_names_are_avoided() -> None:
    text = converted(f"{IMPORTS}\nfed = devices = init = FLModel = 0\n{LOAD}{FIT}")
    assert (
        "from fedruntime import FLModel as FedFLModel, SecureAggregator, init as fed_init\n" in text
    )
    assert 'federation = fed_init(parties=["alice", "bob"])\n' in text
    assert (
        "fed_devices, aggregator = federation.devices, SecureAggregator(federation.spu)\n" in text
    )
    assert "m = FedFLModel(device_list=fed_devices, model=Ridge(), aggregator=aggregator)\n" in text


def test_second_names_are_numbered_where_they_are_taken_too() -> None:
    assert fresh_names({"fed", "federation", "federation_2"}).fed == "federation_3"


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (Options(), 'fed = init(parties=["alice", "bob"])\n'),
        (Options(("a", "b", "c")), 'fed = init(parties=["a", "b", "c"])\n'),
        (Options(split="iid"), 'fed = init(parties=["alice", "bob"], split="iid")\n'),
        (
            Options(split="label_skew"),
            'fed = init(parties=["alice", "bob"], split="label_skew", label="y")\n',
        ),
    ],
)
def test_set_up_line(options: Options, line: str) -> None:
    text = converted(f"{IMPORTS}\n{LOAD}{FIT}", options)
    assert line in text
    assert read_options(text.encode(), "train_fed.py") == options


def test_header_holds_the_file_name_only() -> None:
    text = f"{IMPORTS}\n{LOAD}{FIT}"
    assert converted(text, path="/home/me/study/train.py") == converted(text, path="train.py")


@pytest.mark.parametrize("name", ["a\nimport os.py", "Zürich.py", "weird\t.py", "coding=x.py"])
def test_any_file_name_gives_one_comment_line(name: str) -> None:
    source = decode(f"# coding: latin-1\n{IMPORTS}\n{LOAD}{FIT}".encode("latin-1"), name)
    result = convert(source, Options())
    assert is_generated(result.data)
    assert result.text.split("\n")[1].startswith("# Converted from ")
    assert result.text.split("\n")[2] == "import pandas as pd"


FACTS = {"name": "KNN", "receiver": "model", "because": "it is loaded", "expression": "X"}


def site(source: Source, expression: str, kind: SiteKind, verdict: Verdict, *codes: str) -> Site:
    node = next(
        node
        for node in ast.walk(source.tree)
        if isinstance(node, ast.expr) and ast.get_source_segment(source.text, node) == expression
    )
    span = source.span(node)
    line, column = source.position(span.start)
    findings = tuple(Diagnostic(code, line, column, FACTS) for code in codes)
    return Site(kind, verdict, expression, span, line, column, diagnostics=findings)


def by_plan(text: str, *sites: tuple[str, SiteKind, Verdict, str]) -> str:
    source = Source("train.py", text)
    found = tuple(site(source, where, kind, *rest) for where, kind, *rest in sites)
    plan = Plan("train.py", source.sha256, Options(), found)
    return convert_plan(source, plan, frozenset()).text


LOADS = ("load()", SiteKind.SOURCE, Verdict.CONVERTED)
LEFT = Verdict.LEFT
TOP = f"{HEADER}from lib import load\nfrom fedruntime import init\n\n" + SETUP.split("\n")[0] + "\n"


@pytest.mark.parametrize(
    ("before", "sites", "after"),
    [
        pytest.param(
            "if a:\n    X = f(\n        b,\n    )\n",
            [("b", SiteKind.REVEAL, LEFT, "FM301")],
            "if a:\n    # fedmigrate: FM301\n    X = f(\n        b,\n    )\n",
            id="above the statement, not inside of its brackets",
        ),
        pytest.param(
            'x = """\n{}\n""" + str(b)\n',
            [("b", SiteKind.REVEAL, LEFT, "FM301")],
            '# fedmigrate: FM301\nx = """\n{}\n""" + str(b)\n',
            id="above a string of several lines",
        ),
        pytest.param(
            "x = a + \\\n    b\n",
            [("b", SiteKind.REVEAL, LEFT, "FM301")],
            "# fedmigrate: FM301\nx = a + \\\n    b\n",
            id="above a continued line",
        ),
        pytest.param(
            "x = f(a, b)\n",
            [("a", SiteKind.REVEAL, LEFT, "FM301"), ("b", SiteKind.REVEAL, LEFT, "FM301")],
            "# fedmigrate: FM301\nx = f(a, b)\n",
            id="no line twice",
        ),
        pytest.param(
            "x = f(a, b)\n",
            [("a", SiteKind.REVEAL, LEFT, "FM301"), ("b", SiteKind.ESTIMATOR, LEFT, "FM204")],
            "# fedmigrate: FM301\n# fedmigrate: FM204\nx = f(a, b)\n",
            id="one line for each finding",
        ),
        pytest.param(
            "@f(a)\ndef g():\n\treturn b\n",
            [("a", SiteKind.REVEAL, LEFT, "FM301"), ("b", SiteKind.ESTIMATOR, LEFT, "FM202")],
            "# fedmigrate: FM301\n@f(a)\ndef g():\n\t# fedmigrate: FM202\n\treturn b\n",
            id="decorators and tabs",
        ),
        pytest.param(
            "keras_model = Sequential()\n",
            [("Sequential()", SiteKind.ESTIMATOR, Verdict.FOREIGN)],
            "keras_model = Sequential()\n",
            id="foreign is left without a word",
        ),
    ],
)
def test_comments(before: str, sites: list[tuple[str, SiteKind, Verdict, str]], after: str) -> None:
    text = by_plan(f"from lib import load\n\nX = load()\n{before}", LOADS, *sites)
    commented = re.sub(r"(?m)(?<=# fedmigrate: )FM\d+$", _with_message, after)
    assert text == f"{TOP}\nX = fed.load(load)\n{commented}"


def _with_message(code: re.Match[str]) -> str:
    return f"{code[0]} {describe(Diagnostic(code[0], 1, 1, FACTS))}"


@pytest.mark.parametrize(
    ("expression", "edited"),
    [
        ("load()", "fed.load(load)"),
        ("load( )", "fed.load(load )"),
        ("(load)(1)", "fed.load((load), 1)"),
        ("load(*args, **kwargs)", "fed.load(load, *args, **kwargs)"),
        ("load((1))", "fed.load(load, (1))"),
        ("load(x for x in y)", "fed.load(load, (x for x in y))"),
        ("a.b[0].load(1)", "fed.load(a.b[0].load, 1)"),
        ("load(1,\n     2)", "fed.load(load, 1,\n     2)"),
        ("load(\n    1,\n    2\n)", "fed.load(\n    load,\n    1,\n    2\n)"),
        ("load(  # why\n    1, # one\n)", "fed.load(  # why\n    load,\n    1, # one\n)"),
        ("load  (1)", "fed.load(load  , 1)"),
    ],
)
def test_calls_become_loads(expression: str, edited: str) -> None:
    sites = (expression, SiteKind.SOURCE, Verdict.CONVERTED)
    assert by_plan(f"from lib import load\n\nX = {expression}  # x\n", sites).endswith(
        f"\nX = {edited}  # x\n"
    )


@pytest.mark.parametrize(
    ("statement", "expression", "after"),
    [
        pytest.param(
            "from sklearn.metrics import (\n    f,  # one\n    g,\n)",
            "f",
            "from sklearn.metrics import (\n    f,  # one\n    g,\n)\n"
            "from fedruntime.metrics import f",
            id="comments of names stay; ours takes the name over",
        ),
        pytest.param(
            "from sklearn.metrics import (\n    f,  # one\n)",
            "f",
            "from fedruntime.metrics import (\n    f,  # one\n)",
            id="all names move, comments with them",
        ),
        pytest.param(
            "from sklearn.metrics import f  # noqa",
            "f",
            "from fedruntime.metrics import f  # noqa",
            id="comment behind",
        ),
        pytest.param(
            "import sklearn.metrics as m",
            "m.f",
            "import fedruntime.metrics as m",
            id="module alias",
        ),
        pytest.param(
            "from sklearn.metrics import f, g; import os",
            "f",
            "from fedruntime.metrics import f; from sklearn.metrics import g; import os",
            id="sharing a line",
        ),
    ],
)
def test_imports_that_stay_in_place(statement: str, expression: str, after: str) -> None:
    source = Source(
        "train.py", f"from lib import load\n{statement}\n\nX = load()\nz = {expression}(X)\n"
    )
    function = site(source, expression, SiteKind.FUNCTION, Verdict.CONVERTED)
    loads = site(source, "load()", SiteKind.SOURCE, Verdict.CONVERTED)
    function = dataclasses.replace(function, subject="sklearn.metrics.f")
    plan = Plan("train.py", source.sha256, Options(), (loads, function))
    text = convert_plan(source, plan, frozenset()).text
    assert f"\n{after}\n" in text
    assert text.endswith(f"\nz = {expression}(X)\n")


def test_package_import_gets_ours_beside_it() -> None:
    source = Source(
        "train.py", "import sklearn\nfrom lib import load\n\nX = load()\nz = sklearn.metrics.f(X)\n"
    )
    loads = site(source, "load()", SiteKind.SOURCE, Verdict.CONVERTED)
    found = site(source, "sklearn.metrics.f", SiteKind.FUNCTION, Verdict.CONVERTED)
    plan = Plan("train.py", source.sha256, Options(), (loads, found))
    text = convert_plan(source, plan, frozenset()).text
    assert "\nimport fedruntime.metrics\n" in text
    assert "\nimport sklearn\n" in text
    assert text.endswith("\nz = fedruntime.metrics.f(X)\n")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("x = 1\n", id="nothing of scikit-learn"),
        pytest.param("import sklearn\nprint('fit')\n", id="named, not used"),
        pytest.param("from fedruntime import init\nfrom sklearn.x import fit\n", id="by hand"),
        pytest.param(f"{HEADER}import sklearn  # fit\n", id="generated"),
    ],
)
def test_nothing_to_do_changes_nothing(text: str) -> None:
    assert converted(text) == text


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("x = (\n", "does not parse"),
        ("x = 1\n", "is not known again"),
        (f"{HEADER}import fedruntime\n", "lost the docstring"),
    ],
)
def test_a_broken_conversion_is_an_error(text: str, what: str) -> None:
    with pytest.raises(ProofError, match=what):
        prove(Source("train.py", '"""Doc."""\n'), text)
