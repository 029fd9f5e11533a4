"""``fedmigrate audit``: which ledgers are told, in which form, and the exit code."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from ledgers import chained, message, run_of, write_ledger

from fedmigrate.audit import audit_command
from fedmigrate.errors import SourceError, UsageError

_SCRIPT = """\
import pandas as pd
from sklearn.linear_model import LinearRegression

df = pd.read_csv("table.csv")
model = LinearRegression()
model.fit(df[["dose", "weight"]], df["effect"])
print(model.score(df[["dose", "weight"]], df["effect"]))
"""


def _audit(
    run: Path,
    format: str | None = None,
    output: Path | None = None,
    every_run: bool = False,
    code: int = 0,
) -> str:
    out = io.StringIO()
    name = None if output is None else str(output)
    assert audit_command(str(run), format, name, every_run, out) == code
    return out.getvalue()


def _script_ledger(folder: Path, name: str = "train_fed.ledger.jsonl") -> Path:
    return folder / ".fedmigrate" / name


class TestWhichRuns:
    def test_a_script_means_its_last_run(self, tmp_path: Path) -> None:
        path = _script_ledger(tmp_path)
        path.parent.mkdir()
        early, late = run_of(message("north")), run_of(message("south"), run="late")
        path.write_bytes(b"".join(chained([*early, *late])))
        text = _audit(tmp_path / "train_fed.py")
        assert "south: 1 message" in text
        assert "north" not in text

    def test_all_means_all_of_them(self, tmp_path: Path) -> None:
        path = _script_ledger(tmp_path)
        path.parent.mkdir()
        path.write_bytes(b"".join(chained([*run_of(message("north")), *run_of(message("south"))])))
        text = _audit(path, every_run=True)
        assert text.index("north: 1 message") < text.index("south: 1 message")

    def test_a_later_file_of_the_script_may_hold_the_last_run(self, tmp_path: Path) -> None:
        write_ledger(_script_ledger(tmp_path), message("north"))
        later = "2027-01-02T03:04:05+00:00"
        for name in ("train_fed.ledger.2.jsonl", "train_fed.ledger.10.jsonl"):
            write_ledger(_script_ledger(tmp_path, name), message(f"p{name[17:-6]}"), began=later)
        assert "p10: 1 message" in _audit(tmp_path / "train_fed.py")

    def test_a_folder_means_the_last_run_of_each_script(self, tmp_path: Path) -> None:
        for name in ("one", "two"):
            write_ledger(
                _script_ledger(tmp_path, f"{name}_fed.ledger.jsonl"), script=f"{name}_fed.py"
            )
        for folder in (tmp_path, tmp_path / ".fedmigrate"):
            names = [audit["name"] for audit in json.loads(_audit(folder, "json"))["audits"]]
            assert names == ["one_fed.py", "two_fed.py"]

    def test_a_folder_without_ledgers(self, tmp_path: Path) -> None:
        (tmp_path / "other.jsonl").write_text("{}\n")
        with pytest.raises(UsageError, match="holds no ledger: run a federated script there"):
            _audit(tmp_path)

    def test_a_script_that_has_not_run_says_how_to(self, tmp_path: Path) -> None:
        script = tmp_path / "train_fed.py"
        with pytest.raises(UsageError) as caught:
            _audit(script)
        assert f"run it first (python {script})" in str(caught.value)
        assert "or name the ledger that its settings name" in str(caught.value)

    def test_a_missing_file(self, tmp_path: Path) -> None:
        with pytest.raises(SourceError, match="FM903 cannot be read as a ledger"):
            _audit(tmp_path / "none.jsonl")


class TestExitCode:
    def test_0_for_a_complete_record_and_for_remarks(self, tmp_path: Path) -> None:
        _audit(write_ledger(tmp_path / "run.jsonl", message(remarks=[["min_rows", "few"]])))

    def test_1_for_a_record_that_breaks_off(self, tmp_path: Path) -> None:
        path = write_ledger(tmp_path / "run.jsonl", message(), closed=False)
        text = _audit(path, code=1)
        assert "not properly: there is no closing line after line 2" in text

    def test_0_if_only_an_earlier_run_breaks_off(self, tmp_path: Path) -> None:
        path = tmp_path / "run.jsonl"
        path.write_bytes(b"".join(chained([*run_of(closed=False), *run_of(message())])))
        _audit(path)
        _audit(path, every_run=True, code=1)

    @pytest.mark.parametrize("format", ["text", "json", "html"])
    def test_1_for_a_record_that_was_changed(self, tmp_path: Path, format: str) -> None:
        path = write_ledger(tmp_path / "run.jsonl", message())
        path.write_bytes(path.read_bytes().replace(b'"bytes":320', b'"bytes":3'))
        answer = _audit(path, format, code=1)
        assert "was altered after it was written" in answer
        if format == "text":
            assert f"{path}:2: this line was altered" in answer
        if format == "json":
            document = json.loads(answer)
            assert document["exit_code"] == 1
            assert document["audits"][0]["ledgers"][0]["intact"] is False


class TestOutput:
    @pytest.mark.parametrize(
        ("name", "begins"), [("a.html", "<!doctype"), ("a.json", "{"), ("a.txt", "What left")]
    )
    def test_the_files_name_says_the_format(self, tmp_path: Path, name: str, begins: str) -> None:
        ledger = write_ledger(tmp_path / "run.jsonl", message())
        assert _audit(ledger, output=tmp_path / name) == ""
        assert (tmp_path / name).read_text().startswith(begins)

    def test_an_option_wins_over_the_name(self, tmp_path: Path) -> None:
        ledger = write_ledger(tmp_path / "run.jsonl", message())
        _audit(ledger, "text", tmp_path / "a.html")
        assert (tmp_path / "a.html").read_text().startswith("What left")

    def test_nothing_else_is_replaced(self, tmp_path: Path) -> None:
        ledger = write_ledger(tmp_path / "run.jsonl", message())
        before = ledger.read_bytes()
        with pytest.raises(UsageError, match=r"name it \*\.html, \*\.json or \*\.txt"):
            _audit(ledger, output=ledger)
        assert ledger.read_bytes() == before


class _Page(HTMLParser):
    """Checks that what is opened is closed, and gathers links and texts."""

    _VOID = frozenset({"meta", "br"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.outside: list[str] = []
        self.cells: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self._VOID:
            self.open.append(tag)
        self.outside += [str(value) for name, value in attrs if name in ("src", "href", "action")]
        assert tag not in ("script", "img", "iframe", "link", "object")
        assert not [name for name, _ in attrs if name.startswith("on")]
        if tag == "th":
            assert "scope" in dict(attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("td", "th"):
            self.cells.append(data)


class TestThePage:
    def test_it_is_well_formed_and_needs_nothing_beside_it(self, tmp_path: Path) -> None:
        ledger = write_ledger(tmp_path / "run.jsonl", message(), message("bob"))
        page = _Page()
        page.feed(_audit(ledger, "html"))
        assert (page.open, page.outside) == ([], [])
        assert "Ridge.fit" in page.cells

    def test_everything_from_a_ledger_is_escaped(self, tmp_path: Path) -> None:
        evil = "<script>alert('&\"')</script>"
        ledger = write_ledger(
            tmp_path / "run.jsonl",
            message(
                evil,
                purpose=evil,
                operation=evil,
                what=evil,
                reader=evil,
                protection=evil,
                content=[[evil, [2]]],
                remarks=[[evil, evil]],
            ),
            script=evil,
            parties=[evil],
            mode=evil,
            owner=evil,
            began=evil,
        )
        page = _Page()
        text = _audit(ledger, "html")
        page.feed(text)
        assert page.open == []
        assert "<script" not in text
        assert text.count("&lt;script&gt;") >= 14

    def test_a_terminal_is_given_no_commands(self, tmp_path: Path) -> None:
        ledger = write_ledger(tmp_path / "run.jsonl", message(purpose="\x1b[2Jgone\r\x07"))
        text = _audit(ledger)
        assert "gone" in text
        assert all(sign.isprintable() or sign == "\n" for sign in text)


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join(filter(None, sys.path))
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
    )


def _table(folder: Path) -> None:
    rows = [f"{dose},{weight},{2 * dose - weight}" for dose in range(6) for weight in (3, 5, 8)]
    (folder / "table.csv").write_text("\n".join(["dose,weight,effect", *rows]) + "\n")


def test_convert_run_audit_tamper(tmp_path: Path) -> None:
    _table(tmp_path)
    (tmp_path / "train.py").write_text(_SCRIPT)
    assert _run(tmp_path, "-m", "fedmigrate", "convert", "train.py").returncode == 0
    assert _run(tmp_path, "train_fed.py").returncode == 0
    ledger = tmp_path / ".fedmigrate" / "train_fed.ledger.jsonl"
    before = ledger.read_bytes()

    done = _run(tmp_path, "-m", "fedmigrate", "audit", "train_fed.py")
    assert done.returncode == 0, done.stderr
    assert "alice and bob, each: " in done.stdout
    assert "LinearRegression.fit" in done.stdout
    assert "chain    intact" in done.stdout
    assert ledger.read_bytes() == before

    done = _run(tmp_path, "-m", "fedmigrate", "audit", ".", "-o", "audit.html")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "wrote audit.html\n")

    assert _run(tmp_path, "train_fed.py").returncode == 0
    assert ledger.read_bytes().startswith(before)
    assert _run(tmp_path, "-m", "fedmigrate", "audit", "train_fed.py", "--all").returncode == 0

    lines = ledger.read_bytes().splitlines(keepends=True)
    ledger.write_bytes(b"".join([*lines[:4], *lines[5:]]))
    done = _run(tmp_path, "-m", "fedmigrate", "audit", "train_fed.py")
    assert done.returncode == 1
    assert "train_fed.ledger.jsonl:5: this line follows on a line that was removed" in done.stdout

    ledger.write_text("no ledger\n")
    done = _run(tmp_path, "-m", "fedmigrate", "audit", "train_fed.py")
    assert (done.returncode, done.stdout) == (2, "")
    assert "FM902 is not a ledger of a run" in done.stderr


def test_the_help_says_what_the_exit_codes_mean() -> None:
    done = _run(Path.cwd(), "-m", "fedmigrate", "audit", "--help")
    assert done.returncode == 0
    for words in ("Exit code: 0", "--format", "-o, --output", "--all", "text|json|html"):
        assert words in done.stdout
