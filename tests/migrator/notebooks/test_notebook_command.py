"""``fedmigrate`` on notebooks, as a user calls it."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from notebook_cells import FIT, IMPORTS, LOAD, build, sources

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]


@pytest.fixture
def train(tmp_path: Path) -> Path:
    path = tmp_path / "train.ipynb"
    path.write_bytes(build(("markdown", "# T"), "%matplotlib inline\n" + IMPORTS, LOAD, FIT))
    return path


class TestConvert:
    def test_a_notebook_is_written_beside(self, fedmigrate: Run, train: Path) -> None:
        before = train.read_bytes()
        done = fedmigrate("convert", "train.ipynb")
        assert done.returncode == 0, done.stderr
        assert done.stdout == b""
        assert train.read_bytes() == before
        written = json.loads((train.parent / "train_fed.ipynb").read_bytes())
        assert "fed.load(pd.read_csv" in "".join(written["cells"][2]["source"])
        assert [path.name for path in sorted(train.parent.iterdir())] == [
            "train.ipynb",
            "train_fed.ipynb",
        ]

    def test_places_name_cell_and_line(self, fedmigrate: Run, train: Path) -> None:
        said = fedmigrate("convert", "train.ipynb").stderr.decode()
        assert "train.ipynb: cell 2, line 1  read_csv" in said
        assert "train.ipynb: cell 3, line 1  LogisticRegression  exact" in said
        assert "Next: jupyter execute train_fed.ipynb " in said

    def test_json_has_cell_and_line(self, fedmigrate: Run, train: Path) -> None:
        train.write_bytes(build(IMPORTS, LOAD, FIT, "x = 1\ndf.head()"))
        done = fedmigrate("convert", "train.ipynb", "--format", "json")
        (file,) = json.loads(done.stdout)["files"]
        (shown,) = [found for found in file["diagnostics"] if found["code"] == "FM301"]
        assert (shown["cell"], shown["cell_line"]) == (4, 2)
        site = next(one for one in file["plan"]["sites"] if one["kind"] == "source")
        assert (site["cell"], site["cell_line"]) == (2, 1)

    def test_json_of_a_script_has_no_cells(self, fedmigrate: Run, tmp_path: Path) -> None:
        (tmp_path / "train.py").write_text(f"{IMPORTS}\n{LOAD}\n{FIT}\n")
        done = fedmigrate("convert", "train.py", "--format", "json")
        assert b'"cell' not in done.stdout

    def test_a_patch_makes_the_conversion(self, fedmigrate: Run, train: Path) -> None:
        folder = train.parent
        patch = fedmigrate("convert", "train.ipynb", "--diff").stdout
        assert not (folder / "train_fed.ipynb").exists()
        subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
        subprocess.run(["git", "apply", "-"], cwd=folder, input=patch, check=True)
        applied = (folder / "train_fed.ipynb").read_bytes()
        (folder / "train_fed.ipynb").unlink()
        fedmigrate("convert", "train.ipynb")
        assert (folder / "train_fed.ipynb").read_bytes() == applied

    def test_check(self, fedmigrate: Run, train: Path) -> None:
        assert fedmigrate("convert", "--check", "train.ipynb").returncode == 1
        fedmigrate("convert", "train.ipynb", "--parties", "a,b,c")
        assert fedmigrate("convert", "--check", "train.ipynb").returncode == 0
        assert fedmigrate("convert", "--check", "train_fed.ipynb").returncode == 0
        train.write_bytes(
            train.read_bytes().replace(b"LogisticRegression()", b"LogisticRegression(C=2)")
        )
        assert fedmigrate("convert", "--check", "train.ipynb").returncode == 1

    def test_to_another_file_and_to_standard_output(self, fedmigrate: Run, train: Path) -> None:
        fedmigrate("convert", "train.ipynb")
        usual = (train.parent / "train_fed.ipynb").read_bytes()
        assert fedmigrate("convert", "train.ipynb", "-o", "other.ipynb").returncode == 0
        assert (train.parent / "other.ipynb").read_bytes() == usual
        assert fedmigrate("convert", "train.ipynb", "-o", "-").stdout == usual
        name = ("--stdin-filename", "train.ipynb")
        done = fedmigrate("convert", "-", *name, stdin=train.read_bytes())
        assert done.stdout == usual

    def test_a_notebook_does_not_become_a_script(self, fedmigrate: Run, train: Path) -> None:
        done = fedmigrate("convert", "train.ipynb", "-o", "train_fed.py")
        assert done.returncode == 2
        assert b"notebook, *.ipynb" in done.stderr
        assert not (train.parent / "train_fed.py").exists()

    def test_what_a_person_wrote_is_not_replaced(self, fedmigrate: Run, train: Path) -> None:
        own = build("x = 1")
        (train.parent / "train_fed.ipynb").write_bytes(own)
        assert fedmigrate("convert", "train.ipynb").returncode == 2
        assert (train.parent / "train_fed.ipynb").read_bytes() == own

    def test_folders_hold_notebooks(self, fedmigrate: Run, train: Path) -> None:
        (train.parent / "other.ipynb").write_bytes(build("import sklearn", "x = 'no fit'"))
        hidden = train.parent / ".ipynb_checkpoints"
        hidden.mkdir()
        (hidden / "train-checkpoint.ipynb").write_bytes(train.read_bytes())
        done = fedmigrate("convert", ".", "--format", "json")
        files = {file["path"]: file["status"] for file in json.loads(done.stdout)["files"]}
        assert files == {"other.ipynb": "nothing", "train.ipynb": "written"}
        again = fedmigrate("convert", ".", "--check")
        assert again.returncode == 0

    def test_displays_can_be_dropped(self, fedmigrate: Run, train: Path) -> None:
        train.write_bytes(build(IMPORTS, LOAD, "x = 1\ndf.head()", FIT))
        done = fedmigrate("convert", "train.ipynb", "--drop-displays")
        assert done.returncode == 0, done.stderr
        cell = sources((train.parent / "train_fed.ipynb").read_bytes())[2]
        assert cell.startswith("x = 1\n# fedmigrate: FM301 dropped")
        assert fedmigrate("convert", "--check", "train.ipynb").returncode == 0


class TestRefused:
    @pytest.mark.parametrize(
        ("data", "says"),
        [
            (b"{", "FM906 is not JSON"),
            (b'{"nbformat": 3, "worksheets": []}', "FM906 is a notebook of format 3"),
            (
                build("import sklearn", "print x.fit()"),
                "train.ipynb: cell 2, line 1, column 1: FM901",
            ),
        ],
        ids=["cut off", "format 3", "Python 2"],
    )
    def test_with_a_code_and_what_to_do(
        self, fedmigrate: Run, train: Path, data: bytes, says: str
    ) -> None:
        train.write_bytes(data)
        done = fedmigrate("convert", "train.ipynb")
        assert done.returncode == 2
        assert says in done.stderr.decode()
        assert "next: " in done.stderr.decode()
        assert not (train.parent / "train_fed.ipynb").exists()

    def test_the_error_in_json_names_the_cell(self, fedmigrate: Run, train: Path) -> None:
        train.write_bytes(build("import sklearn", "x = 1\nprint x.fit()"))
        done = fedmigrate("convert", "train.ipynb", "--format", "json")
        error = json.loads(done.stdout)["files"][0]["error"]
        assert (error["code"], error["cell"], error["cell_line"]) == ("FM901", 2, 2)

    def test_another_language_is_said(self, fedmigrate: Run, train: Path) -> None:
        train.write_bytes(build("library(sklearn)", "fit(x)", language="R"))
        done = fedmigrate("convert", "train.ipynb")
        assert done.returncode == 0
        assert "nothing to convert: it is written in R" in done.stderr.decode()

    def test_without_nbformat_the_extra_is_named(
        self, fedmigrate: Run, train: Path, tmp_path: Path
    ) -> None:
        away = tmp_path / "away"
        away.mkdir()
        (away / "nbformat.py").write_text("raise ImportError('not installed')\n")
        done = fedmigrate("convert", "train.ipynb", before=str(away))
        assert done.returncode == 2
        assert "FM907" in done.stderr.decode()
        assert 'pip install "fedmigrate[notebook]"' in done.stderr.decode()
        assert not (train.parent / "train_fed.ipynb").exists()
        train.write_bytes(build("x = 1"))
        assert fedmigrate("convert", "train.ipynb", before=str(away)).returncode == 0

    def test_a_run_that_left_no_ledger(self, fedmigrate: Run, train: Path) -> None:
        done = fedmigrate("audit", "train_fed.ipynb")
        assert done.returncode == 2
        assert b".fedmigrate/train_fed.ledger.jsonl" in done.stderr
        assert b"notebook.ledger.jsonl" in done.stderr


class TestVerify:
    def verdict(self, fedmigrate: Run, *arguments: str) -> dict[str, Any]:
        done = fedmigrate("verify", *arguments, "--format", "json")
        assert done.returncode == 0, done.stdout + done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    def test_both_run_without_their_magics(
        self, fedmigrate: Run, train: Path, patients: Path
    ) -> None:
        magics = "!false\nget_ipython().system('false')\ndisplay(X.shape)"
        time = "%time print(model.score(X, y))"
        train.write_bytes(build(IMPORTS, LOAD, magics, "%%time\n" + FIT, "%%bash\nfalse", time))
        answer = self.verdict(fedmigrate, "train.ipynb")
        (fit,) = answer["fits"]
        assert (fit["cell"], fit["cell_line"], fit["expected"]) == (4, 3, "exact")
        assert answer["as_expected"]
        assert len(answer["lines"]) == 2
        text = fedmigrate("verify", "train.ipynb").stdout.decode()
        assert text.splitlines()[2].startswith("cell:line  fit or score")
        assert re.search(r"^4:3 +LogisticRegression\.fit +exact ", text, re.MULTILINE)

    def test_files_are_found_from_the_notebook(
        self, fedmigrate: Run, train: Path, patients: Path
    ) -> None:
        folder = train.parent / "deeper"
        folder.mkdir()
        train.rename(folder / "train.ipynb")
        patients.rename(folder / "patients.csv")
        fedmigrate("convert", "deeper/train.ipynb")
        assert self.verdict(fedmigrate, "deeper/train.ipynb")["conversion_written"]

    def test_a_failure_names_its_cell(self, fedmigrate: Run, train: Path, patients: Path) -> None:
        train.write_bytes(build(IMPORTS, LOAD, FIT, "x = 1\nmissing + 1"))
        done = fedmigrate("verify", "train.ipynb")
        assert done.returncode == 1
        assert "train.ipynb, cell 4, line 2, did not run to its end:" in done.stdout.decode()
