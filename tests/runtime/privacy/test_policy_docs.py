"""The page about policies has the rules that there are, with their defaults."""

from __future__ import annotations

import inspect
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

from fedruntime.privacy.policy import Policy
from fedruntime.privacy.policy_file import read_policy
from fedruntime.privacy.rules import RULES, Rule

PAGE = (Path(__file__).parents[3] / "docs" / "policy.md").read_text(encoding="utf-8")


def default(option: str) -> str:
    value: Any = getattr(Policy(), option)
    if value is None:
        return "all parties"
    if option == "needs_consent":
        text = "[...]"
    elif isinstance(value, tuple):
        text = str(list(value)).replace("'", '"')
    else:
        text = str(Fraction(value).limit_denominator(100))
    return f"`{option} = {text}`"


def row(rule: type[Rule]) -> str:
    text = " ".join(inspect.cleandoc(rule.__doc__ or "").split("\n\n")[0].split())
    options = ", ".join(map(default, rule.options))
    return f"| `{rule.name}` | {options} | {text.replace('``', '`')} |"


def test_the_table_is_that_of_the_rules() -> None:
    head = "| rule | options and defaults | text |\n|---|---|---|\n"
    rows = "\n".join(row(rule) for rule in sorted(RULES, key=lambda rule: rule.name))
    assert f"{head}{rows}\n" in PAGE


def test_every_option_of_a_policy_is_of_a_rule() -> None:
    ruled = [option for rule in RULES for option in rule.options]
    assert sorted(ruled) == sorted(vars(Policy()))


def test_the_examples_of_a_partys_file_are_policies(tmp_path: Path) -> None:
    examples = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert len(examples) == 3
    for example in examples[:2]:
        path = tmp_path / "policy.toml"
        path.write_text(example, encoding="utf-8")
        assert read_policy(path) != Policy()
