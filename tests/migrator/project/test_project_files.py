"""Which files belong together: what scripts import, and who imports the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from fedmigrate.project import Project, Projects

TRAINS = "from sklearn.linear_model import Ridge\nmodel = Ridge().fit(X, y)\n"


def project_of(folder: Path, script: str, files: dict[str, str]) -> Project | None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Projects().of(folder / script)


def names(folder: Path, project: Project | None) -> list[str]:
    assert project is not None
    return [path.relative_to(folder).as_posix() for path in project.sources]


@pytest.mark.parametrize(
    "statement",
    [
        "import models",
        "import models as m",
        "import os, models",
        "from models import build",
        "from models import (  # ours\n    build,\n)",
        "from models import *",
        "from .models import build",
        "from . import models",
        "def late():\n    import models",
        "try:\n    import models\nexcept ImportError:\n    models = None",
    ],
)
def test_an_import_leads_to_the_module_beside_the_script(tmp_path: Path, statement: str) -> None:
    files = {"train.py": statement, "models.py": TRAINS, "other.py": "print(1)\n"}
    assert names(tmp_path, project_of(tmp_path, "train.py", files)) == ["models.py", "train.py"]


def test_modules_in_packages_are_found_by_their_dotted_name(tmp_path: Path) -> None:
    files = {
        "train.py": "from src.models import build\nfrom src import data\n",
        "src/models.py": TRAINS,
        "src/data.py": "import pandas\n",
    }
    project = project_of(tmp_path, "train.py", files)
    assert names(tmp_path, project) == ["src/data.py", "src/models.py", "train.py"]


def test_a_script_in_a_folder_finds_modules_of_the_root(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": "",
        "scripts/train.py": "from src.models import build\n",
        "src/models.py": TRAINS,
    }
    project = project_of(tmp_path, "scripts/train.py", files)
    assert names(tmp_path, project) == ["scripts/train.py", "src/models.py"]


def test_folders_above_are_not_searched_without_a_root(tmp_path: Path) -> None:
    files = {"a/b/c/d/e/train.py": "import models\n" + TRAINS, "models.py": TRAINS}
    assert project_of(tmp_path, "a/b/c/d/e/train.py", files) is None


def test_scripts_that_share_a_module_belong_together_from_wherever_one_looks(
    tmp_path: Path,
) -> None:
    files = {"one.py": "import models\n", "two.py": "import models\n", "models.py": TRAINS}
    expected = ["models.py", "one.py", "two.py"]
    project = project_of(tmp_path, "one.py", files)
    assert names(tmp_path, project) == expected
    assert project is not None
    assert [path.name for path in project.entries] == ["one.py", "two.py"]
    for other in ("two.py", "models.py"):
        assert names(tmp_path, Projects().of(tmp_path / other)) == expected


def test_modules_that_import_each_other_end(tmp_path: Path) -> None:
    files = {"a.py": "import b\n" + TRAINS, "b.py": "import a\n"}
    project = project_of(tmp_path, "a.py", files)
    assert names(tmp_path, project) == ["a.py", "b.py"]
    assert project is not None
    assert project.behind(tmp_path / "a.py") == [tmp_path / "b.py"]


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"train.py": TRAINS}, "alone"),
        ({"train.py": "import models\n", "models.py": "x = 1\n"}, "nothing is trained"),
        ({"train.py": TRAINS + "import numpy\n"}, "installed libraries are not looked into"),
        ({"train.py": TRAINS + "import models\n", "models.py": "def (:\n"}, "cannot be parsed"),
        (
            {
                "train.py": TRAINS + "import models_fed\n",
                "models_fed.py": "# Converted from models.py by fedmigrate 0.1.0. "
                "Change models.py and convert again.\n",
            },
            "a conversion is no source",
        ),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_a_script_stands_alone(tmp_path: Path, files: dict[str, str], why: str) -> None:
    assert project_of(tmp_path, "train.py", files) is None, why


def test_a_script_that_leads_to_too_many_files_is_not_followed(tmp_path: Path) -> None:
    count = 230
    files = {f"m{number}.py": f"import m{number + 1}\n" for number in range(count)}
    assert project_of(tmp_path, "m0.py", {**files, f"m{count}.py": TRAINS}) is None
