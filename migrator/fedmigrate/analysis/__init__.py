"""Reading a script's syntax tree and deciding every site: what each name is and where rows live.

Nothing here edits text or runs the user's code.
"""

from __future__ import annotations

from fedmigrate.analysis.conversions import Analysis
from fedmigrate.analysis.follow import analyse, analyse_project

__all__ = ["Analysis", "analyse", "analyse_project"]
