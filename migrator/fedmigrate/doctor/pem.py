"""Certificates and keys in PEM: what is wrong with them."""

from __future__ import annotations

import os
import stat
from collections.abc import Generator, Iterator
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization

from fedmigrate.doctor.finding import Finding, fine, problem
from fedmigrate.doctor.subject import shown

_SOON = timedelta(days=7)
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_DER, _INFO = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo


def examine(
    ca: Path | None,
    certificate: Path | None = None,
    key: Path | None = None,
    host: str = "",
    now: datetime | None = None,
) -> Iterator[Finding]:
    """Findings about files of TLS at one place.

    Parameters
    ----------
    ca : Path, optional
        Of the authority that has signed the certificate.
    certificate : Path, optional
    key : Path, optional
        Its private key.
    host : str
        Under which the owner is reached; empty if that is not known.
    now : datetime, optional
        With a time zone; by default the present.
    """
    now = now or datetime.now(timezone.utc)
    authority = own = None
    if ca is not None:
        authority = yield from _read(ca)
        if authority is not None:
            yield from _dates(ca, authority, now)
            yield from _signs(ca, authority)
    if certificate is not None:
        own = yield from _read(certificate)
        if own is not None:
            yield from _dates(certificate, own, now)
            if host:
                yield from _is_for(certificate, own, host)
        if own is not None and authority is not None and ca is not None:
            yield from _signed(certificate, own, ca, authority)
    if key is not None:
        yield from _key(key, certificate, own)


def is_key_pair(private: Path, public: Path) -> bool:
    """Whether a public key, as ``ssh-keygen`` writes it, is that of a private one."""
    try:
        known = serialization.load_ssh_public_key(public.read_bytes())
        return known.public_bytes(_DER, _INFO) == _public_key(private.read_bytes())
    except (OSError, ValueError, TypeError):
        return False


def _read(path: Path) -> Generator[Finding, None, x509.Certificate | None]:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except OSError as error:
        what = f"cannot be read: {error.strerror}"
        yield problem(shown(path), what, "put the certificate there")
    except ValueError:
        yield problem(shown(path), "is no certificate in PEM", "put the certificate there")
    return None


def _dates(path: Path, found: x509.Certificate, now: datetime) -> Iterator[Finding]:
    begins, ends = found.not_valid_before_utc, found.not_valid_after_utc
    if not begins <= now <= ends:
        yield problem(
            shown(path),
            f"is valid from {begins:%Y-%m-%d %H:%M} to {ends:%Y-%m-%d %H:%M} UTC, and it is "
            f"{now:%Y-%m-%d %H:%M} now",
            "get a new one, or set the clock",
        )
    elif ends - now < _SOON:
        yield problem(shown(path), f"ends soon, on {ends:%Y-%m-%d %H:%M} UTC", "get a new one")
    else:
        yield fine(shown(path), f"is valid until {ends:%Y-%m-%d} UTC")


def _signs(path: Path, found: x509.Certificate) -> Iterator[Finding]:
    try:
        is_authority = found.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        is_authority = False
    if not is_authority:
        yield problem(
            shown(path),
            "is not the certificate of an authority (no CA in its basic constraints)",
            "put the authority's own certificate there",
        )


def _is_for(path: Path, found: x509.Certificate, host: str) -> Iterator[Finding]:
    try:
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        told: list[str] = []
    else:
        addresses = names.get_values_for_type(x509.IPAddress)
        told = [*names.get_values_for_type(x509.DNSName), *map(str, addresses)]
    if not any(_matches(name, host) for name in told):
        yield problem(
            shown(path),
            f"is for {', '.join(told) or 'no host'}, and not for {host}",
            "get one whose subjectAltName has that host",
        )


def _matches(name: str, host: str) -> bool:
    try:
        return ip_address(name) == ip_address(host)
    except ValueError:
        pass  # at least one is a name
    if name.startswith("*."):
        return host.lower().partition(".")[2] == name[2:].lower()
    return name.lower() == host.lower()


def _signed(
    path: Path, found: x509.Certificate, ca: Path, authority: x509.Certificate
) -> Iterator[Finding]:
    try:
        found.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        yield problem(
            shown(path),
            f"was not signed by the authority in {ca.name}",
            "put both there from the same authority",
        )


def _key(path: Path, certificate: Path | None, found: x509.Certificate | None) -> Iterator[Finding]:
    try:
        data = path.read_bytes()
    except OSError as error:
        yield problem(shown(path), f"cannot be read: {error.strerror}", "put the key there")
        return
    yield from _mode(path)
    try:
        public = _public_key(data)
    except (ValueError, TypeError) as error:
        yield problem(shown(path), f"is no private key in PEM: {error}", "put the key there")
        return
    if found is None or certificate is None:
        yield fine(shown(path), "is a private key")
    elif public != found.public_key().public_bytes(_DER, _INFO):
        yield problem(
            shown(path),
            f"is not the key of {certificate.name}",
            "put the key there that the certificate was made for",
        )
    else:
        yield fine(shown(path), f"is the key of {certificate.name}")


def _public_key(private: bytes) -> bytes:
    """The public key of a private one, in PEM or as ``ssh-keygen`` writes it."""
    if b"OPENSSH PRIVATE KEY" in private:
        key = serialization.load_ssh_private_key(private, password=None)
        return key.public_key().public_bytes(_DER, _INFO)
    return serialization.load_pem_private_key(private, None).public_key().public_bytes(_DER, _INFO)


def _mode(path: Path) -> Iterator[Finding]:
    mode = stat.S_IMODE(path.stat().st_mode)
    if os.name == "posix" and mode & _OTHERS:  # elsewhere modes do not say who may read
        yield problem(
            shown(path),
            f"is a private key that others on this machine may read (mode {mode:04o})",
            f"chmod 600 {shown(path)}",
        )
