"""The other commands: ``explain``, ``estimators``, ``--version``, and what help teaches."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from fedmigrate import __version__
from fedmigrate.cli import main
from fedmigrate.diagnostics import CODES
from fedmigrate.support import SupportRow, render_table


def test_version(fedmigrate) -> None:
    assert fedmigrate("--version").stdout.decode() == f"fedmigrate, version {__version__}\n"


@pytest.mark.parametrize("code", sorted(CODES))
def test_explain(code: str) -> None:
    done = CliRunner().invoke(main, ["explain", code.lower()])
    assert done.exit_code == 0
    entry = CODES[code]
    for part in (code, entry.title, entry.before.split("\n")[0], entry.after.split("\n")[0]):
        assert part in done.output


def test_explain_lists_all(fedmigrate) -> None:
    lines = fedmigrate("explain").stdout.decode().splitlines()
    assert [line.split()[0] for line in lines] == list(CODES)


def test_explain_an_unknown_code(fedmigrate) -> None:
    done = fedmigrate("explain", "FM999")
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"there is no diagnostic 'FM999'; did you mean FM9" in done.stderr


@pytest.mark.parametrize("command", sorted(main.commands))
def test_every_command_and_option_is_explained(command: str) -> None:
    found = main.commands[command]
    assert found.help
    assert f"fedmigrate {command}" in found.help
    for parameter in found.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name


ROWS = [
    SupportRow("Ridge", "exact", "sums | Cholesky", {"solver": ("auto", "cholesky")}),
    SupportRow("Scaler", "exact", "sums", {}),
]


@pytest.mark.parametrize(
    ("format", "text"),
    [
        (
            "text",
            "Ridge  exact  sums | Cholesky\n    solver: auto, cholesky\nScaler  exact  sums\n",
        ),
        (
            "markdown",
            "| estimator | exactness | how | parameters |\n|---|---|---|---|\n"
            "| `Ridge` | exact | sums \\| Cholesky | solver: auto, cholesky |\n"
            "| `Scaler` | exact | sums |  |\n",
        ),
    ],
)
def test_support_table(format: str, text: str) -> None:
    assert render_table(ROWS, format) == text
