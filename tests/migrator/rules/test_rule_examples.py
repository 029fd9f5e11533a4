"""Every rule's examples, as they stand in the rules."""

from __future__ import annotations

import pkgutil

import pytest

from fedmigrate import rules
from fedmigrate.convert import convert
from fedmigrate.plan import Options
from fedmigrate.source import Source

EXAMPLES = [
    pytest.param(example, id=f"{rule.__name__.rpartition('.')[2]}-{number}")
    for rule in rules.all_rules()
    for number, example in enumerate(rule.EXAMPLES)
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_example(example: rules.Example) -> None:
    converted = convert(Source("train.py", example.before), Options()).text
    header, _, body = converted.partition("\n")
    assert header.startswith("# Converted from train.py by fedmigrate")
    assert body == example.after


@pytest.mark.parametrize("example", EXAMPLES)
def test_converted_example_stays(example: rules.Example) -> None:
    again = convert(Source("train.py", example.after), Options())
    assert again.was_converted
    assert not again.changed


def test_a_file_in_the_folder_is_a_rule() -> None:
    files = [found.name for found in pkgutil.iter_modules(rules.__path__)]
    assert [rule.__name__.rpartition(".")[2] for rule in rules.all_rules()] == sorted(files)
    for rule in rules.all_rules():
        assert rule.__doc__
        assert rule.EXAMPLES
