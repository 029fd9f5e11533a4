"""Keys and certificates for trying a deployment out: a certificate authority, what it signs, and
the identities of parties. Values in memory only; ``keys`` says where they lie.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_CLOCKS_DIFFER = timedelta(hours=1)
_LONGEST_NAME = 64  # of a common name, RFC 5280


@dataclass(frozen=True)
class KeyPair:
    """A private key and what others get of it, as the bytes of their files."""

    private: bytes
    public: bytes


@dataclass(frozen=True)
class Authority:
    """A certificate authority of a federation's own.

    Parameters
    ----------
    key : EllipticCurvePrivateKey
    certificate : Certificate
        Signed by itself.
    """

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def files(self) -> KeyPair:
        """Key and certificate in PEM."""
        return KeyPair(_pem(self.key), self.certificate.public_bytes(Encoding.PEM))


def new_authority(name: str, days: int, now: datetime) -> Authority:
    """An authority that may sign certificates of machines and none of other authorities.

    Parameters
    ----------
    name : str
        Its common name.
    days : int
        How long it is valid.
    now : datetime
        With a time zone; it is valid from an hour before, since clocks differ.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name(name)
    builder = _builder(subject, subject, key.public_key(), days, now)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_key_usage(signs_certificates=True), critical=True)
    return Authority(key, builder.sign(key, SHA256()))


def machine_certificate(
    authority: Authority, hosts: Sequence[str], days: int, now: datetime
) -> KeyPair:
    """Key and certificate of a machine, for either side of a connection.

    Parameters
    ----------
    hosts : sequence of str
        Names and addresses under which it is reached: its subject alternative names.
    days, now
        As for ``new_authority``.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = authority.certificate
    builder = _builder(_name(hosts[0]), issuer.subject, key.public_key(), days, now)
    usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    builder = (
        builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([_general(host) for host in hosts]), False)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        .add_extension(signer, critical=False)
    )
    certificate = builder.sign(authority.key, SHA256())
    return KeyPair(_pem(key), certificate.public_bytes(Encoding.PEM))


def node_key() -> KeyPair:
    """An ECDSA key pair on P-384 in OpenSSH's formats, by which a SuperLink knows a SuperNode."""
    key = ec.generate_private_key(ec.SECP384R1())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    return KeyPair(private, public + b"\n")


def identity() -> KeyPair:
    """An Ed25519 identity: PEM as ``python -m fedruntime.identity`` writes it, and base64."""
    key = Ed25519PrivateKey.generate()
    return KeyPair(_pem(key), base64.b64encode(key.public_key().public_bytes_raw()))


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public: ec.EllipticCurvePublicKey,
    days: int,
    now: datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCKS_DIFFER)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common[:_LONGEST_NAME])])


def _general(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(key: ec.EllipticCurvePrivateKey | Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
