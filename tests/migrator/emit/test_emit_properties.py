"""Properties of conversions over generated scripts: nothing but what is planned changes."""

from __future__ import annotations

import ast

import black
from hypothesis import given, settings
from hypothesis import strategies as st

from fedmigrate.analysis import analyse
from fedmigrate.convert import convert
from fedmigrate.emit import apply, emit
from fedmigrate.lines import LogicalLines
from fedmigrate.plan import Options, Plan
from fedmigrate.source import Source

MODELS = st.sampled_from(
    [
        "LogisticRegression()",
        "LogisticRegression(C=0.5, max_iter=500)",
        'LogisticRegression(\n    C=0.5,\n    class_weight="balanced",\n)',
        "LogisticRegression(  # why\n    C=0.5)",
        "make_pipeline(StandardScaler(), Ridge(alpha=1.0))",
        "Ridge(alpha = 1)",
        "KNeighborsClassifier()",
    ]
)
LOADS = st.sampled_from(
    [
        'df = pd.read_csv("patients.csv")',
        "df = pd.read_csv( 'patients.csv',sep = ';' )",
        'df = pd.read_csv(\n    "patients.csv",  # from the clinic\n    index_col=0,\n)',
        "df = pd.read_csv('Größe.csv').dropna()",
    ]
)
PLAIN = st.sampled_from(
    [
        "",
        "\n",
        "# a comment, with 'quotes' and äöü",
        "threshold = 0.5 ; other=1",
        "def area(r): return 3*r",
        'text = """\n  # not a comment\nfed = 1\n"""',
        "if threshold: print( 'high' )",
        "x = 1 + \\\n    2",
        "\t\n",
        "for i in range(3):\n\tprint(i)",
        "print(f'{1+1!r:>{10}}')",
    ]
)
HEADS = st.sampled_from(
    ["", "#!/usr/bin/env python3\n", "# -*- coding: utf-8 -*-\n", '"""Doc."""\n']
)
NEWLINES = st.sampled_from(["\n", "\r\n", "\r"])
OPTIONS = st.builds(
    Options,
    st.sampled_from([("alice", "bob"), ("a", "b", "c"), tuple(f"hospital-{i}" for i in range(9))]),
    st.sampled_from(["contiguous", "iid", "label_skew"]),
)
IMPORTS = (
    "import pandas as pd\n"
    "from sklearn.linear_model import LogisticRegression, Ridge\n"
    "from sklearn.metrics import accuracy_score, make_scorer\n"
    "from sklearn.neighbors import KNeighborsClassifier\n"
    "from sklearn.pipeline import make_pipeline\n"
    "from sklearn.preprocessing import StandardScaler\n"
)


@st.composite
def scripts(draw: st.DrawFn) -> str:
    parts = [draw(HEADS) + IMPORTS, draw(PLAIN), draw(LOADS), draw(PLAIN)]
    parts.append('X = df.drop(columns=["y"])\ny = df["y"]')
    for _ in range(draw(st.integers(1, 3))):
        parts += [f"model = {draw(MODELS)}", draw(PLAIN), "model.fit(X, y)"]
    parts += ["print(accuracy_score(y, model.predict(X)))", draw(PLAIN)]
    text = "\n".join(parts)
    if draw(st.booleans()):
        text += "\n"
    return text.replace("\n", draw(NEWLINES))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(scripts(), OPTIONS)
def test_what_is_not_replaced_stays_and_only_statements_with_sites_are(
    text: str, options: Options
) -> None:
    source = Source("train.py", text)
    analysis = analyse(source)
    plan = Plan("train.py", source.sha256, options, tuple(analysis.sites), analysis.label)
    replacements = emit(source, plan, analysis.names, "train.py")
    output, at, kept = apply(source, replacements), 0, []
    lines = LogicalLines(source)
    for found in replacements:
        kept.append(text[at : found.span.start])
        at = found.span.end
        if found.span.start < found.span.end:
            statement = lines.at(found.span.start)
            assert statement.span.start <= found.span.start
            assert found.span.end <= lines.after(statement)
            has_site = any(
                statement.span.start <= site.span.start < statement.span.end for site in plan.sites
            )
            assert has_site or "sklearn" in text[statement.span.start : statement.span.end]
    kept.append(text[at:])
    position = 0
    for part, found in zip(kept, replacements, strict=False):
        assert output.startswith(part, position)
        position += len(part)
        assert output.startswith(found.text, position)
        position += len(found.text)
    assert output[position:] == kept[-1]


@settings(max_examples=100, deadline=None, derandomize=True)
@given(scripts(), OPTIONS)
def test_converting_again_changes_nothing(text: str, options: Options) -> None:
    once = convert(Source("train.py", text), options)
    assert convert(Source("train_fed.py", once.text), options).text == once.text
    assert convert(Source("train.py", text), options).data == once.data


@settings(max_examples=100, deadline=None, derandomize=True)
@given(scripts(), OPTIONS)
def test_newlines_are_of_one_kind(text: str, options: Options) -> None:
    source = Source("train.py", text)
    output = convert(source, options).text
    for other in {"\r\n", "\r", "\n"} - {source.newline}:
        rest = output.replace(source.newline, "")
        assert other not in rest


@settings(max_examples=100, deadline=None, derandomize=True)
@given(scripts(), OPTIONS)
def test_comments_and_strings_survive(text: str, options: Options) -> None:
    output = convert(Source("train.py", text), options).text
    for part in ("# why", "# from the clinic", "# a comment, with 'quotes' and äöü"):
        assert output.count(part) == text.count(part)
    strings = [
        node.value
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    kept = [
        node.value
        for node in ast.walk(ast.parse(output))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    assert not [value for value in strings if strings.count(value) > kept.count(value)]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(scripts(), OPTIONS)
def test_formatted_by_black_stays_formatted(text: str, options: Options) -> None:
    formatted = black.format_str(text.replace("\r\n", "\n").replace("\r", "\n"), mode=black.Mode())
    output = convert(Source("train.py", formatted), options).text
    assert output != formatted
    assert output == black.format_str(output, mode=black.Mode())
