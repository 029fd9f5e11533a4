"""A party's own settings, and the party that is made of them."""

from __future__ import annotations

import base64
from hashlib import sha256
from pathlib import Path

import pytest

from fedruntime.crypto.identity import Identity
from fedruntime.errors import SettingsError
from fedruntime.hosting.host import host_party
from fedruntime.hosting.party_settings import read_party_settings
from fedruntime.messages import Named, Ref, Release, Request

SCRIPT = "print('reviewed')\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    identity = Identity.generate()
    identity.save(tmp_path / "alice.key")
    (tmp_path / "train_fed.py").write_text(SCRIPT)
    (tmp_path / "party.toml").write_text(
        f'name = "alice"\nscript = "train_fed.py"\nidentity = "alice.key"\n'
        f'script_sha256 = "{sha256(SCRIPT.encode()).hexdigest()}"\nledger = "own.jsonl"\n'
        f'[identities]\nalice = "{base64.b64encode(identity.public).decode()}"\n'
    )
    return tmp_path


def _change(folder: Path, old: str, new: str) -> None:
    path = folder / "party.toml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def test_files_are_relative_to_the_folder(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    settings = read_party_settings(folder)
    assert settings == read_party_settings(folder / "party.toml")
    assert settings.name == "alice"
    assert settings.identity == folder / "alice.key"
    assert settings.ledger == folder / "own.jsonl"
    assert settings.policy is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('name = "alice"', "name = 7", "name = 7 is no text"),
        ('name = "alice"', "", "there is no name"),
        ("ledger", "leger", "unknown option 'leger'; did you mean 'ledger'"),
        ("ledger", "idle = 0\nledger", "idle = 0 is not a number of seconds"),
        ("[identities]", "[identities", "is not valid TOML"),
        ('alice = "', 'alice = "xx', "not 32 bytes in base64"),
    ],
)
def test_mistakes_are_named_with_their_file(folder: Path, old: str, new: str, message: str) -> None:
    _change(folder, old, new)
    with pytest.raises(SettingsError) as raised:
        read_party_settings(folder)
    assert message in str(raised.value)
    assert str(folder / "party.toml") in str(raised.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        read_party_settings(tmp_path / "party.toml")


def test_a_changed_script_is_refused(folder: Path) -> None:
    (folder / "train_fed.py").write_text("print('other')\n")
    with pytest.raises(SettingsError, match="is not the script that 'alice' has reviewed"):
        host_party(read_party_settings(folder))


def test_an_identity_that_others_do_not_know_is_refused(folder: Path) -> None:
    (folder / "alice.key").unlink()
    Identity.generate().save(folder / "alice.key")
    with pytest.raises(SettingsError, match="is not the one that"):
        host_party(read_party_settings(folder))


def test_its_policy_is_enforced_and_its_ledger_written(folder: Path) -> None:
    party = host_party(read_party_settings(folder))
    asked = {"function": Named("numpy.ones"), "args": [3], "kwargs": {}}
    kept = party.handle(Request("device.run", asked, Release.KEEP, keep_as="r"))
    assert kept.error is None
    held = {"rows": Ref("r")}
    refused = party.handle(Request("columns.sums", held, Release.PLAIN_SUM))
    assert refused.error is not None
    assert refused.error[0] == "PolicyError"
    assert "device.run" in (folder / "own.jsonl").read_text()


def test_a_party_that_is_begun_again_has_not_got_its_budget_back(folder: Path) -> None:
    _change(folder, "ledger =", "budget = { epsilon = 1.0, delta = 1e-6 }\nledger =")
    settings = read_party_settings(folder)
    spent = []
    for _ in range(2):
        party = host_party(settings)
        assert party._account is not None
        spent.append(party._account.spent)
        party._account.pay("a test", "columns.sums", 0.05)
    assert spent == [0.0, pytest.approx(0.05**2)]


def test_it_knows_every_operation_though_it_has_run_no_script(folder: Path) -> None:
    party = host_party(read_party_settings(folder))
    reply = party.handle(Request("model_selection.class_counts", {}, Release.CLEAR))
    assert reply.error is not None
    assert "no party operation" not in reply.error[1]
