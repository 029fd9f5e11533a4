"""``fedmigrate run``, as it is typed in: what it passes on, keeps, and how it ends."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from fedmigrate.cli import main
from fedmigrate.run.launch.launching import Launch

SCRIPT = """\
import os, sys
import joblib
from fedruntime import FLModel, init
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

fed = init(parties=["alice", "bob", "carol"])
data = fed.load(load_iris)
X, y = data.data, data.target
first = FLModel(model=LogisticRegression(C=0.5)).fit(X, y)
print("first fit")
if os.path.exists("trouble"):
    exec(open("trouble").read())
second = FLModel(model=LogisticRegression()).fit(X, y)
joblib.dump([first.to_sklearn(), second.to_sklearn()], "models.joblib")
print("second fit", *sys.argv[1:])
"""


@pytest.fixture(name="script")
def _script(tmp_path: Path) -> Path:
    path = tmp_path / "train_fed.py"
    path.write_text(SCRIPT, encoding="utf-8")
    return path


def environment(script: Path, **variables: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **variables}


def run(script: Path, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "fedmigrate", "run", script.name, *options],
        cwd=script.parent,
        env=environment(script, **variables),
        capture_output=True,
        text=True,
        check=False,
    )


def trouble(script: Path, code: str) -> None:
    (script.parent / "trouble").write_text(code, encoding="utf-8")


def status_of(script: Path) -> dict[str, Any]:
    path = script.parent / ".fedmigrate" / "train_fed.run" / "status.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def test_a_run_passes_the_script_s_own_output_on_and_keeps_how_it_went(script: Path) -> None:
    done = run(script, "--metrics", "run.prom", "--", "--epochs", "5")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "first fit\nsecond fit --epochs 5\n"
    assert "3 simulated parties on engine 'local': alice, bob, carol" in done.stderr
    assert "LogisticRegression.fit: " in done.stderr
    assert "fedmigrate: finished: " in done.stderr
    assert "\x1b" not in done.stderr
    status = status_of(script)
    assert (status["state"], status["exit_code"], status["error"]) == ("finished", 0, None)
    assert status["parties"].keys() == {"alice", "bob", "carol"}
    assert status["rounds"] == status["parties"]["bob"]["rounds"] > 10
    assert status["bytes"]["from_parties"] > 0
    metrics = (script.parent / "run.prom").read_text(encoding="utf-8")
    assert 'fedmigrate_run_state{state="finished"} 1\n' in metrics
    assert f"fedmigrate_rounds_total {status['rounds']}\n" in metrics
    assert script.read_text(encoding="utf-8") == SCRIPT
    assert {path.name for path in script.parent.iterdir()} == {
        ".fedmigrate",
        "models.joblib",
        "run.prom",
        "train_fed.py",
    }


def test_for_machines_standard_output_has_json_alone(script: Path) -> None:
    done = run(script, "--json")
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [told[0]["event"], told[-2]["event"], told[-1]["event"]] == ["start", "end", "status"]
    assert told[-1]["state"] == "finished"
    assert sum(entry["event"] == "round" for entry in told) == told[-1]["rounds"]
    assert "second fit" in done.stderr


def test_a_script_that_fails_is_a_failed_run_that_can_be_resumed(script: Path) -> None:
    assert run(script).returncode == 0
    models = (script.parent / "models.joblib").read_bytes()
    (script.parent / "models.joblib").unlink()

    trouble(script, "raise RuntimeError('the power went')")
    failed = run(script)
    assert failed.returncode == 1
    assert "RuntimeError: the power went" in failed.stderr
    assert "go on from where it stopped: fedmigrate run train_fed.py --resume" in failed.stderr
    status = status_of(script)
    assert status["state"] == "failed"
    assert status["error"] == {"type": "RuntimeError", "text": "the power went"}

    script.write_text(SCRIPT.replace("C=0.5", "C=0.4"), encoding="utf-8")
    refused = run(script, "--resume")
    assert refused.returncode == 2
    assert "has changed since the run that was interrupted" in refused.stderr

    script.write_text(SCRIPT, encoding="utf-8")
    (script.parent / "trouble").unlink()
    resumed = run(script, "--resume")
    assert resumed.returncode == 0, resumed.stderr
    assert "goes on from a checkpoint with" in resumed.stderr
    assert (script.parent / "models.joblib").read_bytes() == models
    assert status_of(script)["resumed"]


def test_a_script_that_is_killed_can_be_resumed_until_it_has_finished(script: Path) -> None:
    trouble(script, "os.kill(os.getpid(), 9)")
    failed = run(script)
    assert failed.returncode == 1
    assert "ended by signal 9 (SIGKILL)" in failed.stderr
    (script.parent / "trouble").unlink()
    assert run(script, "--resume").returncode == 0
    again = run(script, "--resume")
    assert again.returncode == 2
    assert "nothing to resume: its last run has finished" in again.stderr


def test_a_script_s_own_exit_code_two_is_not_our_wrong_usage(script: Path) -> None:
    trouble(script, "sys.exit(2)")
    failed = run(script)
    assert failed.returncode == 1
    assert "exit code 2" in failed.stderr
    assert "--resume" not in failed.stderr  # it has ended by itself
    assert (status_of(script)["state"], status_of(script)["exit_code"]) == ("failed", 1)


def test_other_settings_are_not_resumed_and_a_new_run_sets_the_checkpoint_aside(
    script: Path,
) -> None:
    trouble(script, "os._exit(1)")
    run(script)
    checkpoint = script.parent / ".fedmigrate" / "train_fed.run" / "checkpoint"
    kept = checkpoint.read_bytes()
    settings = script.parent / "federation.toml"
    settings.write_text('split = "iid"\n', encoding="utf-8")
    refused = run(script, "--resume")
    assert refused.returncode == 1
    assert "there is nothing to go on with" in refused.stderr
    assert checkpoint.read_bytes() == kept
    settings.unlink()
    (script.parent / "trouble").rename(script.parent / "no trouble")
    resumed = run(script, "--resume", "--engine", "local")
    assert resumed.returncode == 0, resumed.stderr
    assert "goes on from a checkpoint with" in resumed.stderr

    (script.parent / "no trouble").rename(script.parent / "trouble")
    run(script)
    kept = checkpoint.read_bytes()
    anew = run(script)
    assert "the checkpoint of an interrupted run is in" in anew.stderr
    assert "goes on from" not in anew.stderr
    assert checkpoint.with_name("checkpoint.aside").read_bytes() == kept


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda one: one.name)
def test_an_interrupt_ends_the_script_and_says_how_to_go_on(
    script: Path, number: signal.Signals
) -> None:
    trouble(
        script,
        "import time\n"
        "open('waiting', 'w').write(str(os.getpid()))\n"
        "try:\n    time.sleep(60)\nfinally:\n    open('cleaned', 'w').close()",
    )
    begun = subprocess.Popen(
        [sys.executable, "-m", "fedmigrate", "run", script.name],
        cwd=script.parent,
        env=environment(script),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    _until((script.parent / "waiting").is_file)
    begun.send_signal(number)
    _, said = begun.communicate(timeout=600)
    assert begun.returncode == 1
    assert (script.parent / "cleaned").is_file()
    assert "interrupted after" in said
    assert "fedmigrate run train_fed.py --resume" in said
    assert status_of(script)["state"] == "interrupted"


def test_two_runs_do_not_share_a_folder(script: Path) -> None:
    trouble(script, "import time\nopen('waiting', 'w').close()\ntime.sleep(60)")
    begun = subprocess.Popen(
        [sys.executable, "-m", "fedmigrate", "run", script.name],
        cwd=script.parent,
        env=environment(script),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _until((script.parent / "waiting").is_file)
        refused = run(script)
        assert refused.returncode == 2
        assert "another run of this script is under way" in refused.stderr
        (script.parent / "trouble").unlink()
        assert run(script, "--run-dir", "elsewhere").returncode == 0
        assert (script.parent / "elsewhere" / "status.json").is_file()
    finally:
        begun.send_signal(signal.SIGINT)
        begun.wait(30)


def test_a_checkpoint_that_the_settings_name_is_the_one_that_is_resumed(script: Path) -> None:
    settings = script.parent / "federation.toml"
    settings.write_text('checkpoint = "own.checkpoint"\n', encoding="utf-8")
    trouble(script, "os._exit(1)")
    run(script)
    assert (script.parent / "own.checkpoint").is_file()
    assert status_of(script)["checkpoint"] == str(script.parent.resolve() / "own.checkpoint")
    (script.parent / "trouble").unlink()
    assert "goes on from a checkpoint" in run(script, "--resume").stderr


def test_the_engine_of_the_command_line_wins(script: Path) -> None:
    (script.parent / "federation.toml").write_text('engine = "processes"\n', encoding="utf-8")
    failed = run(script)
    assert failed.returncode == 1
    assert status_of(script)["error"]["type"] == "SettingsError"
    assert "needs a folder of each party" in status_of(script)["error"]["text"]
    assert run(script, "--engine", "local").returncode == 0
    assert status_of(script)["engine"] == "local"


@pytest.mark.parametrize(
    ("files", "arguments", "told"),
    [
        ({}, ["nowhere.py"], "nowhere.py: FM903 cannot be read"),
        ({"a.py": "print(1)\n"}, ["a.py"], "fedmigrate convert a.py` writes a_fed.py"),
        ({"a.ipynb": "{}"}, ["a.ipynb"], "is a notebook"),
        ({"a_fed.py": SCRIPT}, ["a_fed.py", "--resume"], "there is no run to resume"),
        ({"a_fed.py": SCRIPT}, ["a_fed.py", "--engine", "pigeon"], "'pigeon' is not one of"),
    ],
    ids=["missing", "not federated", "notebook", "never run", "unknown engine"],
)
def test_wrong_usage_is_two_and_writes_no_status(
    tmp_path: Path, files: Mapping[str, str], arguments: list[str], told: str
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    refused = run(tmp_path / arguments[0], *arguments[1:])
    assert refused.returncode == 2
    assert told in refused.stderr
    assert refused.stdout == ""
    assert not list(tmp_path.rglob("status.json"))


def test_at_a_terminal_the_table_is_drawn_there_and_output_is_untouched(script: Path) -> None:
    parent, child = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "fedmigrate", "run", script.name],
        cwd=script.parent,
        env=environment(script, COLUMNS="80", TERM="xterm"),
        stdout=subprocess.PIPE,
        stderr=child,
    ) as begun:
        os.close(child)
        seen = _read_all(parent)
        assert begun.stdout is not None
        assert begun.stdout.read() == b"first fit\nsecond fit\n"
    assert begun.returncode == 0
    text = seen.decode()
    assert "finished: " in text
    assert "seconds an answer" in text


def _read_all(descriptor: int) -> bytes:
    seen = b""
    try:
        while chunk := os.read(descriptor, 4096):
            seen += chunk
    except OSError:  # the other end is closed
        pass
    os.close(descriptor)
    return seen


def _until(reached: Any) -> None:
    end = time.monotonic() + 30
    while not reached():
        assert time.monotonic() < end, "it did not begin"
        time.sleep(0.02)


class TestAnEngineWhoseExitCodeSaysNothing:
    """Such as Flower's, whose own command ends with 0 whatever became of the run."""

    def ended(self, script: Path, monkeypatch: pytest.MonkeyPatch, told: str | None) -> int:
        event = {"event": "end", "time": 1.0, "state": told, "error": None}

        def start(launch: Launch) -> subprocess.Popen[bytes]:
            if told is not None:
                launch.events.write_text(json.dumps(event) + "\n", encoding="utf-8")
            return subprocess.Popen(
                [sys.executable, "-c", ""],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )

        launcher = SimpleNamespace(start=start, TRUSTS_EXIT_CODE=False)
        monkeypatch.setattr("fedmigrate.run.command.launcher_of", lambda engine: launcher)
        return CliRunner().invoke(main, ["run", str(script)]).exit_code

    @pytest.mark.parametrize(("told", "code"), [("finished", 0), ("failed", 1), (None, 1)])
    def test_its_end_has_to_be_told(
        self, script: Path, monkeypatch: pytest.MonkeyPatch, told: str | None, code: int
    ) -> None:
        assert self.ended(script, monkeypatch, told) == code
        assert status_of(script)["state"] == ("finished" if code == 0 else "failed")
