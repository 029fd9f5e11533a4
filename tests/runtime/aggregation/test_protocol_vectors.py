"""The protocol written down a second time, from its primitives: what a party sends is, byte for
byte, what these formulas give. Known answers pin what parties of different versions have to share.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable

import numpy as np
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from simulated_parties import Network, Words, inputs_of, names, stream

from fedruntime.aggregation import coordinator
from fedruntime.aggregation.agreement import gather_keys, hand_round
from fedruntime.aggregation.graph import neighbours
from fedruntime.aggregation.roster import Roster, SignedKey, Survival
from fedruntime.aggregation.statements import statement

PARTIES = names(3)
SESSION = "fixed"
SIZE = 4


def entropy_of(network: Network, party: str) -> Callable[[int], bytes]:
    """The random bytes that a party of the network has drawn, from the first on."""
    return stream(f"{network.seed} {PARTIES.index(party)} {party}")


def key_stream(key: bytes) -> Words:
    cipher = Cipher(AES(key), CTR(bytes(16))).encryptor()
    words: Words = np.empty(SIZE, dtype=np.uint64)
    words[:] = np.frombuffer(cipher.update(bytes(8 * SIZE)), dtype="<u8")
    return words


def agreed(own: X25519PrivateKey, other: X25519PrivateKey, context: str) -> bytes:
    publics = sorted(key.public_key().public_bytes_raw() for key in (own, other))
    info = b"fedmigrate pair secret v1" + b"".join(publics) + context.encode()
    derive = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive
    return derive(own.exchange(other.public_key()))


def with_pairs(vector: Words, party: str, key: Callable[[str], bytes]) -> Words:
    masked: Words = vector.copy()
    for peer in PARTIES:
        if party < peer:
            masked += key_stream(key(peer))
        elif party > peer:
            masked -= key_stream(key(peer))
    return masked


def test_what_a_party_sends_where_everyone_answers() -> None:
    network, inputs = Network(PARTIES), inputs_of(PARTIES, size=SIZE)
    roster = Roster(SESSION, gather_keys(network.send, SESSION, PARTIES))
    hand_round(network.send, roster)
    sent = network.ask(inputs)(SESSION, 7, PARTIES)
    channels = {
        party: X25519PrivateKey.from_private_bytes(entropy_of(network, party)(32))
        for party in PARTIES
    }
    context = f"pairwise {roster.digest.hex()}"
    for party in PARTIES:

        def key(peer: str, party: str = party) -> bytes:
            secret = agreed(channels[party], channels[peer], context)
            label = b"fedmigrate mask key v1" + (7).to_bytes(8, "little")
            return hmac.new(secret, label, hashlib.sha256).digest()

        assert sent[party].tolist() == with_pairs(inputs[party], party, key).tolist()


def test_what_a_party_sends_where_sums_survive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coordinator, "new_session", lambda public_random: SESSION)
    network, inputs = Network(PARTIES), inputs_of(PARTIES, size=SIZE)
    rounds, number = 2, 1
    session = network.open(rounds=rounds)
    digest = session.roster.digest
    for _ in range(rounds):
        session.sum(network.send, network.ask(inputs))
    sent = {party: answer for name, party, answer in network.transcript if name == "vector"}
    shared = {party: answer for name, party, answer in network.transcript if name == "secure.share"}
    channels, mask_keys, seeds = {}, {}, {}
    for party in PARTIES:
        entropy = entropy_of(network, party)
        channels[party] = X25519PrivateKey.from_private_bytes(entropy(32))
        secrets = entropy(2 * rounds * 32)
        mask_keys[party] = X25519PrivateKey.from_private_bytes(secrets[32 * number :][:32])
        seeds[party] = secrets[32 * (rounds + number) :][:32]
    for party in PARTIES:

        def key(peer: str, party: str = party) -> bytes:
            return agreed(mask_keys[party], mask_keys[peer], f"mask {digest.hex()} {number}")

        own = inputs[party] + key_stream(seeds[party])
        assert sent[party]["vector"].tolist() == with_pairs(own, party, key).tolist()

        advertised = shared[party]["keys"]
        assert advertised[number].tobytes() == mask_keys[party].public_key().public_bytes_raw()
        committed = statement("seed", digest, party, number, seeds[party])
        assert shared[party]["commitments"][number].tobytes() == hashlib.sha256(committed).digest()

        peers = [peer for peer in PARTIES if peer != party]
        for peer, box in zip(peers, shared[party]["boxes"], strict=True):
            channel = agreed(channels[party], channels[peer], f"channel {digest.hex()}")
            hashed = hashlib.sha256(advertised.tobytes()).digest()
            bound = statement("shares", digest, 0, rounds, party, peer, hashed)
            nonce, sealed = box.tobytes()[:12], box.tobytes()[12:]
            opened = np.frombuffer(AESGCM(channel).decrypt(nonce, sealed, bound), dtype="<u4")
            assert opened.shape == (2 * rounds * 16,)


def test_statements_are_a_kind_and_parts_behind_their_lengths() -> None:
    assert statement("seed", b"\x01\x02", "a", 3) == (
        b"\x19\0\0\0\0\0\0\0fedmigrate aggregation v2"
        b"\x04\0\0\0\0\0\0\0seed"
        b"\x02\0\0\0\0\0\0\0\x01\x02"
        b"\x01\0\0\0\0\0\0\0a"
        b"\x08\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\0"
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (statement("a", "bc"), statement("ab", "c")),
        (statement("a", "b", "c"), statement("a", "bc")),
        (statement("a", "b", ""), statement("a", "b")),
        (statement("a", 1), statement("b", 1)),
        (statement("a", 1, 2), statement("a", 2, 1)),
    ],
)
def test_statements_that_differ_are_never_the_same_bytes(one: bytes, other: bytes) -> None:
    assert one != other


def test_the_digest_of_a_roster_is_known() -> None:
    keys = {party: SignedKey(bytes([place]) * 32, b"") for place, party in enumerate(PARTIES)}
    assert Roster("s", keys).digest.hex() == (
        "74d4f77ce8759ebb424bf64cbaf4b05057ec522e59b7296e235bf62aeb36bd74"
    )
    assert Roster("s", keys, Survival(0.1, 0.25)).digest.hex() == (
        "f467609acdf75803e0fbf14d01ea64d04d77d927ad1394e07728860be9c8a5c8"
    )


def test_the_order_on_the_circle_is_known() -> None:
    graph = neighbours(names(60), 4, b"seed")
    assert graph["p000"] == ("p013", "p025", "p034", "p041")
