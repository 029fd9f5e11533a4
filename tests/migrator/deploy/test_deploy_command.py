"""``fedmigrate deploy``: what it writes, what the runtime makes of that, what it refuses to do."""

from __future__ import annotations

import base64
import re
import stat
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from fedmigrate.cli import main
from fedmigrate.deploy.deployment import plan_deployment
from fedmigrate.deploy.keys import Made, make_keys
from fedmigrate.deploy.layouts import layout_of
from fedruntime.crypto.identity import Identity
from fedruntime.engines.secretflow.settings import settings_from
from fedruntime.errors import SettingsError
from fedruntime.hosting.host import host_party
from fedruntime.hosting.party_settings import read_party_settings
from fedruntime.privacy.policy import Policy
from fedruntime.privacy.policy_file import read_policy
from fedruntime.settings import resolve_settings

SCRIPT = """\
import pandas as pd
from fedruntime import init

fed = init(parties=["alice", "bob"])
df = fed.load(pd.read_csv, "patients.csv")
print(df["age"].mean())
"""
ADDRESSES = ("--address", "alice=alice.example:9000", "--address", "bob=10.0.0.7:9001")
PUBLIC = {party: Identity.generate(lambda n, c=c: c * n) for party, c in (("a", b"1"), ("b", b"2"))}


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "train_fed.py"
    path.write_text(SCRIPT)
    return path


def deploy(script: Path, *options: str, code: int = 0) -> Result:
    """Deploy beside the script, into ``out``."""
    arguments = ["deploy", str(script), "-o", str(script.parent / "out"), *options]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == code, result.output
    return result


def made_keys(script: Path, days: int, now: datetime) -> Made:
    layout = layout_of("secretflow")
    deployment = plan_deployment(script, layout.reached, None, ADDRESSES[1::2], ())
    return make_keys(deployment, layout, days, now)


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


class TestWhatTheRuntimeMakesOfIt:
    def test_it_hosts_each_party_from_its_folder(self, script: Path) -> None:
        deploy(script, *ADDRESSES, "--certs")
        for party in ("alice", "bob"):
            settings = read_party_settings(script.parent / "out" / party)
            assert settings.name == party
            assert set(settings.identities) == {"alice", "bob"}
            host_party(settings)

    def test_another_script_than_the_deployed_one_is_refused(self, script: Path) -> None:
        deploy(script, *ADDRESSES, "--certs")
        folder = script.parent / "out" / "bob"
        (folder / "train_fed.py").write_text(SCRIPT + "print(df)\n")
        with pytest.raises(SettingsError, match="is not the script that 'bob' has reviewed"):
            host_party(read_party_settings(folder))

    def test_the_identity_of_another_party_is_refused(self, script: Path) -> None:
        deploy(script, *ADDRESSES, "--certs")
        out = script.parent / "out"
        (out / "bob" / "bob.key").write_bytes((out / "alice" / "alice.key").read_bytes())
        with pytest.raises(SettingsError, match="is not the one that"):
            host_party(read_party_settings(out / "bob"))

    def test_the_federation_is_the_same_file_at_all(self, script: Path) -> None:
        deploy(script, *ADDRESSES, "--certs")
        out = script.parent / "out"
        one, other = (out / party / "federation.toml" for party in ("alice", "bob"))
        assert one.read_bytes() == other.read_bytes()

    def test_the_federation_is_read_as_typed_in(self, script: Path) -> None:
        deploy(script, *ADDRESSES, "--certs")
        settings = resolve_settings({}, script.parent / "out" / "bob" / "train_fed.py")
        assert settings.parties == ("alice", "bob")
        assert settings.engine == "secretflow"
        of_engine = settings_from(settings.secretflow, settings.parties)
        assert of_engine.mode == "production"
        assert of_engine.addresses == {"alice": "alice.example:9000", "bob": "10.0.0.7:9001"}
        assert not of_engine.plaintext
        assert of_engine.tls is not None
        for file in (of_engine.tls.ca, of_engine.tls.certificate, of_engine.tls.key):
            assert (script.parent / "out" / "bob" / file).is_file()

    def test_the_policy_is_the_default_one(self, script: Path) -> None:
        deploy(script, *ADDRESSES, "--certs")
        assert read_policy(script.parent / "out" / "alice" / "policy.toml") == Policy()

    def test_its_comments_are_the_defaults(self, script: Path) -> None:
        deploy(script, *ADDRESSES, "--certs")
        path = script.parent / "out" / "alice" / "policy.toml"
        options = re.findall(r"^# (\w+ = .*)$", path.read_text().partition("[[consent]]")[0], re.M)
        path.write_text("\n".join(options))
        assert len(options) == 11
        assert read_policy(path) == Policy(min_parties=2)


