"""Who called, where cells of a notebook call: frames as Jupyter's kernel makes them."""

from __future__ import annotations

import linecache
from pathlib import Path
from typing import Any

import pytest

from fedruntime.caller import calling_file, calling_script, where


class Shell:
    """As much of IPython's shell as is asked for."""

    class compile:
        @staticmethod
        def format_code_name(name: str) -> tuple[str, str] | None:
            return ("Cell", "In[7]") if "123" in name else None


def call(monkeypatch: pytest.MonkeyPatch, file: str, **names: Any) -> tuple[Any, ...]:
    """What a caller is taken for whose code is of some file."""
    code = "\nfound = (where(), calling_file(), calling_script())\n"
    monkeypatch.setitem(linecache.cache, file, (len(code), None, code.splitlines(True), file))
    given = {"where": where, "calling_file": calling_file, "calling_script": calling_script}
    namespace = {"__name__": "__main__", **given, **names}
    exec(compile(code, file, "exec"), namespace)
    found: tuple[Any, ...] = namespace["found"]
    return found


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    return tmp_path


SESSION = {"get_ipython": Shell, "_ih": ["", "a", "b"]}


def test_a_cell_is_of_a_notebook_in_the_working_directory(
    monkeypatch: pytest.MonkeyPatch, here: Path
) -> None:
    said, file, script = call(monkeypatch, "/tmp/ipykernel_1/123.py", **SESSION)
    assert said == "cell In[7], line 2: "
    assert file == script == here / "notebook.ipynb"


def test_the_server_tells_the_name(monkeypatch: pytest.MonkeyPatch, here: Path) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", "work/train_fed.ipynb")
    assert call(monkeypatch, "/tmp/ipykernel_1/123.py", **SESSION)[2] == here / "train_fed.ipynb"


def test_an_editor_tells_the_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "deeper" / "train_fed.ipynb"
    names = {**SESSION, "__vsc_ipynb_file__": str(path)}
    assert call(monkeypatch, "/tmp/ipykernel_1/123.py", **names)[2] == path


def test_a_kernel_that_knows_no_name_for_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    assert call(monkeypatch, "/tmp/ipykernel_1/4.py", **SESSION)[0] == "cell In[2], line 2: "


def test_a_script_that_a_cell_runs_is_itself(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    script = tmp_path / "prepare.py"
    script.write_text("x = 1\n")
    said, file, found = call(monkeypatch, str(script), **SESSION)
    assert said == "prepare.py:2: "
    assert file == found == script


def test_a_script_that_is_not_written_is_itself(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    script = str(tmp_path / "train_fed.py")
    assert call(monkeypatch, script)[2] == Path(script)
    assert call(monkeypatch, script, get_ipython=Shell)[2] == Path(script)


def test_a_session_without_files_is_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    said, _, script = call(monkeypatch, "<ipython-input-1>", **SESSION)
    assert "ipython-input" not in said
    assert script is None
