"""Policies are read from TOML; what is unknown or does not fit is named, with its file."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from fedruntime.errors import SettingsError
from fedruntime.privacy.policy import Consent, Policies, Policy
from fedruntime.privacy.policy_file import own_policy, policies_from, read_policy
from fedruntime.settings import resolve_settings

PARTIES = ("alice", "bob")


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


OWN = """
min_rows = 20
max_ratio = 0.5
denied_columns = ["name", "ssn*"]
needs_consent = ["rows.extremes"]

[[consent]]
operation = "rows.extremes"
purpose = "MinMaxScaler.*"
by = "Ann Lee, data protection"
given = 2026-01-31
until = 2026-12-31
"""


def test_a_partys_own_file(tmp_path: Path) -> None:
    path = write(tmp_path / "policy.toml", OWN)
    expected = Policy(
        min_rows=20,
        max_ratio=0.5,
        denied_columns=("name", "ssn*"),
        needs_consent=("rows.extremes",),
        consent=(
            Consent(
                operation="rows.extremes",
                purpose="MinMaxScaler.*",
                by="Ann Lee, data protection",
                given=date(2026, 1, 31),
                until=date(2026, 12, 31),
            ),
        ),
    )
    assert read_policy(path) == expected
    assert own_policy({"FEDMIGRATE_POLICY": str(path)}) == expected
    assert own_policy({}) == Policy()


def test_the_defaults_are_those_of_the_practice() -> None:
    policy = Policy()
    assert (policy.min_rows, policy.min_cell, policy.min_parties) == (10, 3, None)
    assert policy.max_ratio == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("min_row = 3", r"unknown option 'min_row'; did you mean 'min_rows'\?"),
        ("colour = 3", r"unknown option 'colour'; known: allowed_columns, .*needs_consent"),
        ("min_rows = 0", r"min_rows = 0 is not a whole number from 1 on"),
        ("min_rows = true", r"min_rows = True is not a whole number"),
        ("min_cell = 2.5", r"min_cell = 2.5 is not a whole number"),
        ('max_ratio = "a third"', r"max_ratio = 'a third' is not a number above 0"),
        ("max_ratio = -1", r"max_ratio = -1 is not a number above 0"),
        ('denied_columns = "ssn"', r"denied_columns = 'ssn' is not a list of names"),
        ("needs_consent = [1]", r"needs_consent = \[1\] is not a list of names"),
        ('consent = "yes"', r"consent = 'yes' is not a list of tables: write \[\[consent\]\]"),
        ('[consent]\nby = "A"', r"is not a list of tables: write \[\[consent\]\]"),
        ('[[consent]]\nby = "A"', r"consent: there is no operation and no given"),
        (
            '[[consent]]\noperation = "a"\nby = "A"\ngiven = 2026-01-01\nuntill = 2026-01-02',
            r"consent: unknown option 'untill'; did you mean 'until'\?",
        ),
        (
            '[[consent]]\noperation = "a"\nby = "A"\ngiven = "2026-01-01"',
            r"consent: given = '2026-01-01' is not a date such as 2026-01-31",
        ),
        (
            '[[consent]]\noperation = "a"\nby = "A"\ngiven = 2026-01-01T10:00:00',
            r"consent: given = .* is not a date",
        ),
        (
            '[[consent]]\noperation = "a"\nby = ""\ngiven = 2026-01-01',
            r"consent: by = '' is not a text",
        ),
        ("min_rows = ", r"is not valid TOML"),
    ],
)
def test_errors_name_file_and_option(tmp_path: Path, text: str, message: str) -> None:
    path = write(tmp_path / "policy.toml", text)
    with pytest.raises(SettingsError, match=message) as raised:
        read_policy(path)
    assert str(raised.value).startswith(f"{path}: ")


def test_a_file_that_is_not_there_is_no_default(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none.toml: cannot be read"):
        own_policy({"FEDMIGRATE_POLICY": str(tmp_path / "none.toml")})


# -- simulations ----------------------------------------------------------------------------


def simulated(tmp_path: Path, text: str, **arguments: Any) -> Policies:
    write(tmp_path / "federation.toml", text)
    return resolve_settings({"parties": PARTIES, **arguments}, tmp_path / "train.py").policy


def test_by_default_a_simulation_reports_the_defaults(tmp_path: Path) -> None:
    policies = simulated(tmp_path, "")
    assert policies == Policies(mode="report")
    assert policies.of("alice") == policies.of("bob") == Policy()


def test_single_parties_have_policies_of_their_own(tmp_path: Path) -> None:
    policies = simulated(
        tmp_path,
        """
        [policy]
        mode = "enforce"
        min_rows = 5
        [policy.bob]
        min_rows = 50
        [[policy.bob.consent]]
        operation = "rows.extremes"
        by = "Bo"
        given = 2026-01-01
        """,
    )
    assert policies.mode == "enforce"
    assert policies.of("alice") == Policy(min_rows=5)
    bob = policies.of("bob")
    assert bob.min_rows == 50
    assert [consent.by for consent in bob.consent] == ["Bo"]


def test_later_layers_win_option_by_option(tmp_path: Path) -> None:
    assert simulated(tmp_path, "", policy="enforce").mode == "enforce"
    assert simulated(tmp_path, '[policy]\nmode = "report"', policy="enforce").mode == "report"
    assert simulated(tmp_path, "[policy]\nmin_rows = 5", policy="enforce").mode == "enforce"
    assert simulated(tmp_path, 'policy = "enforce"').mode == "enforce"
    layers = [("a", {"min_rows": 5, "min_cell": 2}), ("b", {"min_rows": 6, "bob": {"min_cell": 9}})]
    policies = policies_from(layers, PARTIES)
    assert policies.of("alice") == Policy(min_rows=6, min_cell=2)
    assert policies.of("bob") == Policy(min_rows=6, min_cell=9)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('policy = "enforced"', r"policy 'enforced' is neither 'report' nor 'enforce'"),
        ("policy = 3", r"policy 3 is neither 'report' nor 'enforce'"),
        ("[policy]\nmin_row = 3", r"\[policy\]: unknown option 'min_row'; did you mean 'min_rows'"),
        ("[policy.bop]\nmin_rows = 3", r"\[policy.bop\] is of no party; did you mean 'bob'\?"),
        ("[policy.bob]\nmin_row = 3", r"\[policy.bob\]: unknown option 'min_row'"),
        ("[policy.bob]\nmode = 3", r"\[policy.bob\]: unknown option 'mode'"),
    ],
)
def test_errors_of_a_simulation_name_the_table(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message) as raised:
        simulated(tmp_path, text)
    assert str(raised.value).startswith(str(tmp_path / "federation.toml"))
