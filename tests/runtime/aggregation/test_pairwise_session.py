"""A party in a session in which everyone answers: masks that cancel, and keys that are only taken
from those who signed them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pytest

from fedruntime.aggregation.roster import Roster, SignedKey, Survival
from fedruntime.aggregation.session import PartySession
from fedruntime.crypto.identity import Identity
from fedruntime.errors import PolicyError, ProtocolError

IDENTITIES = {party: Identity.generate() for party in ("a", "b", "c")}
KNOWN = {party: identity.public for party, identity in IDENTITIES.items()}


def begin(party: str, session: str = "s", *, min_parties: int = 2) -> PartySession:
    return PartySession(session, party, IDENTITIES[party], KNOWN, min_parties=min_parties)


def agreed(*parties: str) -> list[PartySession]:
    sessions = {party: begin(party) for party in parties}
    roster = Roster("s", {party: session.advertise() for party, session in sessions.items()})
    for session in sessions.values():
        session.agree(roster)
    return list(sessions.values())


def test_masks_cancel_over_all_parties() -> None:
    vectors = [np.arange(5, dtype=np.uint64) for _ in range(3)]
    for session, vector in zip(agreed("a", "b", "c"), vectors, strict=True):
        session.mask(vector, 0)
        assert not (vector == np.arange(5)).any()
    assert sum(vectors).tolist() == [0, 3, 6, 9, 12]  # type: ignore[union-attr]


def test_what_is_masked_changes_every_round() -> None:
    first, second = np.zeros(8, dtype=np.uint64), np.zeros(8, dtype=np.uint64)
    a, _ = agreed("a", "b")
    a.mask(first, 0)
    a.mask(second, 1)
    assert not (first == second).any()


def test_no_round_is_masked_twice() -> None:
    a, _ = agreed("a", "b")
    a.mask(np.zeros(1, dtype=np.uint64), 4)
    for used in (4, 3):
        with pytest.raises(ProtocolError, match=f"round {used} .* has been masked already"):
            a.mask(np.zeros(1, dtype=np.uint64), used)


def test_nothing_leaves_masked_before_keys_are_agreed() -> None:
    with pytest.raises(ProtocolError, match="has not agreed on keys"):
        begin("a").mask(np.zeros(1, dtype=np.uint64), 0)


def test_keys_are_not_replaced_under_way() -> None:
    a, b = agreed("a", "b")
    roster = Roster("s", {"a": a.advertise(), "b": b.advertise()})
    with pytest.raises(ProtocolError, match="agreed on keys in this session before"):
        a.agree(roster)


def test_a_session_has_no_shares_to_unmask_with() -> None:
    a, _ = agreed("a", "b")
    with pytest.raises(ProtocolError, match="everyone answers in session 's'"):
        a.surviving()


def test_the_fewest_parties_of_a_sum_are_all_of_them() -> None:
    assert [session.fewest for session in agreed("a", "b", "c")] == [3, 3, 3]


def _inverted(key: bytes) -> bytes:
    return bytes(255 - byte for byte in key)


Forgery = Callable[[Mapping[str, PartySession]], SignedKey]

FORGED: dict[str, Forgery] = {
    "the key is altered": lambda parties: (
        parties["b"].advertise()._replace(key=_inverted(parties["b"].advertise().key))
    ),
    "the signature is altered": lambda parties: (
        parties["b"].advertise()._replace(signature=_inverted(parties["b"].advertise().signature))
    ),
    "the key is another party's": lambda parties: parties["c"].advertise(),
    "the key is invented": lambda parties: PartySession(
        "s", "b", Identity.generate(), KNOWN
    ).advertise(),
    "the key is of an earlier session": lambda parties: begin("b", "earlier").advertise(),
    "the key is unsigned": lambda parties: parties["b"].advertise()._replace(signature=b""),
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_a_key_that_its_party_did_not_sign_for_this_session_is_refused(forge: Forgery) -> None:
    parties = {party: begin(party) for party in KNOWN}
    keys = {party: session.advertise() for party, session in parties.items()}
    forged = Roster("s", {**keys, "b": forge(parties)})
    with pytest.raises(ProtocolError, match="that of 'b' was not signed by it for this"):
        parties["a"].agree(forged)
    with pytest.raises(ProtocolError, match="has not agreed on keys"):
        parties["a"].mask(np.zeros(1, dtype=np.uint64), 0)


def test_a_key_of_its_own_that_was_exchanged_is_noticed() -> None:
    a, b = begin("a"), begin("b")
    with pytest.raises(ProtocolError, match="do not include its own"):
        a.agree(Roster("s", {"a": b.advertise(), "b": b.advertise()}))
    with pytest.raises(ProtocolError, match="do not include its own"):
        a.agree(Roster("s", {"b": b.advertise(), "c": begin("c").advertise()}))


def test_a_party_that_nobody_vouched_for_is_refused() -> None:
    a = begin("a")
    stranger = PartySession("s", "mallory", Identity.generate(), KNOWN)
    roster = Roster("s", {"a": a.advertise(), "mallory": stranger.advertise()})
    with pytest.raises(ProtocolError, match=r"knows no public identity of 'mallory'.*identities"):
        a.agree(roster)


def test_a_roster_below_the_partys_own_floor_is_refused() -> None:
    a, b = begin("a", min_parties=3), begin("b")
    roster = Roster("s", {"a": a.advertise(), "b": b.advertise()})
    with pytest.raises(PolicyError, match=r"rule 'min_parties' .* fewer than 3 parties"):
        a.agree(roster)


def test_a_roster_without_a_known_party_is_refused_unless_fewer_are_allowed() -> None:
    a, b = PartySession("s", "a", IDENTITIES["a"], KNOWN), begin("b")
    roster = Roster("s", {"a": a.advertise(), "b": b.advertise()})
    with pytest.raises(PolicyError, match=r"rule 'min_parties' .* fewer than 3 parties"):
        a.agree(roster)
    b.agree(roster)


def test_parties_that_were_shown_different_rosters_share_no_masks() -> None:
    parties = {party: begin(party) for party in KNOWN}
    keys = {party: session.advertise() for party, session in parties.items()}
    parties["a"].agree(Roster("s", {party: keys[party] for party in ("a", "b")}))
    parties["b"].agree(Roster("s", keys))
    parties["c"].agree(Roster("s", keys))
    vectors = {party: np.zeros(4, dtype=np.uint64) for party in KNOWN}
    for party, session in parties.items():
        session.mask(vectors[party], 0)
    assert (vectors["a"] + vectors["b"]).all()
    assert (vectors["a"] + vectors["b"] + vectors["c"]).all()


def test_all_that_a_session_is_stands_in_its_digest() -> None:
    keys = {party: begin(party).advertise() for party in KNOWN}
    fewer = {party: keys[party] for party in ("a", "b")}
    rosters = [
        Roster("s", keys),
        Roster("t", keys),
        Roster("s", fewer),
        Roster("s", {**fewer, "d": keys["c"]}),
        Roster("s", {**keys, "c": begin("c").advertise()}),
        Roster("s", keys, Survival(0.1, 0.1)),
        Roster("s", keys, Survival(0.1, 0.2)),
    ]
    assert len({roster.digest for roster in rosters}) == len(rosters)


def test_a_roster_passes_the_schema_unchanged() -> None:
    keys = {party: begin(party).advertise() for party in KNOWN}
    for survival in (None, Survival(0.1, 0.25)):
        roster = Roster("s", keys, survival)
        again = Roster.from_arguments("s", **roster.to_arguments())
        assert again == roster
        assert again.digest == roster.digest


def test_a_roster_that_names_a_party_twice_is_refused() -> None:
    told = Roster("s", {party: begin(party).advertise() for party in KNOWN}).to_arguments()
    told["parties"] = np.array(["a", "a", "b"])
    with pytest.raises(ProtocolError, match="one key and one signature for each party"):
        Roster.from_arguments("s", **told)
