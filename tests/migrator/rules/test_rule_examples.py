"""Every rule's examples, as they stand in the rules."""

from __future__ import annotations

import pkgutil
from pathlib import Path

import pytest

from fedmigrate import rules
from fedmigrate.convert import convert, convert_project
from fedmigrate.plan import Options
from fedmigrate.project import Projects
from fedmigrate.source import Source

EXAMPLES = [
    pytest.param(example, id=f"{rule.__name__.rpartition('.')[2]}-{number}")
    for rule in rules.all_rules()
    for number, example in enumerate(rule.EXAMPLES)
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_example(example: rules.Example, tmp_path: Path) -> None:
    for name, text in {**example.beside, "train.py": example.before}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    project = Projects().of(tmp_path / "train.py")
    if project is None:
        converted = convert(Source("train.py", example.before), example.options).text
    else:
        converted = convert_project(project, example.options)[tmp_path / "train.py"].text
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
