"""Which public identities a party goes by: what the settings say and its own file holds, and
nothing that does not fit."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from fedruntime.aggregation.identities import VARIABLE, identities_from, own_identity
from fedruntime.aggregation.roster import Roster, SignedKey
from fedruntime.aggregation.session_operations import advertise, agree
from fedruntime.crypto.identity import Identity
from fedruntime.errors import SettingsError
from fedruntime.identity import main
from fedruntime.messages import Release, Reply, Request
from fedruntime.party import Party
from fedruntime.settings import resolve_settings

IDENTITIES = {party: Identity.generate() for party in ("alice", "bob")}
PUBLIC = {party: identity.public for party, identity in IDENTITIES.items()}
ENCODED = {party: base64.b64encode(public).decode() for party, public in PUBLIC.items()}


def test_settings_hold_the_public_identities(tmp_path: Path) -> None:
    script = tmp_path / "train_fed.py"
    table = "\n".join(f'{party} = "{encoded}"' for party, encoded in ENCODED.items())
    (tmp_path / "federation.toml").write_text(f"[identities]\n{table}\n")
    assert resolve_settings({}, script).identities == PUBLIC
    assert resolve_settings({}, None).identities == {}


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"alice": "short"}, "the identity of 'alice' is not 32 bytes in base64"),
        ({"alice": ENCODED["alice"][:-4]}, "the identity of 'alice' is not 32 bytes"),
        ({"alice": ENCODED["alice"] + "!"}, "the identity of 'alice' is not 32 bytes"),
        ({"alice": 7}, "the identity of 'alice' is not 32 bytes"),
        (dict.fromkeys(["a", "b"], ENCODED["bob"]), "'b' has the same identity as another party"),
        ("alice", "identities must be a table"),
    ],
)
def test_what_is_no_identity_is_refused(table: Any, message: str) -> None:
    with pytest.raises(SettingsError, match=f"here: {message}"):
        identities_from(table, "here")


def test_a_party_reads_its_own_identity_from_its_own_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    IDENTITIES["alice"].save(tmp_path / "alice.key")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "alice.key"))
    assert own_identity("alice", PUBLIC).public == PUBLIC["alice"]
    for party in ("bob", "eve"):
        with pytest.raises(SettingsError, match=f"not the one that .* has for '{party}'"):
            own_identity(party, PUBLIC)


def test_a_party_without_an_identity_is_told_how_to_make_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(SettingsError, match=r"fedruntime\.identity alice\.key"):
        own_identity("alice", PUBLIC)


def test_a_new_identity_is_printed_as_the_settings_have_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    script, file = tmp_path / "train_fed.py", tmp_path / "alice.key"
    assert main([str(file)]) == 0
    (tmp_path / "federation.toml").write_text(f"[identities]\n{capsys.readouterr().out}")
    monkeypatch.setenv(VARIABLE, str(file))
    known = resolve_settings({}, script).identities
    assert own_identity("alice", known).public == known["alice"]


@pytest.mark.parametrize("place", ["alice.key", "nowhere/alice.key"])
def test_an_identity_is_not_made_over_another_or_nowhere(
    place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    IDENTITIES["alice"].save(tmp_path / "alice.key")
    assert main([str(tmp_path / place)]) == 2
    told = capsys.readouterr()
    assert not told.out
    assert "no identity was made" in told.err
    assert Identity.load(tmp_path / "alice.key").public == PUBLIC["alice"]


def _agreement(parties: dict[str, Party]) -> dict[str, Reply]:
    """What the parties answer to a roster of their own keys."""
    keys = {}
    for name, party in parties.items():
        sent = party.handle(Request(advertise.name, {}, Release.CLEAR, session="s")).arrays
        keys[name] = SignedKey(sent["key"].tobytes(), sent["signature"].tobytes())
    roster = Request(agree.name, Roster("s", keys).to_arguments(), Release.CLEAR, session="s")
    return {name: party.handle(roster) for name, party in parties.items()}


def test_parties_that_know_each_other_agree() -> None:
    parties = {
        name: Party(name, identity=IDENTITIES[name], identities=PUBLIC) for name in IDENTITIES
    }
    assert [reply.error for reply in _agreement(parties).values()] == [None, None]


def test_a_party_does_not_agree_with_who_only_bears_the_name() -> None:
    parties = {
        "alice": Party("alice", identity=IDENTITIES["alice"], identities=PUBLIC),
        "bob": Party("bob", identity=Identity.generate(), identities=PUBLIC),
    }
    error = _agreement(parties)["alice"].error
    assert error is not None
    assert "said to be that of 'bob' was not signed by it" in error[1]


def test_a_party_that_was_given_no_identities_agrees_with_nobody() -> None:
    for reply in _agreement({name: Party(name) for name in IDENTITIES}).values():
        assert reply.error is not None
        assert "knows no public identity" in reply.error[1]
