"""The settings in ``examples/federation`` load, and show every option that there is."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import Any

import pytest

from fedruntime import init
from fedruntime.privacy.budget import PrivacyBudget
from fedruntime.privacy.policy import Consent, Policy
from fedruntime.privacy.policy_file import own_policy, read_policy
from fedruntime.settings import Settings, resolve_settings

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_FOLDER = Path(__file__).resolve().parents[1] / "examples" / "federation"
_FILE, _POLICY = _FOLDER / "federation.toml", _FOLDER / "policy.toml"
_VERTICAL = _FOLDER / "vertical.toml"
_OF_VERTICAL = {"partition", "label_party", "columns"}


def text_of(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def options(value: type) -> set[str]:
    return {entry.name for entry in dataclasses.fields(value)}


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.delenv("FEDMIGRATE_LEDGER", raising=False)
    monkeypatch.setenv("FEDMIGRATE_FEDERATION", str(_FILE))
    return resolve_settings({}, None)


def test_all_settings_are_shown() -> None:
    assert set(text_of(_FILE)) == options(Settings) - _OF_VERTICAL
    assert set(text_of(_VERTICAL)) == {"parties", *_OF_VERTICAL}


def test_the_vertical_example_loads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEDMIGRATE_FEDERATION", str(_VERTICAL))
    settings = resolve_settings({}, None)
    assert settings.columns == {
        party: tuple(own) for party, own in text_of(_VERTICAL)["columns"].items()
    }


def test_all_options_of_a_budget_are_shown() -> None:
    assert set(text_of(_FILE)["budget"]) == options(PrivacyBudget)


def test_all_options_of_a_policy_are_shown() -> None:
    assert set(text_of(_POLICY)) == options(Policy)
    assert set(text_of(_POLICY)["consent"][0]) == options(Consent)


def test_the_example_says_what_its_comments_say(settings: Settings) -> None:
    assert settings.min_parties == len(settings.parties) - 1
    assert set(settings.identities) == set(settings.parties)
    assert settings.round_timeout == 600
    assert settings.budget == PrivacyBudget(**text_of(_FILE)["budget"])
    assert settings.policy.mode == "enforce"


def test_no_option_has_its_default(settings: Settings) -> None:
    same = {
        name for name in options(Settings) if getattr(settings, name) == getattr(Settings(), name)
    }
    # Other engines need what is not installed everywhere.
    assert same == {"engine", *_OF_VERTICAL}


def test_a_party_reads_its_own_policy() -> None:
    policy = own_policy({"FEDMIGRATE_POLICY": str(_POLICY)})
    assert policy == read_policy(_POLICY)
    assert policy != Policy()
    assert policy.min_parties == 3


def test_a_federation_opens_with_it(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEDMIGRATE_LEDGER", str(tmp_path / "run.jsonl"))
    federation = init()
    assert tuple(device.name for device in federation.devices) == settings.parties
