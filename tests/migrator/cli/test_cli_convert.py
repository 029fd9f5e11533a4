"""``fedmigrate convert``: what it writes, what it says where, and its exit codes."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from fedmigrate.plan import Plan


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_writes_beside_the_script_and_says_what_it_did(fedmigrate, script: Path) -> None:
    before = script.read_bytes()
    done = fedmigrate("convert", "train.py")
    assert done.returncode == 0
    assert done.stdout == b""
    assert script.read_bytes() == before
    output = (script.parent / "train_fed.py").read_text(encoding="utf-8")
    assert "df = fed.load(pd.read_csv, " in output
    said = done.stderr.decode()
    assert said.startswith("train.py -> train_fed.py\n")
    assert "train.py:8   LogisticRegression  exact" in said
    assert said.rstrip().endswith("fedmigrate verify train.py")
    assert sorted(files(script.parent)) == ["train.py", "train_fed.py"]


def test_a_second_run_changes_nothing(fedmigrate, script: Path) -> None:
    fedmigrate("convert", "train.py")
    once = files(script.parent)
    stamp = (script.parent / "train_fed.py").stat().st_mtime_ns
    assert fedmigrate("convert", "train.py").returncode == 0
    assert files(script.parent) == once
    assert (script.parent / "train_fed.py").stat().st_mtime_ns == stamp


def test_a_conversion_is_not_converted(fedmigrate, script: Path) -> None:
    fedmigrate("convert", "train.py")
    before = files(script.parent)
    done = fedmigrate("convert", "train_fed.py")
    assert done.returncode == 0
    assert b"federated already" in done.stderr
    assert files(script.parent) == before


def test_what_needs_a_person(fedmigrate, left: Path) -> None:
    done = fedmigrate("convert", "left.py")
    assert done.returncode == 1
    said = done.stderr.decode()
    assert "1 place needs a person:\nleft.py:8  FM201  KNeighborsClassifier is left:" in said
    assert "    next: Replace the estimator" in said
    output = (left.parent / "left_fed.py").read_text(encoding="utf-8")
    assert "\n# fedmigrate: FM201 KNeighborsClassifier is left" in output


def test_standard_input_to_standard_output(fedmigrate, script: Path) -> None:
    fedmigrate("convert", "train.py")
    done = fedmigrate("convert", "-", "--stdin-filename", "train.py", stdin=script.read_bytes())
    assert done.returncode == 0
    assert done.stdout == (script.parent / "train_fed.py").read_bytes()


@pytest.mark.parametrize("data", [b"", b"x = 1", b"import fedruntime\r\n", b"\xef\xbb\xbfx = 1\n"])
def test_standard_input_without_sites_passes_through(fedmigrate, data: bytes) -> None:
    done = fedmigrate("convert", "-", stdin=data)
    assert (done.returncode, done.stdout) == (0, data)


def test_output_to_a_file_and_to_standard_output(fedmigrate, script: Path) -> None:
    assert fedmigrate("convert", "train.py", "-o", "other.py").returncode == 0
    done = fedmigrate("convert", "train.py", "-o", "-")
    assert done.stdout == (script.parent / "other.py").read_bytes()
    assert sorted(files(script.parent)) == ["other.py", "train.py"]


def test_json(fedmigrate, left: Path) -> None:
    done = fedmigrate("convert", "left.py", "--format", "json")
    assert done.returncode == 1
    assert done.stderr == b""
    told = json.loads(done.stdout)
    (file,) = told["files"]
    assert (told["version"], told["exit_code"], file["status"]) == (1, 1, "written")
    assert (file["path"], file["output"]) == ("left.py", "left_fed.py")
    plan = Plan.from_json(file["plan"])
    assert plan.to_json() == file["plan"]
    found, trap = file["diagnostics"]
    assert (found["code"], found["severity"], found["line"]) == ("FM201", "warning", 8)
    assert (trap["code"], trap["severity"], trap["line"]) == ("FM113", "warning", 10)


def test_several_files_and_a_bad_one(fedmigrate, script: Path, left: Path) -> None:
    (script.parent / "bad.py").write_bytes(b"print 'x'\n")
    done = fedmigrate("convert", "bad.py", "missing.py", "train.py", "left.py")
    assert done.returncode == 2
    assert {"train_fed.py", "left_fed.py"} < set(files(script.parent))
    assert "bad_fed.py" not in files(script.parent)
    assert b"missing.py: FM903 cannot be read" in done.stderr


def test_a_folder_means_its_training_scripts(fedmigrate, script: Path) -> None:
    folder = script.parent
    text = script.read_bytes()
    for name in ("a/deep.py", ".hidden/x.py", "env/lib.py", "a/__pycache__/x.py", "a/plain.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text)
    (folder / "env/pyvenv.cfg").write_bytes(b"")
    (folder / "a/plain.py").write_bytes(b"x = 'a fit of sklearn'\n")
    (folder / "a/old_fed.py").write_bytes(text)
    before = set(files(folder))
    assert fedmigrate("convert", ".").returncode == 0
    assert set(files(folder)) - before == {"train_fed.py", "a/deep_fed.py"}


def test_parties_and_split(fedmigrate, script: Path) -> None:
    done = fedmigrate("convert", "train.py", "--parties", "a,b,c-1", "--split", "label_skew")
    assert done.returncode == 0
    output = (script.parent / "train_fed.py").read_text(encoding="utf-8")
    assert 'fed = init(parties=["a", "b", "c-1"], split="label_skew", label="outcome")\n' in output


def test_foreign_fits_are_told_with_verbose_only(fedmigrate, tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(
        "import sklearn\nfrom tensorflow.keras import Sequential\n\nm = Sequential()\nm.fit(1, 2)\n"
    )
    quiet, loud = fedmigrate("convert", "net.py"), fedmigrate("convert", "-v", "net.py")
    assert (quiet.returncode, loud.returncode) == (0, 0)
    assert b"left alone" not in quiet.stderr
    assert b"left alone" in loud.stderr
    assert sorted(files(tmp_path)) == ["net.py"]


class TestCheck:
    def test_missing_then_fresh_then_stale(self, fedmigrate, script: Path) -> None:
        missing = fedmigrate("convert", "--check", "train.py")
        assert missing.returncode == 1
        assert b"train_fed.py is missing" in missing.stderr
        assert b"Next: fedmigrate convert train.py" in missing.stderr
        fedmigrate("convert", "train.py")
        before = files(script.parent)
        fresh = fedmigrate("convert", "--check", "train.py")
        assert (fresh.returncode, fresh.stdout, fresh.stderr) == (0, b"", b"")
        assert files(script.parent) == before
        script.write_bytes(script.read_bytes() + b"print(model.coef_)\n")
        stale = fedmigrate("convert", "--check", "train.py")
        assert stale.returncode == 1
        assert b"train_fed.py is out of date" in stale.stderr

    def test_options_of_the_conversion_that_is_there(self, fedmigrate, script: Path) -> None:
        fedmigrate("convert", "train.py", "--parties", "a,b,c", "--split", "iid")
        assert fedmigrate("convert", "--check", "train.py").returncode == 0
        assert fedmigrate("convert", "--check", "train.py", "--split", "iid").returncode == 0
        assert fedmigrate("convert", "--check", "train.py", "--parties", "a,b").returncode == 1
        script.write_bytes(script.read_bytes() + b"print(model.coef_)\n")
        stale = fedmigrate("convert", "--check", "train.py")
        assert b"fedmigrate convert --parties a,b,c --split iid train.py" in stale.stderr

    def test_left_sites_are_not_its_question(self, fedmigrate, left: Path) -> None:
        fedmigrate("convert", "left.py")
        assert fedmigrate("convert", "--check", "left.py").returncode == 0

    def test_a_changed_conversion_is_stale_also_by_its_own_name(
        self, fedmigrate, script: Path
    ) -> None:
        fedmigrate("convert", "train.py")
        target = script.parent / "train_fed.py"
        assert fedmigrate("convert", "--check", "train_fed.py").returncode == 0
        target.write_bytes(target.read_bytes() + b"# by hand\n")
        assert fedmigrate("convert", "--check", "train_fed.py").returncode == 1

    @pytest.mark.parametrize(
        "data",
        [
            pytest.param(b"x = 1\n", id="plain code"),
            pytest.param(b"", id="empty"),
            pytest.param(b"\xff\xfe not text", id="not text and nothing of scikit-learn"),
            pytest.param(b"print 'python 2'\n", id="does not parse and nothing of scikit-learn"),
            pytest.param(b"import sklearn\n# fit\n", id="named, not used"),
        ],
    )
    def test_other_files_pass_in_silence(self, fedmigrate, tmp_path: Path, data: bytes) -> None:
        (tmp_path / "some.py").write_bytes(data)
        done = fedmigrate("convert", "--check", "some.py")
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


class TestBadInput:
    def test_empty_file(self, fedmigrate, tmp_path: Path) -> None:
        (tmp_path / "train.py").write_bytes(b"")
        done = fedmigrate("convert", "train.py")
        assert done.returncode == 0
        assert b"nothing to convert" in done.stderr
        assert sorted(files(tmp_path)) == ["train.py"]

    def test_syntax_error(self, fedmigrate, tmp_path: Path) -> None:
        (tmp_path / "train.py").write_bytes(b"import sklearn\nmodel.fit(X y)\n")
        done = fedmigrate("convert", "train.py")
        assert done.returncode == 2
        said = done.stderr.decode()
        assert said.startswith("train.py:2:11: FM901 cannot be parsed")
        assert "\n    model.fit(X y)\n              ^\n" in said
        assert "next: Mend the line" in said
        assert sorted(files(tmp_path)) == ["train.py"]

    def test_not_utf8(self, fedmigrate, tmp_path: Path) -> None:
        (tmp_path / "train.py").write_bytes(b"import sklearn\nname = 'Z\xfcrich'.fit\n")
        done = fedmigrate("convert", "train.py")
        assert done.returncode == 2
        assert done.stderr.startswith(b"train.py:2: FM902 is not utf-8 text")
        assert sorted(files(tmp_path)) == ["train.py"]

    @pytest.mark.parametrize(
        "prepare",
        [
            pytest.param(
                lambda text: b"# coding: latin-1\n# Z\xfcrich\n" + text, id="latin-1 with cookie"
            ),
            pytest.param(lambda text: b"\xef\xbb\xbf" + text, id="byte order mark"),
            pytest.param(lambda text: text.replace(b"\n", b"\r\n"), id="CRLF"),
            pytest.param(lambda text: text.replace(b"\n", b"\r"), id="CR"),
            pytest.param(lambda text: text.rstrip(b"\n"), id="no final newline"),
            pytest.param(lambda text: text + b"\n\n  \n\t\n", id="blank lines at the end"),
            pytest.param(lambda text: b"\x0c\n" + text, id="form feed"),
        ],
    )
    def test_unusual_but_fine(self, fedmigrate, script: Path, prepare) -> None:
        script.write_bytes(prepare(script.read_bytes()))
        before = script.read_bytes()
        assert fedmigrate("convert", "train.py").returncode == 0
        assert script.read_bytes() == before
        output = (script.parent / "train_fed.py").read_bytes()
        unchanged = [line for line in before.splitlines() if b"fit(" in line or b"drop(" in line]
        assert len(unchanged) == 2
        assert set(unchanged) <= set(output.splitlines())
        assert (b"\r\n" in output) == (b"\r\n" in before)
        assert (b"\n" in output) == (b"\n" in before)
        assert output.endswith(before[-10:])
        assert fedmigrate("convert", "--check", "train.py").returncode == 0

    def test_missing_file(self, fedmigrate) -> None:
        done = fedmigrate("convert", "tarin.py")
        assert done.returncode == 2
        assert done.stderr.startswith(b"tarin.py: FM903 cannot be read: No such file")

    def test_folder_without_scripts(self, fedmigrate, tmp_path: Path) -> None:
        (tmp_path / "docs").mkdir()
        (tmp_path / "docs/conf.py").write_bytes(b"x = 1\n")
        done = fedmigrate("convert", "docs")
        assert done.returncode == 2
        assert done.stderr.startswith(b"docs: FM905 holds no script")

    def test_target_that_cannot_be_written(self, fedmigrate, script: Path) -> None:
        (script.parent / "train_fed.py").mkdir()
        done = fedmigrate("convert", "train.py")
        assert done.returncode == 2
        assert done.stderr.startswith(b"train_fed.py: FM904 cannot be written")
        assert fedmigrate("convert", "train.py", "-o", "no/such/folder.py").returncode == 2
        assert sorted(files(script.parent)) == ["train.py"]

    def test_a_file_of_somebody_else_is_not_overwritten(self, fedmigrate, script: Path) -> None:
        (script.parent / "train_fed.py").write_bytes(b"import fedruntime  # mine\n")
        before = files(script.parent)
        done = fedmigrate("convert", "train.py")
        assert done.returncode == 2
        assert b"train_fed.py: was not written by fedmigrate" in done.stderr
        assert files(script.parent) == before

    def test_the_input_is_not_overwritten(self, fedmigrate, script: Path) -> None:
        os.link(script, script.parent / "same.py")
        before = files(script.parent)
        for name in ("train.py", "./train.py", "same.py"):
            done = fedmigrate("convert", "train.py", "-o", name)
            assert done.returncode == 2
            assert b"inputs are never overwritten" in done.stderr
        assert files(script.parent) == before

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["--parties", "alice,,bob", "train.py"], "name 2 is empty"),
            (["--parties", "", "train.py"], "name 1 is empty"),
            (["--parties", "alice,alice", "train.py"], "'alice' is there twice"),
            (["--parties", "alice,b ob", "train.py"], "'b ob' is not a party name"),
            (["--parties", 'a"],x=["', "train.py"], "is not a party name"),
            (["train.py", "train.py", "-o", "x.py"], "-o names one file"),
            ([".", "-o", "x.py"], "-o names one file"),
            (["-", "train.py"], "cannot be combined"),
            (["-", "--check"], "does not read standard input"),
            (["--diff", "--check", "train.py"], "exclude each other"),
            (["--diff", "--format", "json", "train.py"], "would share standard output"),
            (["-", "--format", "json"], "would share standard output"),
            (["--split", "random", "train.py"], "Invalid value for '--split'"),
            ([], "Missing argument"),
        ],
    )
    def test_wrong_usage(
        self, fedmigrate, script: Path, arguments: list[str], message: str
    ) -> None:
        before = files(script.parent)
        done = fedmigrate("convert", *arguments)
        assert done.returncode == 2
        assert message in done.stderr.decode()
        assert done.stdout == b""
        assert files(script.parent) == before


class TestImports:
    """What a run must not pay for."""

    HEAVY = ("numpy", "sklearn", "jinja2", "rich", "pandas", "fedruntime")

    def loaded(self, fedmigrate, *arguments: str) -> set[str]:
        done = fedmigrate(*arguments, PYTHONPROFILEIMPORTTIME="1")
        assert done.returncode == 0
        return {
            line.rpartition("|")[2].strip()
            for line in done.stderr.decode().splitlines()
            if line.startswith("import time:")
        }

    @pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["convert", "--help"]])
    def test_help(self, fedmigrate, arguments: list[str]) -> None:
        loaded = self.loaded(fedmigrate, *arguments)
        assert not loaded & set(self.HEAVY)
        ours = {name for name in loaded if name.startswith("fedmigrate.")}
        assert ours == {"fedmigrate.cli", "fedmigrate.errors"}

    @pytest.mark.parametrize("mode", [[], ["--check"]])
    def test_run_without_a_hit(self, fedmigrate, tmp_path: Path, mode: list[str]) -> None:
        (tmp_path / "plain.py").write_bytes(b"import sklearn\nx = 'fit'\n")
        assert not self.loaded(fedmigrate, "convert", *mode, "plain.py") & set(self.HEAVY)

    def test_conversion(self, fedmigrate, script: Path) -> None:
        loaded = self.loaded(fedmigrate, "convert", "train.py")
        assert "jinja2" in loaded
        assert not loaded & {"numpy", "sklearn", "pandas", "rich", "fedruntime"}
