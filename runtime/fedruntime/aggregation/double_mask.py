"""A party's half of a sum that survives dropouts: Bonawitz et al. 2017 with every round's secrets
its own.

Each round a party masks its vector twice: with the masks that it shares with its neighbours, from
a mask key pair of that round, and with a mask of its own, from a seed of that round. Its
neighbours hold Shamir shares of both secrets. When the vectors are in, they open the seeds of
those who answered and the mask keys of those who did not, never both of one party; so a mask key
that becomes known opens no other round, and what a vanished party may still have sent stays
hidden under its seed.

Secrets and shares are made for a batch of rounds ahead and travel sealed under the channel keys,
bound to roster, rounds, sender, receiver and the sender's public mask keys: the coordinator
carries them and can neither read, alter, swap nor replay them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fedruntime.aggregation.roster import Roster
from fedruntime.aggregation.statements import statement
from fedruntime.crypto import keys, masks, sealing, shamir
from fedruntime.errors import ProtocolError

MOST_ROUNDS = 1024  # of a batch: bounds what a party is made to keep
_SHARE = np.dtype("<u4")  # sender and receiver may differ in byte order
_KINDS = 2  # of secrets in a round: a mask key and a seed

Shares = npt.NDArray[np.uint32]
Keys = npt.NDArray[np.uint8]


class Sealed(NamedTuple):
    """What a party advertises for a batch of rounds.

    Parameters
    ----------
    keys : ndarray of uint8, shape (rounds, 32)
        Its public mask keys.
    commitments : ndarray of uint8, shape (rounds, 32)
        To its seeds, so that the coordinator notices a share that is wrong.
    boxes : mapping of str to bytes
        For each neighbour its shares, sealed.
    """

    keys: Keys
    commitments: Keys
    boxes: Mapping[str, bytes]


@dataclass
class _Batch:
    """What a party holds of a batch of rounds; each secret is dropped once it has been used."""

    rounds: range
    mask_keys: dict[int, bytes]
    seeds: dict[int, bytes]
    own_shares: Shares
    peer_keys: Mapping[str, Keys] | None = None
    held: Shares | None = None  # by owner, in the order of the holders

    def forget(self, round_number: int) -> None:
        """Drop the secrets up to a round, and the shares of all rounds before it."""
        for secrets in (self.mask_keys, self.seeds):
            for number in [number for number in secrets if number <= round_number]:
                del secrets[number]
        self.forget_shares(self.rounds.index(round_number))

    def forget_shares(self, rounds: int) -> None:
        """Drop the shares of the first rounds of the batch."""
        if self.held is not None:
            by_kind = self.held.reshape(len(self.held), _KINDS, len(self.rounds), -1)
            by_kind[:, :, :rounds] = 0


def mask_key_context(digest: bytes, round_number: int) -> str:
    """What the mask key of a pair in a round is bound to, at both parties and the coordinator."""
    return f"mask {digest.hex()} {round_number}"


def commitment(digest: bytes, party: str, round_number: int, seed: bytes) -> bytes:
    """A party's commitment to its seed of a round. It hides the seed, whose 32 bytes are random."""
    return hashlib.sha256(statement("seed", digest, party, round_number, seed)).digest()


