"""Private set intersection by Diffie-Hellman: identifiers become points of Curve25519, which every
party blinds with a secret of its own. Whoever blinds, in whatever order, the same identifier ends
as the same point, and one that lacks a single blinding tells nothing.

After Meadows (1986) and Huberman, Franklin and Hogg (1999), over X25519 as SecretFlow and others
have it: an identifier's hash is taken as the coordinate of a point, of the curve or of its twist.
X25519 works on both alike (RFC 7748), and its secrets clear their small subgroups. Which party
blinds whose points, and who compares them, is not decided here.
"""

from __future__ import annotations

import hashlib
import numbers
import os
import subprocess
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from fedruntime.crypto.keys import private_key
from fedruntime.errors import DataError

Points = npt.NDArray[np.uint8]

POINT_BYTES = 32
_LABEL = b"fedmigrate identifier v1"
_SHARE = 20_000  # points from which on a further process is worth its start
_EXACT = 2**53  # from here on floats leave whole numbers out

# What a further process runs: it reads a secret and points, and writes points. It imports the
# primitive alone, since this package takes as long to import as some 50,000 points to blind.
_PROGRAM = """
import sys
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
secret, points = sys.stdin.buffer.read(32), sys.stdin.buffer.read()
blind = X25519PrivateKey.from_private_bytes(secret).exchange
point = X25519PublicKey.from_public_bytes
parts = [blind(point(points[at : at + 32])) for at in range(0, len(points), 32)]
sys.stdout.buffer.write(b"".join(parts))
"""


def normalised(identifier: Sequence[Any]) -> str | None:
    """The values of a row that identify it as a text that all parties write alike; None if one is
    missing.

    Text is stripped of white space around it and brought to Unicode's form NFC; letters keep
    their case. A whole number is written without a point, whatever its type: 7, 7.0 and "7" are
    the same identifier, "007" is another. Dates are written as ISO 8601 has them.

    Raises
    ------
    DataError
        If a value is a float so large that whole numbers near it are the same float: it may be
        the identifier of somebody else.
    """
    parts = []
    for value in identifier:
        if pd.isna(value):
            return None
        if isinstance(value, str):
            text = unicodedata.normalize("NFC", value).strip()
            if not text:
                return None
        elif isinstance(value, numbers.Integral):
            text = str(int(value))
        elif isinstance(value, float | np.floating) and float(value).is_integer():
            if abs(value) >= _EXACT:
                raise DataError(
                    "an identifier is a number of more than 15 digits that was read as a float, "
                    "which has lost its last digits: read the column as text (dtype=str)"
                )
            text = str(int(value))
        elif hasattr(value, "isoformat"):
            text = value.isoformat()
        else:
            text = str(value)
        parts.append(f"{len(text)}:{text}")
    return "".join(parts)


def points_of(identifiers: Iterable[str], salt: bytes) -> Points:
    """The point of each identifier: a salted hash of it, as the coordinate of a point.

    Parameters
    ----------
    identifiers : iterable of str
        As ``normalised`` writes them.
    salt : bytes
        The same for all parties, and another for every intersection.

    Returns
    -------
    ndarray of uint8, shape (n, 32)
    """
    digests = [
        hashlib.blake2b(text.encode(), digest_size=POINT_BYTES, key=salt, person=_LABEL[:16])
        for text in identifiers
    ]
    joined = b"".join(digest.digest() for digest in digests)
    return np.frombuffer(joined, dtype=np.uint8).reshape(-1, POINT_BYTES)


def blind(points: Points, secret: bytes, *, processes: int | None = None) -> Points:
    """Multiply points by a secret.

    Parameters
    ----------
    points : ndarray of uint8, shape (n, 32)
    secret : bytes
        32 bytes.
    processes : int, optional
        Over how many processes the work is spread; by default over as many as there are
        processors, as far as there is work for them.

    Raises
    ------
    ProtocolError
        If the secret does not have 32 bytes.
    ValueError
        If a point is one of the few that any secret makes zero.
    """
    most = os.cpu_count() or 1 if processes is None else processes
    count = max(1, min(most, len(points) // _SHARE))
    if count == 1:
        return _blinded(points, secret)
    own, *others = np.array_split(points, count)
    with ThreadPoolExecutor(len(others)) as waiting:
        found = [waiting.submit(_elsewhere, part, secret) for part in others]
        first = _blinded(own, secret)
        return np.concatenate([first, *(part.result() for part in found)])


def _blinded(points: Points, secret: bytes) -> Points:
    exchange, point = private_key(secret).exchange, X25519PublicKey.from_public_bytes
    raw = np.ascontiguousarray(points).tobytes()
    starts = range(0, len(raw), POINT_BYTES)
    joined = b"".join([exchange(point(raw[at : at + POINT_BYTES])) for at in starts])
    return np.frombuffer(joined, dtype=np.uint8).reshape(-1, POINT_BYTES)


def _elsewhere(points: Points, secret: bytes) -> Points:
    """The same, by a process that is told the secret through a pipe."""
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        input=secret + np.ascontiguousarray(points).tobytes(),
        stdout=subprocess.PIPE,
        check=True,
    )
    return np.frombuffer(done.stdout, dtype=np.uint8).reshape(-1, POINT_BYTES)
