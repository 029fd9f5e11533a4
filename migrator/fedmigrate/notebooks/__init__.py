"""Notebooks as scripts: an ``.ipynb`` file read as one source, and its conversion written back.

``document`` knows the file (JSON), ``magics`` what is not Python in a cell, ``session`` puts the
cells together. The rest of the tool sees a script whose parts begin with ``# %%`` lines.
"""

from __future__ import annotations

from fedmigrate.notebooks.session import NotebookSource, decode_notebook

__all__ = ["NotebookSource", "decode_notebook"]
