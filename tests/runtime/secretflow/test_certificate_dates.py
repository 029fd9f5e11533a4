"""Certificates that are not valid are refused before anything connects."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from fedruntime.engines.secretflow.certificates import require_valid
from fedruntime.engines.secretflow.settings import Tls
from fedruntime.errors import SettingsError

NOW = datetime(2026, 5, 1, 12, tzinfo=timezone.utc)
TLS = Tls(ca=Path("ca.crt"), certificate=Path("own.crt"), key=Path("own.key"))


def write(path: Path, begins: datetime, ends: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "alice")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begins)
        .not_valid_after(ends)
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("ca.crt", "own.crt"):
        write(tmp_path / name, NOW - timedelta(days=30), NOW + timedelta(days=30))
    return tmp_path


def test_valid_ones_pass(folder: Path) -> None:
    require_valid(TLS, folder, NOW)


@pytest.mark.parametrize("name", ["ca.crt", "own.crt"])
@pytest.mark.parametrize("days", [-31, -1])
def test_one_that_has_expired_is_named(folder: Path, name: str, days: int) -> None:
    write(folder / name, NOW - timedelta(days=90), NOW + timedelta(days=days))
    with pytest.raises(SettingsError, match=rf"{name}: this certificate .* get a new"):
        require_valid(TLS, folder, NOW)


def test_one_that_is_not_valid_yet_is_named(folder: Path) -> None:
    write(folder / "own.crt", NOW + timedelta(days=1), NOW + timedelta(days=9))
    with pytest.raises(
        SettingsError, match=r"own\.crt: .*2026-05-02 .* it is 2026-05-01 12:00 now"
    ):
        require_valid(TLS, folder, NOW)


def test_what_is_no_certificate_is_named(folder: Path) -> None:
    (folder / "own.crt").write_text("a certificate")
    with pytest.raises(SettingsError, match=r"own\.crt: is no certificate in PEM"):
        require_valid(TLS, folder, NOW)
    (folder / "own.crt").unlink()
    with pytest.raises(SettingsError, match=r"own\.crt: cannot be read"):
        require_valid(TLS, folder, NOW)
