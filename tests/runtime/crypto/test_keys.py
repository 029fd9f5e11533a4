"""Key agreement and round keys: published vectors, our own frozen ones, and what is refused."""

from __future__ import annotations

import hashlib

import pytest

from fedruntime.crypto import keys
from fedruntime.errors import ProtocolError

# RFC 7748, section 6.1.
ALICE_PRIVATE = bytes.fromhex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")
ALICE_PUBLIC = bytes.fromhex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")
BOB_PRIVATE = bytes.fromhex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb")
BOB_PUBLIC = bytes.fromhex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f")
PRODUCT = bytes.fromhex("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742")

ALICE = keys.generate(lambda _: ALICE_PRIVATE)
BOB = keys.generate(lambda _: BOB_PRIVATE)

# Made once with this module and then never changed: another value means that parties of
# different versions no longer understand each other.
FROZEN_SECRET = "7c96e393978f3784a2f59a47a604edce9cac7ee19b1e9d91ba69f2ee210e899b"
FROZEN_ROUND_KEYS = {
    0: "0f4eb0d24bfa444a3200acbbc7d08f73da81a0a1c9e44f02b931e896722d103c",
    1: "42ebb9a4d3625c2bb23ec7cf6d056dc4512c7a0e6801b2b7d6b143888063f978",
    2**64 - 1: "36eb27bb7db92fd9b64365b3132868d8695db139c5d653c5a2e05b4c76611dae",
}


def hmac_sha256(key: bytes, message: bytes) -> bytes:
    """RFC 2104, for keys of at most one SHA-256 block of 64 bytes."""
    block = key.ljust(64, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block) + message).digest()
    return hashlib.sha256(bytes(byte ^ 0x5C for byte in block) + inner).digest()


def hkdf_sha256(material: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    """RFC 5869, sections 2.2 and 2.3, from HMAC alone."""
    pseudorandom = hmac_sha256(salt or bytes(32), material)
    blocks, output = b"", b""
    for counter in range(1, 1 + -(-length // 32)):
        blocks = hmac_sha256(pseudorandom, blocks + info + bytes([counter]))
        output += blocks
    return output[:length]


@pytest.mark.parametrize(
    ("key", "message", "digest"),
    [
        pytest.param(
            b"\x0b" * 20,
            b"Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            id="case-1",
        ),
        pytest.param(
            b"Jefe",
            b"what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            id="case-2",
        ),
    ],
)
def test_the_reference_code_matches_rfc_4231(key: bytes, message: bytes, digest: str) -> None:
    assert hmac_sha256(key, message).hex() == digest


def test_public_keys_match_rfc_7748() -> None:
    assert keys.public_bytes(ALICE) == ALICE_PUBLIC
    assert keys.public_bytes(BOB) == BOB_PUBLIC


@pytest.mark.parametrize(
    ("material", "salt", "info", "output"),
    [
        pytest.param(
            bytes([0x0B] * 22),
            bytes(range(0x0D)),
            bytes(range(0xF0, 0xFA)),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
            id="case-1",
        ),
        pytest.param(
            bytes([0x0B] * 22),
            b"",
            b"",
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
            id="case-3-without-salt",
        ),
    ],
)
def test_the_reference_derivation_matches_rfc_5869(
    material: bytes, salt: bytes, info: bytes, output: str
) -> None:
    assert hkdf_sha256(material, salt, info, 42).hex() == output


def test_agree_is_hkdf_of_the_rfc_7748_product_over_label_both_keys_and_context() -> None:
    info = b"fedmigrate pair secret v1" + ALICE_PUBLIC + BOB_PUBLIC + b"session 7"
    expected = hkdf_sha256(PRODUCT, b"", info, 32)
    assert keys.agree(ALICE, BOB_PUBLIC, context="session 7") == expected
    assert expected.hex() == FROZEN_SECRET


def test_both_sides_agree_on_the_same_secret() -> None:
    assert keys.agree(ALICE, BOB_PUBLIC, context="s") == keys.agree(BOB, ALICE_PUBLIC, context="s")


def test_another_session_gives_another_secret() -> None:
    secrets = {keys.agree(ALICE, BOB_PUBLIC, context=name) for name in ("", "a", "b", "ab", "é")}
    assert len(secrets) == 5


def test_each_pair_has_its_own_secret() -> None:
    carol = keys.generate(lambda count: bytes(range(count)))
    parties = [ALICE, BOB, carol]
    secrets = {
        keys.agree(one, keys.public_bytes(other), context="s")
        for one in parties
        for other in parties
        if one is not other
    }
    assert len(secrets) == 3


@pytest.mark.parametrize(
    "peer",
    [
        pytest.param(b"", id="empty"),
        pytest.param(BOB_PUBLIC[:-1], id="short"),
        pytest.param(BOB_PUBLIC + b"\0", id="long"),
        pytest.param(bytes(32), id="zero-point"),
        pytest.param(bytes([1]) + bytes(31), id="point-of-order-one"),
        pytest.param(
            bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
            id="point-of-order-eight",
        ),
    ],
)
def test_keys_that_give_no_secret_are_refused(peer: bytes) -> None:
    with pytest.raises(ProtocolError, match="32 bytes that encode a point"):
        keys.agree(ALICE, peer, context="s")


def test_the_own_key_as_the_peers_is_refused() -> None:
    with pytest.raises(ProtocolError, match="this party's own"):
        keys.agree(ALICE, ALICE_PUBLIC, context="s")


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_secret_of_another_size_is_no_private_key(size: int) -> None:
    with pytest.raises(ProtocolError, match=f"32 bytes, not {size}"):
        keys.private_key(bytes(size))


def test_generate_draws_all_of_its_key_from_the_entropy_source() -> None:
    asked: list[int] = []

    def entropy(count: int) -> bytes:
        asked.append(count)
        return BOB_PRIVATE

    assert keys.public_bytes(keys.generate(entropy)) == BOB_PUBLIC
    assert asked == [32]


def test_generated_keys_differ() -> None:
    assert len({keys.public_bytes(keys.generate()) for _ in range(20)}) == 20


@pytest.mark.parametrize("round_number", FROZEN_ROUND_KEYS)
def test_round_keys_are_hmac_of_label_and_round(round_number: int) -> None:
    secret = bytes.fromhex(FROZEN_SECRET)
    message = b"fedmigrate mask key v1" + round_number.to_bytes(8, "little")
    expected = hmac_sha256(secret, message)
    assert keys.round_key(secret, round_number) == expected
    assert expected.hex() == FROZEN_ROUND_KEYS[round_number]


def test_no_two_rounds_and_no_two_pairs_share_a_key() -> None:
    drawn = {
        keys.round_key(bytes([pair] * 32), number) for pair in range(4) for number in range(50)
    }
    assert len(drawn) == 200


@pytest.mark.parametrize("round_number", [-1, 2**64])
def test_rounds_out_of_range_are_refused(round_number: int) -> None:
    with pytest.raises(ProtocolError, match="out of range"):
        keys.round_key(bytes(32), round_number)
