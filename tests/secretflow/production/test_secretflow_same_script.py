"""Models and ledgers of the local engine, from three parties on SecretFlow."""

from __future__ import annotations

import pytest
from party_folders import link, printed, run_scripts
from same_script import SCRIPT, SameScriptSuite, Trained, trained_in
from subjects import write_folders


@pytest.fixture(scope="class")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """What every party's run has left, which is the same everywhere."""
    folders = write_folders(tmp_path_factory.mktemp("parties"), SCRIPT)
    link(folders)
    ended = run_scripts(folders)
    assert {one.code for one in ended.values()} == {0}, ended
    assert len({printed(one.output) for one in ended.values()}) == 1
    assert len({(folder / "models.joblib").read_bytes() for folder in folders.values()}) == 1
    return trained_in(folders["alice"], printed(ended["alice"].output), folders)


class TestSameScriptOnSecretFlow(SameScriptSuite):
    pass
