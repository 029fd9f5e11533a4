"""``fedmigrate convert --diff``: patches that git takes, and that give exactly the conversion."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest


def git(*arguments: str, cwd: Path, stdin: bytes = b"") -> None:
    subprocess.run(["git", *arguments], cwd=cwd, input=stdin, check=True, capture_output=True)


@pytest.mark.parametrize("inside_repository", [True, False])
@pytest.mark.parametrize("name", ["train.py", "with space.py", "größe.py", "a/deep/train.py"])
@pytest.mark.parametrize(
    "prepare",
    [
        pytest.param(lambda text: text, id="plain"),
        pytest.param(lambda text: text.rstrip(b"\n"), id="no final newline"),
        pytest.param(lambda text: text.replace(b"\n", b"\r\n"), id="CRLF"),
        pytest.param(lambda text: b"\xef\xbb\xbf" + text, id="byte order mark"),
        pytest.param(lambda text: b"# coding: latin-1\n# Z\xfcrich\n" + text, id="latin-1"),
    ],
)
def test_a_patch_gives_the_conversion(
    fedmigrate, script: Path, prepare, name: str, inside_repository: bool
) -> None:
    root = script.parent
    before = prepare(script.read_bytes())
    script.unlink()
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(before)
    if inside_repository:
        git("init", cwd=root)
    expected = fedmigrate("convert", name, "-o", "-").stdout
    done = fedmigrate("convert", "--diff", name)
    assert done.returncode == 0
    assert sorted(found for found in root.rglob("*.py")) == [path]
    git("apply", "-", cwd=root, stdin=done.stdout)
    assert path.read_bytes() == before
    assert path.with_name(f"{path.stem}_fed.py").read_bytes() == expected


def test_from_a_folder_inside_of_a_repository(fedmigrate, script: Path) -> None:
    outer = script.parent.parent / f"{script.parent.name}-outer"
    outer.mkdir()
    (outer / ".git").mkdir()
    folder = outer / "study"
    folder.mkdir()
    (folder / "train.py").write_bytes(script.read_bytes())
    done = fedmigrate("convert", "--diff", str(folder / "train.py"))
    assert done.stdout.startswith(b"diff --git a/study/train.py b/study/train_fed.py\n")


def test_it_is_not_coloured_into_a_pipe(fedmigrate, script: Path) -> None:
    done = fedmigrate("convert", "--diff", "train.py", FORCE_COLOR="1")
    assert b"\x1b[" not in done.stdout


def test_nothing_to_show(fedmigrate, tmp_path: Path) -> None:
    (tmp_path / "plain.py").write_bytes(b"x = 1\n")
    assert fedmigrate("convert", "--diff", "plain.py").stdout == b""


def test_standard_input(fedmigrate, script: Path) -> None:
    data = script.read_bytes()
    done = fedmigrate("convert", "--diff", "-", "--stdin-filename", "train.py", stdin=data)
    assert done.stdout == fedmigrate("convert", "--diff", "train.py").stdout
