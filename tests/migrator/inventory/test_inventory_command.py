"""`fedmigrate report` as a user calls it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path


def fedmigrate(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "fedmigrate", *arguments],
        capture_output=True,
        encoding="utf-8",
        cwd=folder,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, sys.path))},
        timeout=600,
        check=False,
    )


def test_the_report_alone_is_on_standard_output(folder: Path) -> None:
    done = fedmigrate(folder, "report", "clean.py", "left.py", "--jobs", "1")
    assert done.returncode == 1
    assert done.stdout.startswith("1 of 2 scripts with something to convert migrate as they are.\n")
    assert done.stderr == ""


def test_json_and_a_page_in_one_go(folder: Path) -> None:
    done = fedmigrate(folder, "report", ".", "--format", "json", "--html", "../page.html")
    assert done.returncode == 2
    assert json.loads(done.stdout)["scripts"]["total"] == 7
    assert done.stderr == "wrote ../page.html\n"
    assert (folder.parent / "page.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_what_migrates_is_fine(folder: Path) -> None:
    assert fedmigrate(folder, "report", "clean.py", "notes.py", "plain.py").returncode == 0


def test_a_page_never_replaces_a_script(folder: Path) -> None:
    before = (folder / "clean.py").read_bytes()
    done = fedmigrate(folder, "report", "left.py", "--html", "clean.py")
    assert done.returncode == 2
    assert "name it *.html" in done.stderr
    assert (folder / "clean.py").read_bytes() == before


def test_standard_input_is_refused(folder: Path) -> None:
    done = fedmigrate(folder, "report", "-")
    assert (done.returncode, done.stdout) == (2, "")
    assert "not at standard input" in done.stderr


def test_no_process_at_all_is_refused(folder: Path) -> None:
    assert fedmigrate(folder, "report", ".", "--jobs", "0").returncode == 2


def test_the_version_costs_none_of_it() -> None:
    code = "import sys, fedmigrate.cli; print([m for m in sys.modules if 'inventory' in m])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        encoding="utf-8",
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, sys.path))},
        timeout=600,
        check=True,
    )
    assert done.stdout == "[]\n"
