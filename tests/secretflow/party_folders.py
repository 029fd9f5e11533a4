"""Folders of parties that each hold their own rows, key, certificate and settings, and processes
that run the script there: a federation of organisations on the loopback of one machine.
"""

from __future__ import annotations

import base64
import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path

import pandas as pd
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from fedruntime.crypto.identity import Identity

PARTIES = ("alice", "bob", "carol")
TIMEOUT = 240  # seconds after which a test gives up on processes; none of them should be that slow

_POLICY = """\
min_cell = 1
min_rows = 1
max_ratio = 10.0
needs_consent = []
"""


@dataclass(frozen=True)
class Ended:
    """How a party's process ended."""

    code: int
    output: str
    errors: str


def write_folders(
    root: Path,
    script: str,
    tables: Mapping[str, pd.DataFrame],
    *,
    tls: bool = True,
    timeout: float = 60,
    more: str = "",
) -> dict[str, Path]:
    """One folder a party; ``more`` is added to everyone's ``[secretflow]``."""
    parties = tuple(tables)
    identities = {party: Identity.generate() for party in parties}
    public = "".join(
        f'{party} = "{base64.b64encode(identity.public).decode()}"\n'
        for party, identity in identities.items()
    )
    folders = {}
    for party in parties:
        folder = folders[party] = root / party
        folder.mkdir(parents=True)
        (folder / "train_fed.py").write_text(script)
        (folder / "policy.toml").write_text(_POLICY)
        (folder / "party.toml").write_text(
            f'name = "{party}"\nscript = "train_fed.py"\n'
            f'script_sha256 = "{sha256(script.encode()).hexdigest()}"\n'
            f'identity = "{party}.key"\npolicy = "policy.toml"\nledger = "own.ledger.jsonl"\n'
            f"[identities]\n{public}"
        )
        identities[party].save(folder / f"{party}.key")
        tables[party].to_csv(folder / "patients.csv", index=False)
    link(folders, tls=tls, timeout=timeout, more=more)
    return folders


def link(
    folders: Mapping[str, Path], *, tls: bool = True, timeout: float = 60, more: str = ""
) -> None:
    """Let parties know where they find each other, and give them certificates."""
    authority = Authority("an authority")
    ports = dict(zip(folders, free_ports(len(folders)), strict=True))
    addresses = "".join(f'{party} = "127.0.0.1:{port}"\n' for party, port in ports.items())
    files = (
        '[secretflow.tls]\nca = "ca.crt"\ncertificate = "party.crt"\nkey = "party.tls.key"\n'
        if tls
        else ""
    )
    federation = (
        f"parties = {list(folders)}\n"
        f'engine = "secretflow"\nround_timeout = {timeout}\n'
        f'[secretflow]\nmode = "production"\nplaintext = {str(not tls).lower()}\n'
        f"[secretflow.addresses]\n{addresses}{files}{more}"
    )
    for party, folder in folders.items():
        (folder / "federation.toml").write_text(federation)
        authority.write(folder, party)


def run_scripts(
    folders: Mapping[str, Path], environments: Mapping[str, Mapping[str, str]] | None = None
) -> dict[str, Ended]:
    """Let every party run its script, all at once."""
    running = {}
    for party, folder in folders.items():
        own = (environments or {}).get(party, {})
        running[party] = subprocess.Popen(
            [sys.executable, "train_fed.py"],
            cwd=folder,
            env={**os.environ, **own},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    ended = {}
    try:
        for party, process in running.items():
            output, errors = process.communicate(timeout=TIMEOUT)
            ended[party] = Ended(process.returncode, output, errors)
    finally:
        for process in running.values():
            process.kill()
            process.wait()
    return ended


def printed(output: str) -> str:
    """What a script has printed, without SecretFlow's own lines."""
    return "".join(line for line in output.splitlines(True) if not line.startswith("["))


def free_ports(count: int) -> list[int]:
    """Ports of the loopback that nobody listens on now."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports: list[int] = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Authority:
    """Signs the certificates of a federation's parties."""

    def __init__(self, name: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named(name)
        self.certificate = self._signed(self._name, self._key.public_key(), authority=True)

    def write(self, folder: Path, party: str) -> None:
        """A certificate of a party, its key, and the authority's own certificate."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._signed(_named(party), key.public_key(), authority=False)
        pem = serialization.Encoding.PEM
        (folder / "ca.crt").write_bytes(self.certificate.public_bytes(pem))
        (folder / "party.crt").write_bytes(certificate.public_bytes(pem))
        (folder / "party.tls.key").write_bytes(
            key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        )

    def _signed(
        self, subject: x509.Name, public: ec.EllipticCurvePublicKey, *, authority: bool
    ) -> x509.Certificate:
        now = datetime.now(timezone.utc)
        loopback = x509.IPAddress(ip_address("127.0.0.1"))
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([loopback]), critical=False)
            .sign(self._key, hashes.SHA256())
        )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def dealt(table: pd.DataFrame, parties: Sequence[str] = PARTIES) -> dict[str, pd.DataFrame]:
    """Rows in order, unequally many a party."""
    cuts = [0, *(len(table) * (i + 1) // (len(parties) + 1) for i in range(len(parties) - 1))]
    return {
        party: table.iloc[start:stop]
        for party, start, stop in zip(parties, cuts, [*cuts[1:], len(table)], strict=True)
    }
