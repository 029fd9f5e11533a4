"""Sealed messages: published AES-256-GCM vectors, and everything that does not open."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedruntime.crypto import sealing
from fedruntime.errors import ProtocolError

KEY = bytes(range(32))
SEALED = sealing.seal(KEY, b"a share", context=b"round 7")

# The GCM specification (McGrew and Viega 2005), test cases 13, 14 and 16: what NIST SP 800-38D
# refers to. Key, nonce, plaintext, context, ciphertext, tag.
PUBLISHED = {
    "case-13": ("00" * 32, "00" * 12, "", "", "", "530f8afbc74536b9a963b4f1c4cb738b"),
    "case-14": (
        "00" * 32,
        "00" * 12,
        "00" * 16,
        "",
        "cea7403d4d606b6e074ec5d3baf39d18",
        "d0d1c8a799996bf0265b98b5d48ab919",
    ),
    "case-16": (
        "feffe9928665731c6d6a8f9467308308" * 2,
        "cafebabefacedbaddecaf888",
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
        "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
        "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
        "76fc6ece0f4e1768cddf8853bb2d551b",
    ),
}


@pytest.mark.parametrize("case", PUBLISHED)
def test_a_sealed_message_is_nonce_ciphertext_and_tag_of_the_published_vectors(case: str) -> None:
    key, nonce, plaintext, context, ciphertext, tag = map(bytes.fromhex, PUBLISHED[case])
    sealed = sealing.seal(key, plaintext, context=context, entropy=lambda _: nonce)
    assert sealed == nonce + ciphertext + tag
    assert sealing.unseal(key, sealed, context=context) == plaintext


@settings(derandomize=True, deadline=None, max_examples=50)
@given(st.binary(max_size=200), st.binary(max_size=50), st.binary(min_size=32, max_size=32))
def test_what_was_sealed_opens_again(plaintext: bytes, context: bytes, key: bytes) -> None:
    sealed = sealing.seal(key, plaintext, context=context)
    assert sealing.unseal(key, sealed, context=context) == plaintext
    assert len(sealed) == len(plaintext) + 28


@pytest.mark.parametrize("place", range(len(SEALED)))
def test_a_message_with_any_bit_altered_does_not_open(place: int) -> None:
    for bit in range(8):
        altered = bytearray(SEALED)
        altered[place] ^= 1 << bit
        with pytest.raises(ProtocolError, match="does not open"):
            sealing.unseal(KEY, bytes(altered), context=b"round 7")


@pytest.mark.parametrize("context", [b"", b"round 8", b"round 7 ", b"round"])
def test_a_message_does_not_open_in_another_context(context: bytes) -> None:
    with pytest.raises(ProtocolError, match="another key or for another purpose"):
        sealing.unseal(KEY, SEALED, context=context)


def test_a_message_does_not_open_under_another_key() -> None:
    with pytest.raises(ProtocolError, match="does not open"):
        sealing.unseal(KEY[::-1], SEALED, context=b"round 7")


@pytest.mark.parametrize("size", [28, 29, len(SEALED) - 1, len(SEALED) + 1])
def test_a_message_that_was_cut_or_lengthened_does_not_open(size: int) -> None:
    with pytest.raises(ProtocolError, match="does not open"):
        sealing.unseal(KEY, (SEALED + b"\0")[:size], context=b"round 7")


@pytest.mark.parametrize("size", [0, 1, 12, 27])
def test_what_is_too_short_for_a_message_is_refused(size: int) -> None:
    with pytest.raises(ProtocolError, match=f"at least 28 bytes; this one has {size}"):
        sealing.unseal(KEY, SEALED[:size], context=b"round 7")


def test_equal_messages_are_sealed_differently_each_time() -> None:
    sealed = [sealing.seal(KEY, b"the same", context=b"c") for _ in range(200)]
    assert len({message[:12] for message in sealed}) == 200
    assert len({message[12:] for message in sealed}) == 200


def test_the_nonce_is_all_that_is_drawn() -> None:
    asked: list[int] = []

    def entropy(count: int) -> bytes:
        asked.append(count)
        return bytes(count)

    sealing.seal(KEY, b"message", context=b"", entropy=entropy)
    assert asked == [12]


def test_neither_plaintext_nor_context_shows() -> None:
    sealed = sealing.seal(KEY, b"plaintext" * 10, context=b"context" * 10)
    assert b"plain" not in sealed
    assert b"context" not in sealed


@pytest.mark.parametrize("size", [0, 16, 24, 31, 33])
def test_keys_that_are_not_aes_256_are_refused(size: int) -> None:
    with pytest.raises(ValueError, match=f"32 bytes, not {size}"):
        sealing.seal(bytes(size), b"", context=b"")
    with pytest.raises(ValueError, match=f"32 bytes, not {size}"):
        sealing.unseal(bytes(size), SEALED, context=b"")
