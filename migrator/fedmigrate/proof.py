"""The proof after writing: a conversion that does not hold is an error of ours, never a file."""

from __future__ import annotations

import ast

from fedmigrate.errors import MigrateError, SourceError
from fedmigrate.generated import is_generated
from fedmigrate.source import Source, decode


class ProofError(MigrateError):
    """The conversion would not be sound, so nothing was written."""


def prove(source: Source, text: str) -> None:
    """Check that a conversion reads back as itself, parses, and is known as converted.

    Raises
    ------
    ProofError
        Saying what does not hold.
    """
    data = source.encode(text)
    try:
        again = decode(data, source.path)
        tree = again.tree
    except SourceError as error:
        raise _broken(source, f"does not parse: {error.message}") from error
    if again.original != text or again.encoding != source.encoding:
        raise _broken(source, "does not read back as it was written")
    if source.is_valid and not again.is_valid:
        raise _broken(source, "is no longer a valid notebook")
    if not is_generated(data):
        raise _broken(source, "is not known again as a conversion")
    if ast.get_docstring(tree, clean=False) != ast.get_docstring(source.tree, clean=False):
        raise _broken(source, "lost the docstring of the script")


def _broken(source: Source, what: str) -> ProofError:
    return ProofError(
        f"{source.path}: the conversion {what}. Nothing was written. This is an error of "
        "fedmigrate: please report it together with the script."
    )