class TestKeysAndCertificates:
    def test_private_keys_are_their_owners_alone(self, script: Path) -> None:
        deploy(script, *ADDRESSES, "--certs")
        out = script.parent / "out"
        private = {path for path in out.rglob("*") if path.suffix == ".key"}
        assert len(private) == 5  # two a party, and the authority's
        assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o600}

    def test_no_private_key_is_there_twice(self, script: Path) -> None:
        deploy(script, *ADDRESSES, "--certs")
        holders = [
            name for name, data in contents(script.parent / "out").items() if b"PRIVATE KEY" in data
        ]
        assert sorted(holders) == [
            "alice/alice.key",
            "alice/party.tls.key",
            "authority/ca.key",
            "bob/bob.key",
            "bob/party.tls.key",
        ]

    def test_keys_are_made_anew_each_time(self, script: Path) -> None:
        deploy(script, *ADDRESSES, "--certs")
        first = contents(script.parent / "out")
        deploy(script, *ADDRESSES, "--certs", "--force")
        second = contents(script.parent / "out")
        assert all(first[name] != second[name] for name in first if name.endswith(".key"))

    def test_the_certificate_is_for_the_address_and_signed_by_the_authority(
        self, script: Path
    ) -> None:
        deploy(script, *ADDRESSES, "--certs", "--days", "7")
        for party, kind, host in (
            ("alice", x509.DNSName, "alice.example"),
            ("bob", x509.IPAddress, "10.0.0.7"),
        ):
            folder = script.parent / "out" / party
            own = x509.load_pem_x509_certificate((folder / "party.crt").read_bytes())
            authority = x509.load_pem_x509_certificate((folder / "ca.crt").read_bytes())
            own.verify_directly_issued_by(authority)
            names = own.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
            assert [str(name) for name in names.get_values_for_type(kind)] == [host]
            constraints = own.extensions.get_extension_for_class(x509.BasicConstraints).value
            assert not constraints.ca
            key = load_pem_private_key((folder / "party.tls.key").read_bytes(), None)
            assert isinstance(key, ec.EllipticCurvePrivateKey)
            assert key.public_key() == own.public_key()

    def test_validity_is_the_one_asked_for(self, script: Path) -> None:
        now = datetime(2026, 1, 31, tzinfo=timezone.utc)
        made = made_keys(script, 7, now)
        assert made.until == now + timedelta(days=7)
        for file in made.files:
            if file.path.suffix == ".crt":
                certificate = x509.load_pem_x509_certificate(file.data)
                assert certificate.not_valid_after_utc == made.until, file.path

    def test_it_says_that_this_is_for_trying_out(self, script: Path) -> None:
        deploy(script, *ADDRESSES, "--certs")
        out = script.parent / "out"
        assert "for trying it out" in (out / "README.md").read_text()
        assert "for\n   trying it out" in (out / "alice" / "README.md").read_text()

    def test_without_certs_no_key_is_made(self, script: Path) -> None:
        told = deploy(script, *ADDRESSES, code=1).stderr
        assert "public identities of alice, bob are not known yet" in told
        assert not [name for name in contents(script.parent / "out") if name.endswith(".key")]
        assert not (script.parent / "out" / "authority").exists()

    def test_identities_that_were_sent_are_everyones(self, script: Path) -> None:
        sent = [
            f"--identity={party}={base64.b64encode(identity.public).decode()}"
            for party, identity in zip(("alice", "bob"), PUBLIC.values(), strict=True)
        ]
        deploy(script, *ADDRESSES, *sent)
        settings = read_party_settings(script.parent / "out" / "alice")
        assert list(settings.identities.values()) == [one.public for one in PUBLIC.values()]


class TestModules:
    def test_those_that_are_imported_come_along(self, script: Path) -> None:
        script.write_text("from tools.clean import tidy\nimport names\n" + SCRIPT)
        (script.parent / "names.py").write_text("import more\n")
        (script.parent / "more.py").write_text("")
        (script.parent / "unrelated.py").write_text("")
        (script.parent / "tools").mkdir()
        (script.parent / "tools" / "__init__.py").write_text("")
        (script.parent / "tools" / "clean.py").write_text("def tidy(): pass\n")
        deploy(script, *ADDRESSES, "--certs")
        there = {name for name in contents(script.parent / "out" / "bob") if name.endswith(".py")}
        assert there == {
            "train_fed.py",
            "names.py",
            "more.py",
            "tools/__init__.py",
            "tools/clean.py",
        }

    def test_one_outside_the_folder_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "pyproject.toml").write_text("")
        (tmp_path / "above.py").write_text("")
        (tmp_path / "jobs").mkdir()
        script = tmp_path / "jobs" / "train_fed.py"
        script.write_text("import above\n" + SCRIPT)
        assert "imports above.py from outside" in deploy(script, *ADDRESSES, code=2).stderr


