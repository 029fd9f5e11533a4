"""The keys behind the masks: X25519 pairs, the secret two parties agree on, and the one-use key
that each round draws from it. Who agrees with whom, and when, is the session's business.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from fedruntime.errors import ProtocolError

KEY_BYTES = 32

_PAIR_LABEL = b"fedmigrate pair secret v1"
_MASK_LABEL = b"fedmigrate mask key v1"
_CHANNEL_LABEL = b"fedmigrate channel key v1"


def generate(entropy: Callable[[int], bytes] = os.urandom) -> X25519PrivateKey:
    """Make a key pair.

    Parameters
    ----------
    entropy : callable
        Gives as many random bytes as it is asked for. Only tests have reason to replace it.
    """
    return private_key(entropy(KEY_BYTES))


def private_key(secret: bytes) -> X25519PrivateKey:
    """The key pair of a secret that was stored, or put together from shares.

    Raises
    ------
    ProtocolError
        If the secret does not have 32 bytes.
    """
    if len(secret) != KEY_BYTES:
        raise ProtocolError(f"a private key has {KEY_BYTES} bytes, not {len(secret)}")
    return X25519PrivateKey.from_private_bytes(secret)


def public_bytes(private: X25519PrivateKey) -> bytes:
    """The 32 bytes that others need in order to agree with this key pair."""
    return private.public_key().public_bytes_raw()


def agree(private: X25519PrivateKey, peer_public: bytes, *, context: str) -> bytes:
    """The secret that this key pair shares with a peer; both sides derive the same.

    X25519 (RFC 7748), then HKDF-SHA256 (RFC 5869) bound to the context and to both public keys,
    as RFC 7748 section 6.1 asks: the raw product does not tell who took part.

    Parameters
    ----------
    private : X25519PrivateKey
        This party's key pair.
    peer_public : bytes
        The peer's public key, 32 bytes.
    context : str
        What the secret is for, such as the session's identifier. Another context gives an
        unrelated secret.

    Returns
    -------
    bytes
        32 bytes.

    Raises
    ------
    ProtocolError
        If the peer's key is no public key, is this party's own, or is one of the few points that
        would make the secret known to all.
    """
    own_public = public_bytes(private)
    if peer_public == own_public:
        raise ProtocolError("the peer's public key is this party's own: a key was sent back")
    try:
        product = private.exchange(X25519PublicKey.from_public_bytes(peer_public))
    except ValueError as error:
        raise ProtocolError(
            f"no secret can be agreed with the peer's public key: it must be {KEY_BYTES} bytes "
            "that encode a point outside the small subgroup; ask the peer for a new one"
        ) from error
    # Every part but the context has a fixed length, so no two inputs give the same string.
    info = _PAIR_LABEL + b"".join(sorted([own_public, peer_public])) + context.encode()
    return HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=None, info=info).derive(product)


def round_key(pair_secret: bytes, round_number: int) -> bytes:
    """The mask key of one pair in one round: HMAC-SHA256 of the round under the pair's secret.

    Deriving it costs a twentieth of a key exchange, and a key that becomes known gives away
    neither the secret nor the key of any other round.

    Parameters
    ----------
    pair_secret : bytes
        What ``agree`` gave.
    round_number : int
        0 or more, below 2**64. Use each number once for a secret.

    Returns
    -------
    bytes
        32 bytes.

    Raises
    ------
    ProtocolError
        If the round number is out of range.
    """
    if not 0 <= round_number < 1 << 64:
        raise ProtocolError(f"round {round_number} is out of range: count from 0 to 2**64 - 1")
    return hmac.digest(pair_secret, _MASK_LABEL + round_number.to_bytes(8, "little"), "sha256")


def channel_key(pair_secret: bytes) -> bytes:
    """The key under which a pair seals messages, which is none that any round masks with.

    Parameters
    ----------
    pair_secret : bytes
        What ``agree`` gave.

    Returns
    -------
    bytes
        32 bytes.
    """
    return hmac.digest(pair_secret, _CHANNEL_LABEL, "sha256")
