"""Who a party is: an Ed25519 key pair that outlives sessions, its file, and what it signs. Which
public identity belongs to which party is agreed by other means than the coordinator.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from fedruntime.errors import ProtocolError, SettingsError

IDENTITY_BYTES = 32
SIGNATURE_BYTES = 64

# In front of all that is signed, so that a key that signs elsewhere, too, signs nothing for here.
_LABEL = b"fedmigrate identity signature v1\0"
_OTHERS_ACCESS = stat.S_IRWXG | stat.S_IRWXO


class Identity:
    """A party's private signing key (RFC 8032).

    Parameters
    ----------
    private : Ed25519PrivateKey
        Use ``generate`` or ``load``.
    """

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private

    @classmethod
    def generate(cls, entropy: Callable[[int], bytes] = os.urandom) -> Identity:
        """Make a new identity.

        Parameters
        ----------
        entropy : callable
            Gives as many random bytes as it is asked for. Only tests have reason to replace it.
        """
        return cls(Ed25519PrivateKey.from_private_bytes(entropy(IDENTITY_BYTES)))

    @property
    def public(self) -> bytes:
        """The 32 bytes by which others know this identity."""
        return self._private.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """The signature of a message, 64 bytes; equal messages have equal signatures."""
        return self._private.sign(_LABEL + message)

    def save(self, path: Path) -> None:
        """Write the identity to a file that only its owner may read: PEM, PKCS #8, unencrypted.

        The file is there whole or not at all.

        Raises
        ------
        SettingsError
            If there is a file already (an identity that others know is not replaced by accident),
            or it cannot be written.
        """
        pem = self._private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        try:
            _write_once(path, pem)
        except FileExistsError as error:
            raise SettingsError(
                f"{path} exists and may hold an identity that others know: move it away first"
            ) from error
        except OSError as error:
            raise SettingsError(
                f"the identity cannot be written to {path}: {error.strerror}"
            ) from error

    @classmethod
    def load(cls, path: Path) -> Identity:
        """Read an identity from a file: any unencrypted Ed25519 private key in PEM.

        Raises
        ------
        SettingsError
            If there is no such file, others may read it, or it holds something else.
        """
        try:
            with path.open("rb") as file:
                mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
                pem = file.read()
        except OSError as error:
            raise SettingsError(
                f"the identity in {path} cannot be read: {error.strerror}"
            ) from error
        if os.name == "posix" and mode & _OTHERS_ACCESS:
            raise SettingsError(
                f"the identity in {path} may be read or changed by others (mode {mode:04o}): "
                "allow only its owner, with chmod 600, and make a new one if others had access"
            )
        try:
            private = load_pem_private_key(pem, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise SettingsError(
                f"{path} holds no identity: it must be an unencrypted Ed25519 private key in PEM"
            ) from error
        if not isinstance(private, Ed25519PrivateKey):
            raise SettingsError(f"{path} holds a private key of another kind than Ed25519")
        return cls(private)


def verify(public: bytes, signature: bytes, message: bytes) -> None:
    """Check that an identity has signed a message.

    Parameters
    ----------
    public : bytes
        The signer's public identity.
    signature : bytes
        What ``Identity.sign`` gave.
    message : bytes
        What is said to have been signed.

    Raises
    ------
    ProtocolError
        If it has not, or the public identity is none.
    """
    try:
        key = Ed25519PublicKey.from_public_bytes(public)
    except ValueError as error:
        raise ProtocolError(
            f"a public identity has {IDENTITY_BYTES} bytes, not {len(public)}"
        ) from error
    try:
        key.verify(signature, _LABEL + message)
    except InvalidSignature as error:
        raise ProtocolError(
            "a signature does not fit the message and the identity that is said to have signed it"
        ) from error


def _write_once(path: Path, content: bytes) -> None:
    """Write a file of mode 0600, whole, under a name that is not taken."""
    descriptor, written = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)  # mode 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.link(written, path)  # unlike a rename, does not replace what is there
    finally:
        os.unlink(written)
