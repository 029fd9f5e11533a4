"""``fedmigrate deploy --engine flower``: what the coordinator and the parties get."""

from __future__ import annotations

import ast
import stat
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    load_pem_private_key,
    load_ssh_private_key,
    load_ssh_public_key,
)

from fedmigrate.cli import main
from fedmigrate.deploy.layouts import engines
from fedruntime.engines.flower.settings import flower_settings
from fedruntime.hosting.host import host_party
from fedruntime.hosting.party_settings import read_party_settings
from fedruntime.settings import ENGINES, resolve_settings

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SCRIPT = """\
import pandas as pd
from fedruntime import init

fed = init(parties=["alice", "bob"])
df = fed.load(pd.read_csv, "patients.csv")
print(df["age"].mean())
"""
ADDRESS = ("--address", "coordinator=study.example:8000")
PARTIES = ("alice", "bob")
ROOT = Path(__file__).parents[3]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "My_train_fed.py").write_text(SCRIPT)
    return tmp_path / "out"


def deploy(out: Path, *options: str, code: int = 0) -> Result:
    script = str(out.parent / "My_train_fed.py")
    arguments = ["deploy", script, "-o", str(out), "--engine", "flower", *options]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == code, result.output
    return result


def test_every_engine_with_a_layout_is_one_of_the_runtime_and_can_be_asked_for() -> None:
    assert set(engines()) < set(ENGINES)
    (option,) = (one for one in main.commands["deploy"].params if one.name == "engine")
    assert list(option.type.choices) == engines()  # type: ignore[attr-defined]


def test_each_party_can_be_hosted_and_knows_where_to_come_to(out: Path) -> None:
    deploy(out, *ADDRESS, "--certs")
    for party in PARTIES:
        settings = read_party_settings(out / party)
        told = flower_settings(settings.flower, settings.folder)
        assert told.superlink == "study.example:8000"
        assert not told.plaintext
        assert settings.name == party
        assert set(settings.identities) == set(PARTIES)
        host_party(settings)


def test_the_coordinator_runs_the_script_that_parties_have_reviewed(out: Path) -> None:
    deploy(out, *ADDRESS, "--certs")
    script = out / "coordinator" / "My_train_fed.py"
    assert script.read_text() == SCRIPT
    settings = resolve_settings({}, script)
    assert settings.engine == "flower"
    assert settings.parties == PARTIES
    assert settings.identities == read_party_settings(out / "alice").identities


def test_the_coordinator_gets_no_private_key_of_a_party_and_they_none_of_it(out: Path) -> None:
    deploy(out, *ADDRESS, "--certs")
    private = {
        str(path.relative_to(out)): stat.S_IMODE(path.stat().st_mode)
        for path in out.rglob("*")
        if path.is_file() and b"PRIVATE KEY" in path.read_bytes()
    }
    assert private == dict.fromkeys(
        (
            "authority/ca.key",
            "coordinator/server.key",
            *(f"{party}/{party}{kind}.key" for party in PARTIES for kind in ("", ".node")),
        ),
        0o600,
    )


def test_keys_of_nodes_are_as_flower_takes_them(out: Path) -> None:
    deploy(out, *ADDRESS, "--certs")
    for party in PARTIES:
        own = load_ssh_private_key((out / party / f"{party}.node.key").read_bytes(), None)
        assert isinstance(own, ec.EllipticCurvePrivateKey)
        assert isinstance(own.curve, ec.SECP384R1)
        registered = (out / "coordinator" / "nodes" / f"{party}.pub").read_bytes()
        assert load_ssh_public_key(registered) == own.public_key()


def test_the_certificate_is_for_the_address_of_the_coordinator(out: Path) -> None:
    deploy(out, *ADDRESS, "--certs")
    folder = out / "coordinator"
    own = x509.load_pem_x509_certificate((folder / "server.crt").read_bytes())
    own.verify_directly_issued_by(x509.load_pem_x509_certificate((folder / "ca.crt").read_bytes()))
    names = own.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["study.example"]
    key = load_pem_private_key((folder / "server.key").read_bytes(), None)
    assert own.public_key() == key.public_key()


def test_the_app_is_what_flower_reads(out: Path) -> None:
    deploy(out, *ADDRESS, "--certs")
    app = out / "coordinator" / "app"
    about = tomllib.loads((app / "pyproject.toml").read_text())
    assert about["project"]["name"] == "my-train-fed"
    for component in about["tool"]["flwr"]["app"]["components"].values():
        module, _, name = component.partition(":")
        tree = ast.parse((app / f"{module}.py").read_text())
        assigned = [node.targets[0] for node in tree.body if isinstance(node, ast.Assign)]
        assert [target.id for target in assigned if isinstance(target, ast.Name)] == [name]
    pinned = tomllib.loads((ROOT / "pyproject.toml").read_text())
    (extra,) = pinned["project"]["optional-dependencies"]["flower"]
    version = about["tool"]["flwr"]["app"]["flwr-version-target"]
    assert extra.startswith(f"flwr=={version};")


def test_flower_finds_the_superlink_and_its_authority(out: Path) -> None:
    deploy(out, *ADDRESS, "--certs")
    folder = out / "coordinator"
    told = tomllib.loads((folder / "flower" / "config.toml").read_text())["superlink"]
    link = told[told["default"]]
    assert link == {
        "address": "study.example:8000",
        "root-certificates": str(folder.resolve() / "ca.crt"),
    }


@pytest.mark.parametrize(
    ("address", "host"), [("study.example:8000", "0.0.0.0"), ("10.0.0.7:8000", "10.0.0.7")]
)
def test_the_readme_has_the_commands_for_the_address(out: Path, address: str, host: str) -> None:
    deploy(out, "--address", f"coordinator={address}", "--certs")
    commands = (out / "coordinator" / "README.md").read_text()
    assert f"flower-superlink --host {host} --port 8000 --enable-supernode-auth" in commands
    for party in PARTIES:
        assert f"flwr supernode register nodes/{party}.pub coordinator" in commands


def test_without_certs_the_readmes_say_how_keys_are_made(out: Path) -> None:
    told = deploy(out, *ADDRESS, code=1).stderr
    assert "public identities of alice, bob are not known yet" in told
    assert not list(out.rglob("*.key"))
    assert "ssh-keygen -t ecdsa -b 384" in (out / "alice" / "README.md").read_text()
    assert "-keyout server.key" in (out / "coordinator" / "README.md").read_text()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        pytest.param((), "add --address coordinator=HOST:PORT", id="no-address"),
        pytest.param(("--address", "alice=h:1"), "'alice' is not one of coordinator", id="party"),
        pytest.param((*ADDRESS, "--parties", "alice,coordinator"), "the folder of", id="name"),
    ],
)
def test_wrong_usage_writes_nothing(out: Path, options: tuple[str, ...], reason: str) -> None:
    assert reason in deploy(out, *options, code=2).stderr
    assert not out.exists()
