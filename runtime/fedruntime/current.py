"""The script's federation: what devices, models and loaders mean where they name none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from fedruntime.errors import SettingsError

if TYPE_CHECKING:
    from fedruntime.exchange import Exchange

_federation: Exchange | None = None
_joinable = False
_opener: Path | None = None
_open_by_device: Callable[[str], Exchange] | None = None


def use(federation: Exchange | None, *, joinable: bool = False, opener: Path | None = None) -> None:
    """Make a federation the script's, ending the one before.

    Parameters
    ----------
    federation : Exchange or None
    joinable : bool
        Whether parties may still join by naming a device.
    opener : Path, optional
        The file of the user's that opened it.
    """
    global _federation, _joinable, _opener
    if _federation is not None:
        _federation.stop()
    _federation, _joinable, _opener = federation, joinable, opener


def opened_elsewhere(file: Path | None) -> Exchange | None:
    """The script's federation, if another file of the user's opened it."""
    return _federation if None not in (file, _opener) and file != _opener else None


def opened_by_device(opener: Callable[[str], Exchange]) -> Callable[[str], Exchange]:
    """Register what opens a federation when a script begins by naming a device."""
    global _open_by_device
    _open_by_device = opener
    return opener


def current() -> Exchange:
    """The script's federation.

    Raises
    ------
    SettingsError
        If there is none yet.
    """
    if _federation is None:
        raise SettingsError('there is no federation yet: call init(parties=["alice", "bob"]) first')
    return _federation


def join(party: str) -> None:
    """Make sure that a party exists: in a federation opened by naming devices, it joins.

    Raises
    ------
    SettingsError
        If the federation was opened by ``init`` without that party.
    """
    if _federation is None:
        assert _open_by_device is not None
        use(_open_by_device(party), joinable=True)
    federation = current()
    if party in federation.all_parties:
        return
    if not _joinable:
        raise SettingsError(
            f"{party!r} is not a party of this federation; its parties are "
            f"{', '.join(federation.all_parties)}"
        )
    federation.add_party(party)
