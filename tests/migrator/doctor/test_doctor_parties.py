"""``fedmigrate doctor`` on folders of parties: each thing that is wrong is found, where it is."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from examined_parties import PARTIES, Parties, examined, found_by, problems

from fedmigrate.cli import main
from fedmigrate.doctor.asking import Table, ask_party
from fedmigrate.doctor.loads import LoadSite
from fedruntime.crypto.identity import Identity
from fedruntime.hosting.party_settings import read_party_settings


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


class TestAllIsWell:
    def test_nothing_is_found_and_only_logs_and_ledgers_are_written(self, parties: Parties) -> None:
        before = contents(parties.root)
        code, found = examined(parties.coordinator / "train_fed.py")
        assert problems(found) == []
        assert code == 0
        schema = [entry["what"] for entry in found if entry["check"] == "schema"]
        assert schema[0] == "frame of 20 rows: age int64, weight float64"
        assert schema[-1] == "fed.load(read, TABLE) gives the same columns at alice, bob, carol"
        after = contents(parties.root)
        new = {Path(name).name for name in after.keys() - before.keys()}
        assert new == {"party.log", *(f"{party}.ledger.jsonl" for party in PARTIES)}
        assert {name: after[name] for name in before} == before
        told = (parties.folder("bob") / "bob.ledger.jsonl").read_text(encoding="utf-8")
        assert '"purpose":"fedmigrate doctor"' in told

    def test_it_is_plain_text_for_people(self, parties: Parties) -> None:
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run(
            [sys.executable, "-m", "fedmigrate", "doctor", "coordinator"],
            cwd=parties.root,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        assert done.stderr == ""
        assert "\x1b" not in done.stdout
        assert done.stdout.endswith("nothing was found that stands in the way of a run\n")
        assert str(parties.root) not in done.stdout


class TestTables:
    def test_every_difference_is_told_with_party_and_column_and_no_cell(
        self, parties: Parties
    ) -> None:
        parties.table("alice").write_text("age;mass\n" + "Mr Miller;1.5\n" * 20, encoding="utf-8")
        parties.table("bob").write_text("age;weight\n30;60.5\n", encoding="utf-8")
        parties.table("carol").unlink()
        code, found = examined(parties.coordinator)
        assert code == 1
        told = problems(found)
        assert told[0].startswith(
            "line 14, carol: fed.load(read, TABLE) failed there: FileNotFoundError: "
        )
        assert told[1] == (
            "line 14, bob: has 1 rows, and its own policy lets no statistic of fewer than 10 out"
        )
        assert told[2:4] == [
            "line 14, bob: column 'mass' is missing; others have it",
            "line 14, bob: column 'weight' is there; others do not have it",
        ]
        assert told[4].startswith("line 14, column 'age': not the same dtype: ")
        assert len(told) == 5
        assert "Miller" not in str(found)

    def test_a_party_that_refuses_is_named_and_one_alone_sees_its_own(
        self, parties: Parties
    ) -> None:
        _, found = examined(parties.folder("bob"))
        told = [entry for entry in found if entry["check"] == "schema"]
        assert [(one["where"], one["severity"]) for one in told] == [("line 14, bob", "fine")]
        with (parties.folder("bob") / "train_fed.py").open("a") as file:
            file.write("print(df)\n")
        (refused,) = found_by("schema", parties.folder("bob"))
        assert refused.startswith("bob: takes no part: ")

    def test_every_kind_of_rows_is_described(self, parties: Parties) -> None:
        sites = [
            LoadSite(1, "iris", "sklearn.datasets.load_iris"),
            LoadSite(2, "array", "numpy.ones", ((7, 2),)),
            LoadSite(3, "series", "pandas.Series", ([1.5, 2.5],), {"name": "age"}),
            LoadSite(4, "sparse", "scipy.sparse.eye", (4,), {"format": "csr"}),
            LoadSite(5, "number", "numpy.sum", (3,)),
        ]
        answer = ask_party(read_party_settings(parties.folder("bob")), sites)
        assert answer.refusal == ""
        array = ("float64",)
        assert answer.tables[1] == (
            Table("data", "array", 150, 4, {}, array),
            Table("target", "array", 150, 1, {}, ("int64",)),
        )
        assert answer.tables[2] == (Table("", "array", 7, 2, {}, array),)
        assert answer.tables[3] == (Table("", "series", 2, 1, {"age": "float64"}, array),)
        assert answer.tables[4] == (Table("", "sparse", 4, 4, {}, array),)
        assert answer.failures.keys() == {5}


class TestScript:
    def test_another_script_than_the_reviewed_one(self, parties: Parties) -> None:
        with (parties.folder("carol") / "train_fed.py").open("a") as file:
            file.write("print(df)\n")
        digest, *same = found_by("script", parties.coordinator)
        assert "is not what 'carol' has reviewed: its SHA-256 is" in digest
        assert same == ["train_fed.py: is not the same at the coordinator and at carol"]

    def test_another_module_which_no_digest_covers(self, parties: Parties) -> None:
        module = parties.folder("bob") / "reading.py"
        module.write_text('SEPARATOR = ";"  # as agreed\n', encoding="utf-8")
        assert found_by("script", parties.coordinator) == [
            "reading.py: is not the same at the coordinator and at bob"
        ]


class TestIdentities:
    def test_the_key_of_somebody_else(self, parties: Parties) -> None:
        shutil.copy(parties.folder("alice") / "alice.key", parties.folder("bob") / "bob.key")
        (told,) = found_by("identities", parties.coordinator)
        assert "is not the key that [identities] of party.toml has for 'bob'" in told

    def test_a_key_that_others_may_read(self, parties: Parties) -> None:
        (parties.folder("bob") / "bob.key").chmod(0o644)
        (told,) = found_by("identities", parties.coordinator)
        assert "may be read or changed by others (mode 0644)" in told

    def test_a_key_that_is_not_there(self, parties: Parties) -> None:
        (parties.folder("bob") / "bob.key").unlink()
        (told,) = found_by("identities", parties.coordinator)
        assert told.endswith("bob.key: the private key of 'bob' is not there")

    def test_parties_that_do_not_know_the_same_one(self, parties: Parties) -> None:
        other = base64.b64encode(Identity.generate().public).decode()
        parties.replace("alice", "party.toml", identity_of(parties, "bob"), f'bob = "{other}"')
        assert found_by("identities", parties.coordinator) == [
            "all parties: alice, bob, carol do not have the same identity of 'bob'"
        ]

    def test_a_party_that_does_not_know_another(self, parties: Parties) -> None:
        parties.replace("alice", "party.toml", identity_of(parties, "bob"), "")
        (told,) = found_by("identities", parties.coordinator)
        assert told.endswith("'alice' does not know the identity of bob")


def identity_of(parties: Parties, party: str) -> str:
    """The line that says it."""
    text = (parties.folder("alice") / "party.toml").read_text(encoding="utf-8")
    (line,) = (one for one in text.splitlines() if one.startswith(f"{party} = "))
    return line


class TestSettings:
    def test_a_policy_with_a_typo(self, parties: Parties) -> None:
        (parties.folder("bob") / "policy.toml").write_text("min_row = 3\n", encoding="utf-8")
        (told,) = found_by("policies", parties.coordinator)
        assert "min_row" in told
        assert "policy.toml" in told

    def test_party_settings_with_a_typo(self, parties: Parties) -> None:
        parties.replace("bob", "party.toml", "script_sha256 =", "script_sha265 =")
        (told,) = found_by("settings", parties.coordinator)
        assert told.endswith(
            "bob/party.toml: unknown option 'script_sha265'; did you mean 'script_sha256'?"
        )

    def test_the_folder_of_another_party(self, parties: Parties) -> None:
        replace(parties.coordinator / "federation.toml", "../out/carol", "../out/bob")
        (told,) = found_by("settings", parties.coordinator)
        assert told.endswith("is of 'bob', and [folders] has it for 'carol'")

    def test_a_folder_that_nobody_has_named(self, parties: Parties) -> None:
        replace(parties.coordinator / "federation.toml", 'carol = "../out/carol"\n', "")
        assert found_by("settings", parties.coordinator) == [
            "federation: there is no folder of carol"
        ]

    def test_a_federation_with_a_typo(self, parties: Parties) -> None:
        replace(parties.coordinator / "federation.toml", "[folders]", "[folder]")
        (told,) = found_by("settings", parties.coordinator)
        assert "unknown option 'folder'; did you mean 'folders'?" in told

    def test_a_party_that_is_not_in_the_federation(self, parties: Parties) -> None:
        replace(parties.folder("bob") / "federation.toml", '"alice", "bob", ', '"alice", ')
        for party in ("alice", "carol"):
            shutil.rmtree(parties.folder(party))
        told = found_by("settings", parties.folder("bob"))
        assert told[-1].endswith("'bob' is not one of the federation's parties")


class TestClocks:
    def test_files_from_the_future_are_a_clock_that_is_wrong(self, parties: Parties) -> None:
        path = parties.folder("bob") / "party.toml"
        later = path.stat().st_mtime + 86_400
        os.utime(path, (later, later))
        (told,) = found_by("clocks", parties.coordinator)
        assert "minutes in the future, by this machine's clock" in told


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


class TestWhatThereIsToExamine:
    def test_a_simulation_needs_no_folders(self, tmp_path: Path) -> None:
        script = tmp_path / "train_fed.py"
        script.write_text("from fedruntime import init\nfed = init()\n", encoding="utf-8")
        code, found = examined(script)
        assert code == 0
        assert {entry["check"] for entry in found} == {"clocks", "schema", "settings", "versions"}

    @pytest.mark.parametrize(
        ("files", "subject", "told"),
        [
            ({}, ".", "holds no party.toml, no folders with one"),
            ({"a.py": "print(1)\n"}, "a.py", "is not federated"),
            ({}, "nowhere.py", "cannot be read"),
        ],
    )
    def test_anything_else_is_wrong_usage(
        self, tmp_path: Path, files: dict[str, str], subject: str, told: str
    ) -> None:
        for name, text in files.items():
            (tmp_path / name).write_text(text, encoding="utf-8")
        result = CliRunner().invoke(main, ["doctor", str(tmp_path / subject)])
        assert result.exit_code == 2
        assert told in result.stderr
        assert result.stdout == ""
