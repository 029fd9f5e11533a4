"""A coordinator that alters, swaps, replays, drops or invents what parties say to each other is
noticed by the parties; parties that send wrong shares are noticed by the coordinator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from simulated_parties import VECTOR, Network, inputs_of, names

from fedruntime.aggregation.agreement import hand_round
from fedruntime.aggregation.roster import Roster, SignedKey, Survival
from fedruntime.crypto.identity import Identity
from fedruntime.errors import ProtocolError

PARTIES = names(4)
VICTIM = "p000"  # what it is told is forged; other parties have the messages as they are
Content = dict[str, Any]
Forgery = Callable[[Network, Content], Content]


def flipped(array: Any) -> Any:
    altered = array.copy()
    altered.reshape(-1)[-1] ^= 1
    return altered


def forging(
    message: str, forge: Forgery, *, rounds: int = 2, at_least: int = 1
) -> tuple[Network, Callable[[], None]]:
    """A network that forges one message to the victim, from some occurrence on, and a run over it
    of as many sums as it takes."""
    network = Network(PARTIES)
    seen = 0

    def before(name: str, party: str, content: Content) -> Content:
        nonlocal seen
        if (name, party) != (message, VICTIM):
            return content
        seen += 1
        return forge(network, content) if seen >= at_least else content

    network.before = before

    def run() -> None:
        session = network.open(rounds=rounds)
        for _ in range(rounds * at_least):
            session.sum(network.send, network.ask(inputs_of(PARTIES)))

    return network, run


def told(content: Content, name: str, place: int, value: Any) -> Content:
    """A message with one row of an array replaced."""
    array = content[name].copy()
    array[place] = value
    return {**content, name: array}


def swapped(content: Content, name: str, one: int, other: int) -> Content:
    array = content[name].copy()
    array[[one, other]] = array[[other, one]]
    return {**content, name: array}


def without(content: Content, place: int, *names: str) -> Content:
    return {**content, **{name: np.delete(content[name], place, axis=0) for name in names}}


def sent(network: Network, message: str, party: str, nth: int = -1) -> Content:
    """What a party answered to a message before."""
    return [answer for name, who, answer in network.transcript if (name, who) == (message, party)][
        nth
    ]


def _as_row(entry: bytes) -> Any:
    return np.frombuffer(entry, dtype=np.uint8)


ROSTERS: dict[str, tuple[Forgery, str]] = {
    "a key altered": (
        lambda _, content: told(content, "keys", 1, content["keys"][1] ^ 1),
        "of 'p001' was not signed by it",
    ),
    "a signature altered": (
        lambda _, content: told(content, "signatures", 1, content["signatures"][1] ^ 1),
        "of 'p001' was not signed by it",
    ),
    "two parties' keys swapped": (
        lambda _, content: swapped(content, "keys", 1, 2),
        "of 'p001' was not signed by it",
    ),
    "two parties' names swapped": (
        lambda _, content: swapped(content, "parties", 1, 2),
        "of 'p001' was not signed by it",
    ),
    "the coordinator's own key under a party's name": (
        lambda _, content: told(
            told(content, "keys", 1, _as_row(bytes(31) + b"\x09")),
            "signatures",
            1,
            _as_row(Identity.generate().sign(b"anything")),
        ),
        "of 'p001' was not signed by it",
    ),
    "a party invented": (
        lambda _, content: told(content, "parties", 1, "eve"),
        "knows no public identity of 'eve'",
    ),
    "the victim's own key altered": (
        lambda _, content: told(content, "keys", 0, content["keys"][0] ^ 1),
        "do not include its own",
    ),
    "the victim left out": (
        lambda _, content: without(content, 0, "parties", "keys", "signatures"),
        "do not include its own",
    ),
    "fewer who may collude": (
        lambda _, content: {**content, "survival": [0.0, 0.1]},
        "insists on 10%",
    ),
}


@pytest.mark.parametrize(("forge", "noticed"), ROSTERS.values(), ids=ROSTERS)
def test_a_forged_roster_is_noticed(forge: Forgery, noticed: str) -> None:
    _, run = forging("secure.agree", forge)
    with pytest.raises(ProtocolError, match=noticed):
        run()


DIFFERENT: dict[str, tuple[Forgery, str]] = {
    "another party dropped": (
        lambda _, content: without(content, 3, "parties", "keys", "signatures"),
        "'p000' sent 2 sealed shares and has 3 neighbours",
    ),
    "another share that may vanish": (
        lambda _, content: {**content, "survival": [0.1, 0.2]},
        "'p001' is said to have sealed for 'p000' was altered",
    ),
    "more who may collude": (
        lambda _, content: {**content, "survival": [0.2, 0.1]},
        "'p001' is said to have sealed for 'p000' was altered",
    ),
}


@pytest.mark.parametrize(("forge", "noticed"), DIFFERENT.values(), ids=DIFFERENT)
def test_a_roster_that_only_one_party_was_shown_is_noticed_with_the_shares(
    forge: Forgery, noticed: str
) -> None:
    network, run = forging("secure.agree", forge)
    with pytest.raises(ProtocolError, match=noticed):
        run()
    assert VECTOR not in {name for name, _, _ in network.transcript}


def test_a_key_replayed_from_an_earlier_session_is_noticed() -> None:
    network = Network(PARTIES)
    earlier = network.open().roster
    later = network.open().roster
    survival = Survival(0.1, 0.1)
    replayed = Roster("third", {**later.keys, VICTIM: earlier.keys[VICTIM]}, survival)
    with pytest.raises(ProtocolError):
        hand_round(network.send, replayed)
    fresh = {
        party: network.session(party, "third").advertise()
        if party == VICTIM
        else earlier.keys[party]
        for party in PARTIES
    }
    with pytest.raises(ProtocolError, match="of 'p001' was not signed by it for this session"):
        network.session(VICTIM, "third").agree(Roster("third", fresh, survival))


def _another_recipient(network: Network, content: Content) -> Content:
    """What the first neighbour sealed for the last party."""
    return told(content, "boxes", 0, sent(network, "secure.share", "p001")["boxes"][-1])


def _earlier_batch(network: Network, content: Content) -> Content:
    earlier = sent(network, "secure.share", "p001", 0)
    return told(told(content, "boxes", 0, earlier["boxes"][0]), "mask_keys", 0, earlier["keys"])


def _own_box(network: Network, content: Content) -> Content:
    return told(content, "boxes", 0, sent(network, "secure.share", VICTIM)["boxes"][0])


DELIVERIES: dict[str, tuple[Forgery, str]] = {
    "a box altered": (
        lambda _, content: {**content, "boxes": flipped(content["boxes"])},
        "'p003' is said to have sealed for 'p000' was altered",
    ),
    "a box cut short": (
        lambda _, content: {**content, "boxes": content["boxes"][:, :-1]},
        "'p001' is said to have sealed for 'p000' was altered",
    ),
    "two boxes swapped": (
        lambda _, content: swapped(content, "boxes", 0, 1),
        "'p001' is said to have sealed for 'p000' was altered",
    ),
    "a box for another": (_another_recipient, "'p001' is said to have sealed for 'p000'"),
    "a box of its own sent back": (_own_box, "'p001' is said to have sealed for 'p000'"),
    "a box of nothing": (
        lambda _, content: told(content, "boxes", 0, 0),
        "'p001' is said to have sealed for 'p000'",
    ),
    "a mask key altered": (
        lambda _, content: {**content, "mask_keys": flipped(content["mask_keys"])},
        "'p003' is said to have sealed for 'p000'",
    ),
    "two rounds' mask keys swapped": (
        lambda _, content: told(content, "mask_keys", 0, content["mask_keys"][0][::-1]),
        "'p001' is said to have sealed for 'p000'",
    ),
    "two neighbours' mask keys swapped": (
        lambda _, content: swapped(content, "mask_keys", 0, 1),
        "'p001' is said to have sealed for 'p000'",
    ),
    "a neighbour dropped": (
        lambda _, content: without(content, 0, "senders", "mask_keys", "boxes"),
        "do not come from exactly its 3 neighbours",
    ),
    "a neighbour named twice": (
        lambda _, content: told(content, "senders", 0, "p002"),
        "do not come from exactly its 3 neighbours",
    ),
    "a neighbour invented": (
        lambda _, content: told(content, "senders", 0, "eve"),
        "do not come from exactly its 3 neighbours",
    ),
}


@pytest.mark.parametrize(("forge", "noticed"), DELIVERIES.values(), ids=DELIVERIES)
def test_forged_shares_are_noticed_before_anything_is_masked(forge: Forgery, noticed: str) -> None:
    network, run = forging("secure.deliver", forge)
    with pytest.raises(ProtocolError, match=noticed):
        run()
    assert VECTOR not in {name for name, _, _ in network.transcript}


def test_shares_replayed_from_an_earlier_batch_are_noticed() -> None:
    _, run = forging("secure.deliver", _earlier_batch, rounds=1, at_least=2)
    with pytest.raises(ProtocolError, match="'p001' is said to have sealed for 'p000'"):
        run()


def test_shares_replayed_from_another_session_are_noticed() -> None:
    network = Network(PARTIES)
    network.open()
    first = sent(network, "secure.share", "p001")

    def replay(name: str, party: str, content: Content) -> Content:
        if (name, party) != ("secure.deliver", VICTIM):
            return content
        return told(told(content, "boxes", 0, first["boxes"][0]), "mask_keys", 0, first["keys"])

    network.before = replay
    with pytest.raises(ProtocolError, match="'p001' is said to have sealed for 'p000'"):
        network.open()


def test_shares_are_not_delivered_twice() -> None:
    network = Network(PARTIES)
    messages: list[Content] = []

    def keep(name: str, party: str, content: Content) -> Content:
        if (name, party) == ("secure.deliver", VICTIM):
            messages.append(content)
        return content

    network.before = keep
    session = network.session(VICTIM, network.open().roster.session).surviving()
    boxes = dict(zip(PARTIES[1:], (box.tobytes() for box in messages[0]["boxes"]), strict=True))
    keys = dict(zip(PARTIES[1:], messages[0]["mask_keys"], strict=True))
    with pytest.raises(ProtocolError, match="does not expect any shares now"):
        session.deliver(keys, boxes)


def test_secrets_of_a_round_are_not_made_twice() -> None:
    network = Network(PARTIES)
    session = network.session(VICTIM, network.open(rounds=4).roster.session).surviving()
    for first in (0, 3):
        with pytest.raises(ProtocolError, match=f"round {first} of this session has secrets"):
            session.share(first, 4)


@pytest.mark.parametrize("what", ["seeds", "keys"])
def test_a_wrong_share_is_noticed_by_the_coordinator(what: str) -> None:
    """Also one that fits the others, and so gives a secret, but a wrong one."""
    network = Network(PARTIES)
    session = network.open()
    network.before = lambda name, party, content: (
        None if (name, party) == (VECTOR, "p003") else content
    )

    def lie(name: str, party: str, answer: Content) -> Content:
        if (name, party) != ("secure.unmask", "p001"):
            return answer
        return {**answer, what: flipped(answer[what])}

    network.after = lie
    with pytest.raises(ProtocolError, match="a party has sent a wrong"):
        session.sum(network.send, network.ask(inputs_of(PARTIES)))


@pytest.mark.parametrize("what", ["seeds", "keys"])
def test_shares_that_fit_together_and_give_another_secret_are_noticed(what: str) -> None:
    network = Network(PARTIES)
    session = network.open()
    network.before = lambda name, party, content: (
        None if (name, party) == (VECTOR, "p003") else content
    )
    # Zero is a secret that the shares of all may agree on.
    network.after = lambda name, party, answer: (
        {**answer, what: answer[what] * np.uint32(0)} if name == "secure.unmask" else answer
    )
    with pytest.raises(ProtocolError, match="is not the one that it advertised"):
        session.sum(network.send, network.ask(inputs_of(PARTIES)))


@pytest.mark.parametrize("what", ["seeds", "keys"])
def test_shares_too_few_or_too_many_are_noticed_by_the_coordinator(what: str) -> None:
    network = Network(PARTIES)
    session = network.open()
    network.before = lambda name, party, content: (
        None if (name, party) == (VECTOR, "p003") else content
    )
    network.after = lambda name, party, answer: (
        {**answer, what: answer[what][:-1]} if name == "secure.unmask" else answer
    )
    with pytest.raises(ProtocolError, match=f"shares of {what} where"):
        session.sum(network.send, network.ask(inputs_of(PARTIES)))


def test_what_parties_sign_is_bound_to_session_and_party() -> None:
    network = Network(PARTIES)
    signed = {
        (party, name): network.session(party, name).advertise()
        for party in PARTIES
        for name in ("one", "two")
    }
    assert len({entry.signature for entry in signed.values()}) == len(signed)
    assert all(isinstance(entry, SignedKey) for entry in signed.values())
