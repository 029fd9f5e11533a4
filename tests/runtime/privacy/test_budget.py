"""A privacy budget: what it accepts, and where it is read from."""

from __future__ import annotations

import dataclasses
import warnings
from pathlib import Path

import pytest

from fedruntime.errors import BudgetError, SettingsError
from fedruntime.privacy.accountant import epsilon_of
from fedruntime.privacy.budget import PrivacyBudget, budget_from
from fedruntime.settings import resolve_settings


@pytest.mark.parametrize(
    "wrong",
    [
        {"epsilon": 0.0},
        {"epsilon": -1.0},
        {"epsilon": float("nan")},
        {"epsilon": float("inf")},
        {"epsilon": "3"},
        {"epsilon": True},
        {"epsilon": 1.0, "delta": 0.0},
        {"epsilon": 1.0, "delta": 1.0},
        {"epsilon": 1.0, "parts": 0},
        {"epsilon": 1.0, "tolerance": -0.1},
        {"epsilon": 1.0, "colluding": -1},
        {"epsilon": 1.0, "colluding": 0.5},
        {"epsilon": 1.0, "account": "../other"},
        {"epsilon": 1.0, "account": ""},
        {"epsilon": 1.0, "shares": {"Ridge.fit": 0.0}},
        {"epsilon": 1.0, "shares": {"Ridge.fit": 1.1}},
        {"epsilon": 1.0, "bounds": {"age": (1.0, 1.0)}},
        {"epsilon": 1.0, "bounds": {"age": (2.0, 1.0)}},
        {"epsilon": 1.0, "bounds": {"age": (0.0, float("inf"))}},
        {"epsilon": 1.0, "bounds": {"age": 5.0}},
    ],
    ids=str,
)
def test_what_is_no_budget_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(SettingsError, match="budget"):
        PrivacyBudget(**wrong)  # type: ignore[arg-type]


def test_a_budget_cannot_be_changed() -> None:
    budget = PrivacyBudget(1.0)
    with pytest.raises(dataclasses.FrozenInstanceError):
        budget.epsilon = 100.0  # type: ignore[misc]


def test_what_it_was_made_from_may_change_without_it() -> None:
    bounds = {"age": (0.0, 120.0)}
    budget = PrivacyBudget(1.0, bounds=bounds)
    bounds["age"] = (0.0, 1.0)
    assert budget.bounds_of("age") == (0.0, 120.0)


def test_mu_is_the_whole_budget() -> None:
    budget = PrivacyBudget(3.0, delta=1e-6)
    assert epsilon_of(budget.mu, 1e-6) == pytest.approx(3.0)


def test_a_loose_epsilon_is_warned_of() -> None:
    with pytest.warns(UserWarning, match="next to nothing"):
        PrivacyBudget(11.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        PrivacyBudget(10.0)


@pytest.mark.parametrize("rows", [1000, 10**7])
def test_delta_has_to_be_below_one_over_the_rows(rows: int) -> None:
    with pytest.raises(BudgetError, match=f"1/{rows}"):
        PrivacyBudget(1.0, delta=1.0 / rows).require_rows(rows)
    PrivacyBudget(1.0, delta=0.9 / rows).require_rows(rows)


def test_bounds_of_every_column() -> None:
    budget = PrivacyBudget(1.0, bounds={"*": (0, 1), "age": (0, 120)})
    assert budget.bounds_of("age") == (0.0, 120.0)
    assert budget.bounds_of("dose") == (0.0, 1.0)
    assert PrivacyBudget(1.0).bounds_of("dose") is None


def test_a_settings_file_wins_over_the_script(tmp_path: Path) -> None:
    (tmp_path / "federation.toml").write_text(
        "[budget]\nepsilon = 1\ndelta = 1e-7\nlabels = [0, 1]\n"
        "[budget.bounds]\nage = [0, 120]\n[budget.shares]\n'Ridge.fit' = 0.5\n"
    )
    settings = resolve_settings({"budget": PrivacyBudget(3.0)}, tmp_path / "train.py")
    assert settings.budget == PrivacyBudget(
        1, delta=1e-7, labels=(0, 1), bounds={"age": (0, 120)}, shares={"Ridge.fit": 0.5}
    )


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"epsilom": 1}, "did you mean 'epsilon'"),
        ({"delta": 1e-6}, "has no epsilon"),
        ({"epsilon": 0}, "above 0"),
        (3.0, "a table or a PrivacyBudget"),
    ],
)
def test_a_table_that_is_no_budget_names_its_file(table: object, said: str) -> None:
    with pytest.raises(SettingsError, match=said) as refused:
        budget_from(table, "federation.toml")
    assert str(refused.value).startswith("federation.toml: ")
