"""What may stand in the table ``[secretflow]``, and what each mistake there is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fedruntime import PYU, Federation, SPUAggregator, UnsupportedError
from fedruntime.current import use
from fedruntime.engines.opening import open_engine
from fedruntime.engines.secretflow.settings import SecretFlowSettings, Tls, settings_from
from fedruntime.errors import SettingsError
from fedruntime.settings import Settings

PARTIES = ("alice", "bob")
TLS = {"ca": "ca.crt", "certificate": "party.crt", "key": "party.key"}
PRODUCTION: dict[str, Any] = {
    "mode": "production",
    "addresses": {"bob": "bob.example:9001", "alice": "10.0.0.1:9000"},
    "tls": TLS,
}


def test_an_empty_table_is_a_simulation() -> None:
    assert settings_from({}, PARTIES) == SecretFlowSettings()


def test_a_production_table() -> None:
    settings = settings_from({**PRODUCTION, "listen": {"bob": "0.0.0.0:9001"}}, PARTIES)
    assert list(settings.addresses.items()) == [
        ("alice", "10.0.0.1:9000"),
        ("bob", "bob.example:9001"),
    ], "in the federation's order, since it is the order of SecretFlow's ranks"
    assert settings.listen == {"bob": "0.0.0.0:9001"}
    assert settings.tls == Tls(Path("ca.crt"), Path("party.crt"), Path("party.key"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mode": "prod"}, "mode = 'prod' is not one of simulation, production"),
        ({"adresses": {}}, "unknown option 'adresses'; did you mean 'addresses'"),
        ({"addresses": {"alice": "h:1"}}, "does not say where bob can be reached"),
        ({"addresses": {"alice": "h:1", "bob": "h"}}, "bob = 'h' is not of the form"),
        ({"addresses": {"alice": "h:1", "bob": "h:99999"}}, "bob = 'h:99999' is not of the form"),
        ({"addresses": {"alice": "h:1", "bob": 7}}, "bob = 7 is not of the form"),
        ({"addresses": "h:1"}, "is a table of PARTY"),
        ({"addresses": {"alice": "h:1", "bab": "h:2"}}, "'bab'; did you mean 'bob'"),
        ({"listen": {"carol": "h:1"}}, "unknown option 'carol'"),
        ({"plaintext": True}, "both a table tls and plaintext"),
        ({"plaintext": "yes"}, "plaintext = 'yes' is neither true nor false"),
        ({"tls": {"ca": "ca.crt"}}, "lacks certificate"),
        ({"tls": {**TLS, "key": 1}}, "key = 1 is not of type str"),
        ({"tls": {**TLS, "verify": False}}, "unknown option 'verify'"),
        ({"tls": "ca.crt"}, "is a table of ca, certificate and key"),
        ({"folder": 1}, "folder = 1 is not of type str"),
        ({"spu": {}}, "[secretflow.spu.addresses] does not say where alice, bob"),
        ({"spu": {"protocol": "FM64"}}, "'FM64' is not one of SEMI2K, ABY3, CHEETAH"),
        ({"spu": {"protocol": "ABY3"}}, "ABY3 is for 3 parties, and there are 2"),
        ({"spu": "SEMI2K"}, "is a table of protocol and addresses"),
    ],
)
def test_mistakes_are_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError) as raised:
        settings_from({**PRODUCTION, **change}, PARTIES)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("option", "value"), [("min_parties", 2), ("checkpoint", "training.checkpoint")]
)
def test_what_runs_would_decide_for_themselves_is_refused(option: str, value: Any) -> None:
    parties = (*PARTIES, "carol")
    addresses = {party: f"10.0.0.1:{port}" for port, party in enumerate(parties, 9000)}
    table = {**PRODUCTION, "addresses": addresses}
    settings = Settings(parties, engine="secretflow", secretflow=table, **{option: value})
    with pytest.raises(SettingsError, match=f"{option} = .*leave it out"):
        open_engine(settings, None)


def test_sums_on_an_spu_need_one() -> None:
    federation = Federation(Settings(PARTIES))
    held = [device(np.ones)(3) for device in _devices(federation)]
    with pytest.raises(UnsupportedError, match=r"engine = \"secretflow\" with a table"):
        SPUAggregator(federation.spu).sum(held, axis=0)
    use(None)


def _devices(federation: Federation) -> list[PYU]:
    use(federation)
    return federation.devices


def test_plaintext_is_never_a_default() -> None:
    table = {name: value for name, value in PRODUCTION.items() if name != "tls"}
    with pytest.raises(SettingsError, match="plaintext, which is SecretFlow's default"):
        settings_from(table, PARTIES)
    assert settings_from({**table, "plaintext": True}, PARTIES).tls is None
