"""Random Python never crashes the tool, and never changes without a fit that the tool knows."""

from __future__ import annotations

import ast
import warnings

import hypothesmith
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from fedmigrate.convert import convert
from fedmigrate.errors import SourceError
from fedmigrate.plan import Options, Verdict
from fedmigrate.source import decode

MODULES = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TREES = settings(MODULES, max_examples=8)  # drawing one takes a second
SPRINKLED = st.sampled_from(
    [
        ("import sklearn\n", "\nx.fit(y)\n"),
        ("from sklearn import *\n", "\nfit(x, y)\n"),
        ("import sklearn.linear_model as m\n", "\nx.y.fit_transform(m)\n"),
        ("import sklearn, torch\n", "\ntorch.nn.Linear(2, 1).fit(sklearn)\n"),
        ("from sklearn.linear_model import Ridge\n", "\nRidge.fit\n[x.fit for x in Ridge]\n"),
    ]
)
TRAINING = """\
import pandas as pd
from sklearn.linear_model import Ridge

frame_of_rows = pd.read_csv("patients.csv")
fitted_model = Ridge().fit(frame_of_rows[["age"]], frame_of_rows["outcome"])
"""


def is_python(text: str) -> bool:
    """Whether a text is a module whose bytes Python reads."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of literals that are odd, yet valid
        try:
            ast.parse(text)
            text.encode()
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
    return True


def check_unchanged(text: str) -> None:
    """Assert that a script is looked at to the end and left as it is."""
    source = decode(text.encode(), "script.py")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        conversion = convert(source, Options())
    assert conversion.data == text.encode()
    assert not [site for site in conversion.plan.sites if site.verdict is Verdict.CONVERTED]


@MODULES
@given(hypothesmith.from_grammar("file_input", auto_target=False))
def test_random_modules_are_left_as_they_are(text: str) -> None:
    assume(is_python(text) and "\f" not in text)
    check_unchanged(text)


@MODULES
@given(hypothesmith.from_grammar("file_input", auto_target=False), SPRINKLED)
def test_random_modules_that_mention_scikit_learn_are_left_as_they_are(
    text: str, around: tuple[str, str]
) -> None:
    mentioning = around[0] + text + around[1]
    assume(is_python(mentioning))
    check_unchanged(mentioning)


@TREES
@given(hypothesmith.from_node(auto_target=False), SPRINKLED)
def test_random_trees_that_mention_scikit_learn_are_left_as_they_are(
    text: str, around: tuple[str, str]
) -> None:
    mentioning = around[0] + text + around[1]
    assume(is_python(mentioning))
    check_unchanged(mentioning)


@TREES
@given(hypothesmith.from_node(auto_target=False))
def test_random_code_beside_a_fit_is_kept(text: str) -> None:
    script = TRAINING + text + "\n"
    assume(is_python(script))
    source = decode(script.encode(), "script.py")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            conversion = convert(source, Options())
    except SourceError as error:
        raise AssertionError("a script that Python reads is read") from error
    again = convert(decode(conversion.data, "script_fed.py"), Options())
    assert again.data == conversion.data
    if conversion.changed and not conversion.unresolved:
        assert conversion.text.endswith(text + "\n")
