"""Reading a script's syntax tree and deciding every site: what each name is and where rows live.

Nothing here edits text or runs the user's code.
"""

from __future__ import annotations

from fedmigrate.analysis.follow import Analysis, analyse

__all__ = ["Analysis", "analyse"]
