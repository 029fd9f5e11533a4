"""Making a party's identity, ``python -m fedruntime.identity alice.key``: the private key goes to
the file, and the line for ``[identities]`` in ``federation.toml`` is printed.
"""

from __future__ import annotations

import argparse
import base64
import sys
from collections.abc import Sequence
from pathlib import Path

from fedruntime.crypto.identity import Identity
from fedruntime.errors import SettingsError


def main(arguments: Sequence[str] | None = None) -> int:
    """Make an identity in a new file; the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m fedruntime.identity",
        description="Make the identity of a party: a private key that stays with it, in a file "
        "that only its owner may read, and the public line that the others get.",
    )
    parser.add_argument("file", type=Path, help="a new file, such as PARTY.key")
    file: Path = parser.parse_args(arguments).file
    identity = Identity.generate()
    try:
        identity.save(file)
    except (SettingsError, OSError) as error:
        print(f"no identity was made: {error}", file=sys.stderr)
        return 2
    print(f'{file.stem} = "{base64.b64encode(identity.public).decode()}"')
    return 0


if __name__ == "__main__":
    sys.exit(main())
