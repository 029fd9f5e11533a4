"""The cells of a notebook as callers: which notebook code belongs to, and which cell of it.

Jupyter runs cells as files that are not there. Whatever is known of the notebook itself comes from
the front end, if it says anything; the folder is the kernel's own.
"""

from __future__ import annotations

import os
from pathlib import Path
from types import FrameType

_FOLDER = "ipykernel_"  # begins the name of the folder that files of cells would lie in
_UNNAMED = "notebook.ipynb"


def calling_notebook(frame: FrameType) -> Path | None:
    """The notebook that a frame runs a cell of; None for any other code.

    A notebook that nobody names is called ``notebook.ipynb``, in the working directory.
    """
    if not _is_cell(frame):
        return None
    opened = frame.f_globals.get("__vsc_ipynb_file__")  # as VS Code has it: a whole path
    if isinstance(opened, str) and opened:
        return Path(opened).resolve()
    named = os.environ.get("JPY_SESSION_NAME", "")  # as Jupyter's server has it, from its root
    return Path.cwd() / (Path(named).name if named.endswith(".ipynb") else _UNNAMED)


def cell_name(frame: FrameType) -> str:
    """What Jupyter calls the cell that a frame runs, such as ``In[3]``."""
    compiler = getattr(frame.f_globals["get_ipython"](), "compile", None)
    named = getattr(compiler, "format_code_name", lambda name: None)(frame.f_code.co_filename)
    return str(named[1]) if named else f"In[{len(frame.f_globals['_ih']) - 1}]"


def _is_cell(frame: FrameType) -> bool:
    names = frame.f_globals
    if not (callable(names.get("get_ipython")) and isinstance(names.get("_ih"), list)):
        return False
    path = Path(frame.f_code.co_filename)
    return path.parent.name.startswith(_FOLDER) or not path.exists()