class TestNothingIsOverwritten:
    def test_what_is_there_stays_byte_for_byte(self, script: Path) -> None:
        deploy(script, *ADDRESSES, "--certs")
        before = contents(script.parent / "out")
        told = deploy(script, *ADDRESSES, "--certs", code=2).stderr
        assert "would be replaced; nothing was written" in told
        assert "--force" in told
        assert contents(script.parent / "out") == before

    def test_one_file_in_the_way_is_enough(self, script: Path) -> None:
        policy = script.parent / "out" / "bob" / "policy.toml"
        policy.parent.mkdir(parents=True)
        policy.write_text("min_rows = 50\n")
        deploy(script, *ADDRESSES, "--certs", code=2)
        assert contents(script.parent / "out") == {"bob/policy.toml": b"min_rows = 50\n"}

    def test_other_files_survive_force(self, script: Path) -> None:
        deploy(script, *ADDRESSES, "--certs")
        table = script.parent / "out" / "bob" / "patients.csv"
        table.write_text("age\n3\n")
        deploy(script, *ADDRESSES, "--certs", "--force")
        assert table.read_text() == "age\n3\n"

    def test_the_script_itself_is_not_touched(self, script: Path) -> None:
        deploy(script, *ADDRESSES, "--certs")
        assert script.read_text() == SCRIPT

    @pytest.mark.parametrize(
        ("options", "reason"),
        [
            pytest.param((), "add --address alice=HOST:PORT", id="no-address"),
            pytest.param(ADDRESSES[:2], "where bob can be reached", id="one-address"),
            pytest.param(("--address", "alice"), "PARTY=HOST:PORT", id="no-value"),
            pytest.param(("--address", "eve=h:1"), "'eve' is not one of", id="stranger"),
            pytest.param((*ADDRESSES, "--address", "bob=h:1"), "there twice", id="twice"),
            pytest.param(
                ("--address", "alice=h", "--address", "bob=h:2"), "takes HOST:PORT", id="no-port"
            ),
            pytest.param(
                ("--address", "alice=h:0", "--address", "bob=h:2"), "takes HOST:PORT", id="port-0"
            ),
            pytest.param(
                ("--address", "alice=h:70000", "--address", "bob=h:2"), "HOST:PORT", id="high-port"
            ),
            pytest.param(
                ("--address", 'alice=h"\n:1', "--address", "bob=h:2"), "HOST:PORT", id="quote"
            ),
            pytest.param(
                ("--address", "alice=h:1", "--address", "bob=h:1"), "two parties", id="same"
            ),
            pytest.param(
                (*ADDRESSES, "--identity", "alice=abc"), "32 bytes in base64", id="no-identity"
            ),
            pytest.param(
                (*ADDRESSES, "--certs", "--identity", "alice=x"), "leave --identity", id="both"
            ),
            pytest.param((*ADDRESSES, "--parties", "alice"), "no federation", id="one-party"),
            pytest.param((*ADDRESSES, "--parties", "a,,b"), "is empty", id="empty-name"),
            pytest.param(
                (*ADDRESSES, "--parties", "alice,authority"), "the folder of", id="taken-name"
            ),
            pytest.param((*ADDRESSES, "--days", "0"), "--days", id="no-days"),
            pytest.param((*ADDRESSES, "--engine", "ray"), "--engine", id="engine"),
        ],
    )
    def test_wrong_usage_writes_nothing(
        self, script: Path, options: tuple[str, ...], reason: str
    ) -> None:
        assert reason in deploy(script, *options, code=2).stderr
        assert [path.name for path in script.parent.iterdir()] == ["train_fed.py"]

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            pytest.param("print(1)\n", "is not federated", id="not-federated"),
            pytest.param("from fedruntime import init\ninit()\n", "add --parties", id="no-names"),
            pytest.param("import (\n", "FM901", id="no-python"),
        ],
    )
    def test_another_script_writes_nothing(self, script: Path, text: str, reason: str) -> None:
        script.write_text(text)
        assert reason in deploy(script, *ADDRESSES, code=2).stderr
        assert not (script.parent / "out").exists()

    def test_a_script_that_is_not_there(self, tmp_path: Path) -> None:
        assert "cannot be read" in deploy(tmp_path / "none.py", *ADDRESSES, code=2).stderr

    def test_settings_beside_the_script_are_mentioned(self, script: Path) -> None:
        (script.parent / "federation.toml").write_text("min_parties = 2\n")
        assert "were not taken over" in deploy(script, *ADDRESSES, "--certs").stderr


def test_neither_the_runtime_nor_a_library_for_numbers_is_loaded(script: Path) -> None:
    code = (
        "import sys\nfrom fedmigrate.cli import main\n"
        f"try: main(['deploy', {str(script)!r}, '-o', {str(script.parent / 'out')!r}, '--certs', "
        f"*{list(ADDRESSES)!r}])\n"
        "except SystemExit as end: assert end.code == 0, end.code\n"
        "print(sorted({'numpy', 'sklearn', 'pandas', 'fedruntime'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