class DoubleMasks:
    """One party's masks and shares in one session.

    The coordinator says what comes next, and the party refuses what does not follow: ``share``
    and ``deliver`` open a batch of rounds; each round is masked once, and unmasked once at most
    before the next is masked.

    Parameters
    ----------
    party : str
    roster : Roster
        Checked.
    channels : mapping of str to bytes
        The secret that seals what passes between this party and each neighbour; 32 bytes.
    min_parties : int
        The fewest parties whose statistics may be added.
    entropy : callable
    """

    def __init__(
        self,
        party: str,
        roster: Roster,
        channels: Mapping[str, bytes],
        *,
        min_parties: int,
        entropy: Callable[[int], bytes],
    ) -> None:
        self._party = party
        self._roster = roster
        self._channels = channels
        self._holders = roster.holders(party)
        self._threshold = roster.neighbourhood.threshold
        self._min_parties = max(min_parties, 2)
        self._entropy = entropy
        self._batch: _Batch | None = None
        self._last_round = -1
        self._to_unmask: int | None = None
        self.fewest = max(self._min_parties, self._threshold)

    def share(self, first: int, rounds: int) -> Sealed:
        """Make the secrets of a batch of rounds, and shares of them for the neighbours.

        Parameters
        ----------
        first : int
            Later than any round of this session so far.
        rounds : int
            At most ``MOST_ROUNDS``.

        Raises
        ------
        ProtocolError
            If the rounds have begun before, or are too many.
        """
        begun = self._last_round if self._batch is None else self._batch.rounds[-1]
        if first <= begun:
            raise ProtocolError(f"round {first} of this session has secrets already")
        if not 1 <= rounds <= MOST_ROUNDS:
            raise ProtocolError(f"a batch of {rounds} rounds: use 1 to {MOST_ROUNDS}")
        secrets = np.frombuffer(
            self._entropy(_KINDS * rounds * keys.KEY_BYTES), dtype=np.uint8
        ).reshape(_KINDS, rounds, keys.KEY_BYTES)
        numbers = range(first, first + rounds)
        mask_keys, seeds = (dict(zip(numbers, map(bytes, kind), strict=True)) for kind in secrets)
        shares = shamir.share(
            secrets.reshape(-1, keys.KEY_BYTES),
            len(self._holders),
            self._threshold,
            entropy=self._entropy,
        )
        by_holder = dict(zip(self._holders, shares, strict=True))
        self._batch = _Batch(numbers, mask_keys, seeds, by_holder.pop(self._party))
        public = _rows(keys.public_bytes(keys.private_key(key)) for key in mask_keys.values())
        return Sealed(
            keys=public,
            commitments=_rows(
                commitment(self._roster.digest, self._party, number, seed)
                for number, seed in seeds.items()
            ),
            boxes={
                peer: sealing.seal(
                    self._channels[peer],
                    share.astype(_SHARE).tobytes(),
                    context=self._box_context(numbers, self._party, peer, public),
                    entropy=self._entropy,
                )
                for peer, share in by_holder.items()
            },
        )

    def deliver(self, mask_keys: Mapping[str, Keys], boxes: Mapping[str, bytes]) -> None:
        """Take the neighbours' public mask keys and open the shares that they sent.

        All neighbours take part in a batch: which of them do is then no word of the
        coordinator's, who could otherwise leave a party alone with few masks.

        Parameters
        ----------
        mask_keys : mapping of str to ndarray of uint8, shape (rounds, 32)
        boxes : mapping of str to bytes
            By sender.

        Raises
        ------
        ProtocolError
            If a neighbour's box is missing, or is not what the neighbour sealed for this party,
            these rounds and these mask keys.
        """
        batch = self._batch
        if batch is None or batch.held is not None:
            raise ProtocolError(f"party {self._party!r} does not expect any shares now")
        if set(mask_keys) != set(self._channels) or set(boxes) != set(self._channels):
            raise ProtocolError(
                f"the shares for party {self._party!r} do not come from exactly its "
                f"{len(self._channels)} neighbours"
            )
        batch.held = np.stack(
            [
                batch.own_shares
                if owner == self._party
                else self._opened(batch, owner, mask_keys[owner], boxes[owner])
                for owner in self._holders
            ]
        )
        batch.peer_keys = mask_keys

    def _opened(self, batch: _Batch, sender: str, mask_keys: Keys, box: bytes) -> Shares:
        context = self._box_context(batch.rounds, sender, self._party, mask_keys)
        try:
            opened = sealing.unseal(self._channels[sender], box, context=context)
        except ProtocolError as error:
            raise ProtocolError(
                f"what {sender!r} is said to have sealed for {self._party!r} was altered, "
                "swapped, replayed or invented on its way"
            ) from error
        if len(opened) != batch.own_shares.nbytes or len(mask_keys) != len(batch.rounds):
            raise ProtocolError(
                f"{sender!r} sent {self._party!r} shares for another number of rounds"
            )
        return np.frombuffer(opened, dtype=_SHARE).reshape(batch.own_shares.shape)

    def mask(self, vector: npt.NDArray[np.uint64], round_number: int) -> None:
        """Add this party's masks of a round, in place, and forget what made them.

        Raises
        ------
        ProtocolError
            For a round that is not later than the last one, or whose shares it does not hold.
        """
        if round_number <= self._last_round:
            raise ProtocolError(f"round {round_number} of this session has been masked already")
        batch, peer_keys, _ = self._delivered(round_number)
        private = keys.private_key(batch.mask_keys[round_number])
        context = mask_key_context(self._roster.digest, round_number)
        place = batch.rounds.index(round_number)
        pairs = {
            peer: keys.agree(private, public[place].tobytes(), context=context)
            for peer, public in peer_keys.items()
        }
        self._last_round = self._to_unmask = round_number
        masks.apply_masks(
            vector,
            add=[
                batch.seeds[round_number],
                *(key for peer, key in pairs.items() if self._party < peer),
            ],
            subtract=[key for peer, key in pairs.items() if self._party > peer],
        )
        batch.forget(round_number)

    def unmask(self, round_number: int, survivors: Collection[str]) -> tuple[Shares, Shares]:
        """This party's shares of what the sum over the survivors needs, and of nothing else.

        Parameters
        ----------
        round_number : int
            The round that this party masked last.
        survivors : collection of str
            Those whose vectors the coordinator has.

        Returns
        -------
        seeds : ndarray of uint32, shape (survivors among the holders, words)
            Shares of their seeds, in the order of ``Roster.holders``.
        mask_keys : ndarray of uint32, shape (others among the holders, words)
            Shares of the others' mask keys.

        Raises
        ------
        ProtocolError
            If this round was not masked, or was unmasked before (a second answer could give the
            other share of a party); if the survivors do not belong to the session, do not include
            this party, or are too few.
        """
        if round_number != self._to_unmask:
            raise ProtocolError(
                f"round {round_number} is not unmasked by {self._party!r}: it unmasks the round "
                "that it masked last, and only once"
            )
        survived = frozenset(survivors)
        self._check_survivors(survived)
        batch, _, held = self._delivered(round_number)
        self._to_unmask = None
        place = batch.rounds.index(round_number)
        answered = np.array([owner in survived for owner in self._holders])
        seeds, mask_keys = held[answered, place + len(batch.rounds)], held[~answered, place]
        batch.forget_shares(place + 1)
        return seeds, mask_keys

    def _check_survivors(self, survived: frozenset[str]) -> None:
        if self._party not in survived or not survived <= set(self._roster.parties):
            raise ProtocolError(
                f"the survivors told to {self._party!r} leave it out or hold parties that are "
                "not in this session"
            )
        if len(survived) < self._min_parties:
            raise ProtocolError(
                f"party {self._party!r} lets its statistics be added over {self._min_parties} "
                f"parties or more; {len(survived)} have answered"
            )
        near = sum(holder in survived for holder in self._holders)
        if near < self._threshold:
            raise ProtocolError(
                f"only {near} of the {len(self._holders)} parties that hold shares with "
                f"{self._party!r} have answered; {self._threshold} are needed"
            )

    def _delivered(self, round_number: int) -> tuple[_Batch, Mapping[str, Keys], Shares]:
        batch = self._batch
        if (
            batch is None
            or batch.peer_keys is None
            or batch.held is None
            or round_number not in batch.rounds
        ):
            raise ProtocolError(
                f"party {self._party!r} holds no shares for round {round_number} of this session"
            )
        return batch, batch.peer_keys, batch.held

    def _box_context(self, rounds: range, sender: str, receiver: str, mask_keys: Keys) -> bytes:
        return statement(
            "shares",
            self._roster.digest,
            rounds.start,
            len(rounds),
            sender,
            receiver,
            hashlib.sha256(mask_keys.tobytes()).digest(),
        )


def _rows(entries: Iterable[bytes]) -> Keys:
    return np.frombuffer(b"".join(entries), dtype=np.uint8).reshape(-1, keys.KEY_BYTES)
