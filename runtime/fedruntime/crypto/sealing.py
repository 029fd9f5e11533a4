"""Sealed messages: AES-256-GCM under a key that sender and receiver share. What a message says, and
what its context binds it to, is the protocol's business.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from fedruntime.crypto.keys import KEY_BYTES
from fedruntime.errors import ProtocolError

NONCE_BYTES = 12
TAG_BYTES = 16


def seal(
    key: bytes, plaintext: bytes, *, context: bytes, entropy: Callable[[int], bytes] = os.urandom
) -> bytes:
    """Encrypt a message so that nobody without the key can read it, or alter it unnoticed.

    The nonce is drawn at random for every message, so one key may seal up to 2**32 of them, in
    both directions (NIST SP 800-38D, section 8.3): the chance that two nonces meet is then 2**-33.

    Parameters
    ----------
    key : bytes
        32 bytes.
    plaintext : bytes
        Its length is not hidden.
    context : bytes
        What the message belongs to. It is not part of the sealed message; ``unseal`` needs the
        same.
    entropy : callable
        Gives as many random bytes as it is asked for. Only tests have reason to replace it.

    Returns
    -------
    bytes
        Nonce, ciphertext and tag: 28 bytes longer than the plaintext.

    Raises
    ------
    ValueError
        If the key does not have 32 bytes.
    """
    nonce = entropy(NONCE_BYTES)
    return nonce + _cipher(key).encrypt(nonce, plaintext, context)


def unseal(key: bytes, sealed: bytes, *, context: bytes) -> bytes:
    """The plaintext of a sealed message.

    Raises
    ------
    ProtocolError
        If the message was altered, or was sealed under another key or in another context.
    ValueError
        If the key does not have 32 bytes.
    """
    cipher = _cipher(key)
    if len(sealed) < NONCE_BYTES + TAG_BYTES:
        raise ProtocolError(
            f"a sealed message has at least {NONCE_BYTES + TAG_BYTES} bytes; this one has "
            f"{len(sealed)}"
        )
    try:
        return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context)
    except InvalidTag as error:
        raise ProtocolError(
            "a sealed message does not open: it was altered, or sealed under another key or for "
            "another purpose"
        ) from error


def _cipher(key: bytes) -> AESGCM:
    if len(key) != KEY_BYTES:  # AES-128 and AES-192 would be taken without a word
        raise ValueError(f"a key that seals has {KEY_BYTES} bytes, not {len(key)}")
    return AESGCM(key)
