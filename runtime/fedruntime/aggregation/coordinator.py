"""The coordinator's half of sums that survive dropouts.

Pure: messages leave through a ``send`` that it is given, and whoever does not answer is simply
missing from what comes back. What a party checks, it checks for itself; here a check only serves
to say early and plainly what went wrong.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from fedruntime.aggregation.adding import Words, added
from fedruntime.aggregation.agreement import Answers, Send, gather_keys, hand_round, new_session
from fedruntime.aggregation.double_mask import Keys, commitment, mask_key_context
from fedruntime.aggregation.recovery import Share, put_together, require_shares
from fedruntime.aggregation.roster import Roster, Survival
from fedruntime.aggregation.session_operations import deliver, share, unmask
from fedruntime.crypto import keys, masks
from fedruntime.errors import DropoutError, ProtocolError
from fedruntime.messages import Array

ROUNDS = 32  # of a batch
FEWEST = 2  # parties in a sum: one party's alone is its input


class Sum(NamedTuple):
    """A sum over those who answered.

    Parameters
    ----------
    total : ndarray of uint64, shape (n,)
        Without masks, modulo 2**64.
    parties : tuple of str
        Whose vectors it is the sum of.
    """

    total: Words
    parties: tuple[str, ...]


class SurvivingSession:
    """A session whose sums survive dropouts; see ``DoubleMasks`` for the protocol.

    A party that does not answer while keys and shares are made is left out, and the others begin
    anew under another name, so that in a session all parties hold what they should. A party that
    falls silent later is missing from that round's sum.

    Parameters
    ----------
    send : Send
    parties : sequence of str
    survival : Survival
    min_parties : int
        The fewest parties that a sum may be over.
    rounds : int
        For how many rounds secrets are made at a time.
    public_random : callable
        ``n -> n random bytes`` for the session's name; see ``Engine.public_random``.

    Attributes
    ----------
    roster : Roster

    Raises
    ------
    DropoutError
        If too few parties answer.
    """

    roster: Roster
    _ready: tuple[str, ...]  # who has its neighbours' shares
    _batch: range
    _mask_keys: dict[str, Keys]
    _commitments: dict[str, Keys]
    _points: dict[str, dict[str, int]]  # of each owner's holders

    def __init__(
        self,
        send: Send,
        parties: Sequence[str],
        survival: Survival,
        *,
        min_parties: int = FEWEST,
        rounds: int = ROUNDS,
        public_random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._survival = survival
        self._public_random = public_random
        self._next = 0
        self._fewest = max(min_parties, FEWEST)
        self._rounds = rounds
        self._begin(send, tuple(parties))

    @property
    def reusable(self) -> bool:
        """Whether every party of the roster can take part in the next round."""
        return set(self._ready) == set(self.roster.parties)

    def sum(self, send: Send, ask: Callable[[str, int, Sequence[str]], Mapping[str, Words]]) -> Sum:
        """One round.

        Parameters
        ----------
        send : Send
        ask : callable
            ``(session, round, parties)``: the masked vectors of those who answered.

        Raises
        ------
        DropoutError
            If too few parties answer, now or when the sum is unmasked.
        ProtocolError
            If what the parties sent does not fit together.
        """
        if self._next == self._batch.stop:
            self._refill(send)
        number, self._next = self._next, self._next + 1
        vectors = ask(self.roster.session, number, self._ready)
        survivors = tuple(party for party in self._ready if party in vectors)
        self._require(survivors, "sent masked statistics")
        for owner, holders in self._points.items():
            require_shares(owner, len(holders.keys() & vectors.keys()), self._threshold)
        told = {"round_number": number, "survivors": np.array(sorted(survivors))}
        answers = send(unmask, dict.fromkeys(survivors, told), session=self.roster.session)
        total = added(vectors)
        self._remove_masks(total, number, survivors, answers)
        return Sum(total, survivors)

    def _begin(self, send: Send, parties: tuple[str, ...]) -> None:
        """Agree on a roster among those who answer, and share the secrets of its first rounds."""
        self._next = 0
        while True:
            session = new_session(self._public_random)
            signed = gather_keys(send, session, parties)
            self._require(signed, "sent a key")
            self.roster = Roster(session, signed, self._survival)
            self._points = {
                owner: {
                    holder: place + 1 for place, holder in enumerate(self.roster.holders(owner))
                }
                for owner in signed
            }
            parties = hand_round(send, self.roster)
            if len(parties) < len(signed):
                continue
            shared = self._share(send, 0)
            parties = tuple(shared)
            if len(parties) == len(signed):
                return self._deliver(send, shared)

    def _refill(self, send: Send) -> None:
        """The secrets of further rounds; if a party is missing now, the others begin anew."""
        shared = self._share(send, self._next)
        if len(shared) == len(self.roster.parties):
            self._deliver(send, shared)
        else:
            self._begin(send, tuple(shared))

    def _share(self, send: Send, first: int) -> Answers:
        self._batch = range(first, first + self._rounds)
        told = {"first": first, "rounds": self._rounds}
        return send(share, dict.fromkeys(self.roster.parties, told), session=self.roster.session)

    def _deliver(self, send: Send, shared: Answers) -> None:
        boxes = {party: self._by_receiver(party, answer) for party, answer in shared.items()}
        self._mask_keys = {party: answer["keys"] for party, answer in shared.items()}
        self._commitments = {party: answer["commitments"] for party, answer in shared.items()}
        each = {}
        for party in self.roster.parties:
            senders = self.roster.neighbours(party)
            each[party] = {
                "senders": np.array(senders),
                "mask_keys": np.stack([self._mask_keys[sender] for sender in senders]),
                "boxes": np.stack([boxes[sender][party] for sender in senders]),
            }
        self._ready = tuple(send(deliver, each, session=self.roster.session))

    def _by_receiver(self, party: str, answer: Mapping[str, Array]) -> dict[str, Array]:
        receivers, boxes = self.roster.neighbours(party), answer["boxes"]
        if len(boxes) != len(receivers):
            raise ProtocolError(
                f"{party!r} sent {len(boxes)} sealed shares and has {len(receivers)} neighbours"
            )
        return dict(zip(receivers, boxes, strict=True))

    @property
    def _threshold(self) -> int:
        return self.roster.neighbourhood.threshold

    def _require(self, parties: Collection[str], what: str) -> None:
        if len(parties) < self._fewest:
            raise DropoutError(
                f"a sum is made over {self._fewest} parties or more; those that {what}: "
                f"{', '.join(parties) or 'none'}. Wait for the others, or lower min_parties"
            )

    def _remove_masks(
        self, total: Words, number: int, survivors: Sequence[str], answers: Answers
    ) -> None:
        """Take off the survivors' own masks, and those that they share with who is missing."""
        seeds, mask_keys = self._opened(frozenset(survivors), answers)
        place = self._batch.index(number)
        add: list[bytes] = []
        subtract = [self._checked_seed(party, number, seed) for party, seed in seeds.items()]
        context = mask_key_context(self.roster.digest, number)
        for party, secret in mask_keys.items():
            private = self._checked_private(party, place, secret)
            for peer in self.roster.neighbours(party):
                if peer in seeds:
                    public = self._mask_keys[peer][place].tobytes()
                    key = keys.agree(private, public, context=context)
                    (subtract if peer < party else add).append(key)
        masks.apply_masks(total, add=add, subtract=subtract)

    def _opened(
        self, survivors: frozenset[str], answers: Answers
    ) -> tuple[dict[str, bytes], dict[str, bytes]]:
        """The survivors' seeds and the others' mask keys, from the shares of who answered."""
        seeds: dict[str, list[Share]] = {party: [] for party in survivors}
        mask_keys: dict[str, list[Share]] = {
            party: [] for party in self.roster.parties if party not in survivors
        }
        for holder in sorted(answers):
            owners = self.roster.holders(holder)  # who holds for whom is symmetric
            for name, wanted in (("seeds", seeds), ("keys", mask_keys)):
                owned = [owner for owner in owners if owner in wanted]
                shares = answers[holder][name]
                if len(shares) != len(owned):
                    raise ProtocolError(
                        f"party {holder!r} sent {len(shares)} shares of {name} where "
                        f"{len(owned)} were asked for"
                    )
                for owner, share_of in zip(owned, shares, strict=True):
                    wanted[owner].append(Share(self._points[owner][holder], share_of))
        return (
            put_together(seeds, self._threshold),
            put_together(mask_keys, self._threshold),
        )

    def _checked_seed(self, party: str, number: int, seed: bytes) -> bytes:
        committed = self._commitments[party][self._batch.index(number)].tobytes()
        if commitment(self.roster.digest, party, number, seed) != committed:
            raise ProtocolError(_wrong_share("seed", party))
        return seed

    def _checked_private(self, party: str, place: int, secret: bytes) -> X25519PrivateKey:
        private = keys.private_key(secret)
        if keys.public_bytes(private) != self._mask_keys[party][place].tobytes():
            raise ProtocolError(_wrong_share("mask key", party))
        return private


def _wrong_share(what: str, party: str) -> str:
    return (
        f"the {what} of {party!r} that its neighbours' shares give is not the one that it "
        "advertised: a party has sent a wrong share"
    )
