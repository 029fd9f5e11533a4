"""A party that is served: whom it answers, and what it says to others."""

from __future__ import annotations

import base64
import io
import json
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fedruntime.crypto.identity import Identity
from fedruntime.engines.processes import ProcessEngine
from fedruntime.errors import SettingsError
from fedruntime.hosting.frames import dumps, loads, read_frame, write_frame
from fedruntime.hosting.greeting import greeting
from fedruntime.hosting.party_settings import read_party_settings
from fedruntime.hosting.served import serve
from fedruntime.messages import Named, Ref, Release, Request, pack_request, unpack_reply

SCRIPT = "print('reviewed')\n"
DIGEST = sha256(SCRIPT.encode()).hexdigest()


@pytest.fixture
def alice(tmp_path: Path) -> Path:
    """The folder of a party."""
    identity = Identity.generate()
    identity.save(tmp_path / "own.key")
    public = base64.b64encode(identity.public).decode()
    (tmp_path / "train_fed.py").write_text(SCRIPT, encoding="utf-8")
    (tmp_path / "policy.toml").write_text("min_rows = 5\n", encoding="utf-8")
    table = pd.DataFrame({"a": np.arange(30.0), "b": np.arange(30) % 2})
    table.to_csv(tmp_path / "table.csv", index=False)
    (tmp_path / "party.toml").write_text(
        f'name = "alice"\nscript = "train_fed.py"\nidentity = "own.key"\n'
        f'script_sha256 = "{DIGEST}"\npolicy = "policy.toml"\nledger = "own.jsonl"\n'
        f'[identities]\nalice = "{public}"\n',
        encoding="utf-8",
    )
    return tmp_path


def test_a_script_that_nobody_has_reviewed_reaches_no_row(alice: Path) -> None:
    with pytest.raises(
        SettingsError, match="party 'alice' takes no part: the script that asks is not the one"
    ):
        ProcessEngine({"alice": alice}, sha256(b"another").hexdigest())
    assert not (alice / "own.jsonl").exists()


# -- one process ------------------------------------------------------------------------------


def said_to(folder: Path, *frames: bytes) -> list[bytes]:
    """What a party answers, served in this process."""
    asked, told = io.BytesIO(), io.BytesIO()
    for frame in frames:
        write_frame(asked, frame)
    asked.seek(0)
    serve(read_party_settings(folder), asked, told)
    told.seek(0)
    found = []
    while (frame := read_frame(told)) is not None:
        found.append(frame)
    return found


def request(**fields: object) -> bytes:
    given = {"operation": "device.run", "arguments": {}, "release": Release.KEEP, **fields}
    return dumps(pack_request(Request(**given)))  # type: ignore[arg-type]


def test_requests_are_answered_in_order(alice: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(alice)
    load = {"function": Named("pandas.read_csv"), "args": ["table.csv"], "kwargs": {}}
    shape = {"function": Named("numpy.shape"), "args": [Ref("r0")], "kwargs": {}}
    welcome, *answers = said_to(
        alice, greeting(DIGEST), request(arguments=load, keep_as="r0"), request(arguments=shape)
    )
    assert welcome == b""
    first, second = (unpack_reply(loads(answer)) for answer in answers)
    assert first.facts["rows"] == 30
    assert second.error is None


@pytest.mark.parametrize("digest", ["", "0" * 64])
def test_another_script_gets_no_answer(alice: Path, digest: str) -> None:
    (refusal,) = said_to(alice, greeting(digest), request())
    assert b"is not the one that 'alice' has reviewed" in refusal


@pytest.mark.parametrize("library", ["fedmigrate", "scikit-learn", "numpy"])
def test_other_libraries_get_no_answer(alice: Path, library: str) -> None:
    told = json.loads(greeting(DIGEST))
    told["versions"][library] = "0.0.1"
    (refusal,) = said_to(alice, json.dumps(told).encode(), request())
    assert f"different libraries: {library} 0.0.1 there and ".encode() in refusal


def test_what_is_no_greeting_gets_no_answer(alice: Path) -> None:
    (refusal,) = said_to(alice, request(), request())
    assert b"is no greeting" in refusal


def test_what_cannot_be_hosted_says_why(alice: Path) -> None:
    (alice / "policy.toml").write_text("min_row = 3\n", encoding="utf-8")
    (refusal,) = said_to(alice, greeting(DIGEST), request())
    assert b"min_rows" in refusal
