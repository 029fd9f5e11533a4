"""Identities: published Ed25519 vectors, signatures that are refused, and the identity's file."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from fedruntime.crypto.identity import Identity, verify
from fedruntime.errors import ProtocolError, SettingsError

# RFC 8032, section 7.1, tests 1 to 3: secret key, public key, message, signature.
PUBLISHED = {
    "test-1": (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    "test-2": (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    "test-3": (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
}
SECRET = bytes.fromhex(PUBLISHED["test-1"][0])
IDENTITY = Identity.generate(lambda _: SECRET)
SIGNATURE = IDENTITY.sign(b"message")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "identity.pem"


@pytest.mark.parametrize("case", PUBLISHED)
def test_identities_are_the_published_keys(case: str) -> None:
    secret, public, message, signature = map(bytes.fromhex, PUBLISHED[case])
    assert Identity.generate(lambda _: secret).public == public
    assert Ed25519PrivateKey.from_private_bytes(secret).sign(message) == signature


def test_what_is_signed_is_the_message_behind_the_label() -> None:
    label = b"fedmigrate identity signature v1\0"
    assert Ed25519PrivateKey.from_private_bytes(SECRET).sign(label + b"message") == SIGNATURE
    # Made once and then never changed: another value means that parties of different versions
    # no longer believe each other.
    assert SIGNATURE.hex() == (
        "9fd6b3af4110bc6da11d8639b4a9a348d4f122184283d37638a8cb47936986eb"
        "625a54b96f5967dd92b27394612a3d348fb53948205a1dea1a9864c4c230ea04"
    )


def test_what_an_identity_has_signed_is_believed() -> None:
    verify(IDENTITY.public, SIGNATURE, b"message")
    verify(IDENTITY.public, IDENTITY.sign(b""), b"")


def test_what_the_key_has_signed_for_another_purpose_is_not() -> None:
    elsewhere = Ed25519PrivateKey.from_private_bytes(SECRET).sign(b"message")
    with pytest.raises(ProtocolError, match="does not fit"):
        verify(IDENTITY.public, elsewhere, b"message")


@pytest.mark.parametrize("message", [b"", b"messag", b"message ", b"Message"])
def test_a_signature_of_another_message_is_refused(message: bytes) -> None:
    with pytest.raises(ProtocolError, match="does not fit the message and the identity"):
        verify(IDENTITY.public, SIGNATURE, message)


def test_a_signature_of_another_identity_is_refused() -> None:
    with pytest.raises(ProtocolError, match="does not fit the message and the identity"):
        verify(Identity.generate().public, SIGNATURE, b"message")


@pytest.mark.parametrize("place", range(64))
def test_an_altered_signature_is_refused(place: int) -> None:
    altered = bytearray(SIGNATURE)
    altered[place] ^= 1
    with pytest.raises(ProtocolError, match="does not fit"):
        verify(IDENTITY.public, bytes(altered), b"message")


@pytest.mark.parametrize("signature", [b"", SIGNATURE[:-1], SIGNATURE + b"\0", bytes(64)])
def test_what_is_no_signature_is_refused(signature: bytes) -> None:
    with pytest.raises(ProtocolError, match="does not fit"):
        verify(IDENTITY.public, signature, b"message")


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_what_is_no_public_identity_is_refused(size: int) -> None:
    with pytest.raises(ProtocolError, match=f"32 bytes, not {size}"):
        verify(bytes(size), SIGNATURE, b"message")


def test_a_public_identity_that_is_no_point_is_refused() -> None:
    with pytest.raises(ProtocolError, match="does not fit"):
        verify(b"\xff" * 32, SIGNATURE, b"message")


def test_generated_identities_differ() -> None:
    assert len({Identity.generate().public for _ in range(20)}) == 20


# The file


def test_an_identity_survives_its_file(path: Path) -> None:
    IDENTITY.save(path)
    loaded = Identity.load(path)
    assert loaded.public == IDENTITY.public
    assert loaded.sign(b"message") == SIGNATURE


def test_only_the_owner_may_read_the_file_and_nothing_else_is_left(path: Path) -> None:
    before = os.umask(0)
    try:
        IDENTITY.save(path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_an_identity_is_not_replaced(path: Path) -> None:
    IDENTITY.save(path)
    with pytest.raises(SettingsError, match="exists and may hold an identity that others know"):
        Identity.generate().save(path)
    assert Identity.load(path).public == IDENTITY.public
    assert list(path.parent.iterdir()) == [path]


def test_a_save_that_fails_leaves_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SettingsError, match=r"cannot be written to .*No space left"):
        IDENTITY.save(path)
    assert not list(path.parent.iterdir())


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"cannot be written to .*absent.*No such file"):
        IDENTITY.save(tmp_path / "absent" / "identity.pem")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o777])
def test_a_file_that_others_may_read_is_refused(mode: int, path: Path) -> None:
    IDENTITY.save(path)
    path.chmod(mode)
    with pytest.raises(SettingsError, match=rf"others \(mode {mode:04o}\): .*chmod 600"):
        Identity.load(path)


def test_a_file_that_its_owner_may_only_read_is_taken(path: Path) -> None:
    IDENTITY.save(path)
    path.chmod(0o400)
    assert Identity.load(path).public == IDENTITY.public


def test_a_missing_file_is_named(path: Path) -> None:
    with pytest.raises(SettingsError, match=r"identity\.pem cannot be read: No such file"):
        Identity.load(path)


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    path.chmod(0o600)
    return path


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(SECRET, id="raw-bytes"),
        pytest.param(
            b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", id="broken"
        ),
        pytest.param(
            Ed25519PrivateKey.from_private_bytes(SECRET).private_bytes(
                Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"password")
            ),
            id="encrypted",
        ),
    ],
)
def test_a_file_that_holds_no_private_key_is_refused(content: bytes, path: Path) -> None:
    with pytest.raises(SettingsError, match="holds no identity: it must be an unencrypted Ed25519"):
        Identity.load(_written(path, content))


def test_a_key_of_another_kind_is_refused(path: Path) -> None:
    elliptic = generate_private_key(SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    with pytest.raises(SettingsError, match="another kind than Ed25519"):
        Identity.load(_written(path, elliptic))


def test_an_error_does_not_quote_the_file(path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        Identity.load(_written(path, b"my secret"))
    assert "my secret" not in str(caught.value)


def test_the_secret_does_not_show_in_its_representation() -> None:
    assert SECRET.hex() not in repr(IDENTITY)
    assert repr(SECRET) not in repr(IDENTITY)
