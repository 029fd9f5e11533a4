"""Scripts whose training spans modules: every file is converted for what all of them do with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fedmigrate.convert import Conversion, convert_project
from fedmigrate.plan import Options, SiteKind, Verdict
from fedmigrate.project import Projects

LOADS = """\
import pandas as pd

df = pd.read_csv("patients.csv")
X, y = df[["age"]], df["outcome"]
"""


def converted(folder: Path, files: dict[str, str]) -> dict[str, Conversion]:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    project = Projects().of(folder / "train.py")
    assert project is not None
    found = convert_project(project, Options())
    return {path.relative_to(folder).as_posix(): one for path, one in found.items()}


def subjects(conversion: Conversion, kind: SiteKind) -> list[str]:
    return [
        site.subject.rpartition(".")[2]
        for site in conversion.plan.sites
        if site.kind is kind and site.verdict is Verdict.CONVERTED
    ]


MODEL = "from sklearn.linear_model import Ridge\n\n\ndef build():\n    return Ridge()\n"
RIDGE = "from sklearn.linear_model import Ridge\n\nRidge().fit(X, y)\n"
TRAINER = "def train(model, X, y):\n    return model.fit(X, y)\n"
CLASS = """\
from sklearn.linear_model import Ridge


class Trainer:
    def __init__(self):
        self.model = Ridge()

    def run(self, X, y):
        return self.model.fit(X, y)
"""


@pytest.mark.parametrize(
    ("module", "use"),
    [
        (MODEL, "from lib import build\n\nbuild().fit(X, y)\n"),
        (MODEL, "import lib\n\nlib.build().fit(X, y)\n"),
        (MODEL, "import lib as l\n\nl.build().fit(X, y)\n"),
        (MODEL, "from lib import *\n\nbuild().fit(X, y)\n"),
        (MODEL, "from lib import build as make\n\nmake().fit(X, y)\n"),
        (MODEL + "\n\nmodel = build()\n", "from lib import model\n\nmodel.fit(X, y)\n"),
        (CLASS, "from lib import Trainer\n\nTrainer().run(X, y)\n"),
        (CLASS, "import lib\n\nlib.Trainer().run(X, y)\n"),
    ],
    ids=["from", "import", "as", "star", "from-as", "constant", "class", "module-class"],
)
def test_an_estimator_of_a_module_is_wrapped_in_the_module(
    tmp_path: Path, module: str, use: str
) -> None:
    found = converted(tmp_path, {"lib.py": module, "train.py": LOADS + use})
    assert subjects(found["lib.py"], SiteKind.ESTIMATOR) == ["Ridge"]
    assert subjects(found["train.py"], SiteKind.SOURCE) == ["read_csv"]
    assert subjects(found["train.py"], SiteKind.MODULE) == ["lib"]
    assert "lib_fed" in found["train.py"].text
    assert not any(one.unresolved for one in found.values())


def test_an_estimator_that_a_module_fits_is_wrapped_where_it_is_made(tmp_path: Path) -> None:
    use = "from sklearn.linear_model import Ridge\nfrom lib import train\n\ntrain(Ridge(), X, y)\n"
    found = converted(tmp_path, {"lib.py": TRAINER, "train.py": LOADS + use})
    assert subjects(found["train.py"], SiteKind.ESTIMATOR) == ["Ridge"]
    assert not found["lib.py"].changed
    assert "lib_fed" not in found["train.py"].text


def test_rows_of_a_module_are_loaded_in_the_module(tmp_path: Path) -> None:
    use = "from lib import X, y\nfrom sklearn.linear_model import Ridge\n\nRidge().fit(X, y)\n"
    found = converted(tmp_path, {"lib.py": LOADS, "train.py": use})
    assert subjects(found["lib.py"], SiteKind.SOURCE) == ["read_csv"]
    assert "from lib_fed import X, y" in found["train.py"].text
    assert subjects(found["train.py"], SiteKind.ESTIMATOR) == ["Ridge"]


def test_what_a_module_shows_is_said_in_the_module(tmp_path: Path) -> None:
    shows = "def look(df):\n    print(df)\n"
    use = "from lib import look\n" + RIDGE + "look(X)\n"
    found = converted(tmp_path, {"lib.py": shows, "train.py": LOADS + use})
    assert [site.diagnostics[0].code for site in found["lib.py"].unresolved] == ["FM301"]
    assert not found["train.py"].unresolved


def test_a_module_between_two_others_names_the_conversion(tmp_path: Path) -> None:
    files = {
        "train.py": LOADS + "from middle import build\n\nbuild().fit(X, y)\n",
        "middle.py": "from pkg.models import build\n",
        "pkg/models.py": MODEL,
    }
    found = converted(tmp_path, files)
    assert "from pkg.models_fed import build" in found["middle.py"].text
    assert "from middle_fed import build" in found["train.py"].text


def test_a_submodule_keeps_its_name_in_the_script(tmp_path: Path) -> None:
    use = "from pkg import models\n\nmodels.build().fit(X, y)\n"
    found = converted(tmp_path, {"pkg/models.py": MODEL, "train.py": LOADS + use})
    assert "from pkg import models_fed as models" in found["train.py"].text


def test_a_package_that_hands_on_what_is_converted_is_left(tmp_path: Path) -> None:
    files = {
        "pkg/__init__.py": "from .models import build\n",
        "pkg/models.py": MODEL,
        "train.py": LOADS + "from pkg import build\n\nbuild().fit(X, y)\n",
    }
    found = converted(tmp_path, files)
    assert [site.diagnostics[0].code for site in found["train.py"].unresolved] == ["FM207"]


def test_what_either_of_two_scripts_does_decides_about_their_module(tmp_path: Path) -> None:
    files = {
        "lib.py": MODEL,
        "train.py": "import lib\n\nlib.build()\n",
        "other.py": LOADS + "import lib\n\nlib.build().fit(X, y)\n",
    }
    found = converted(tmp_path, files)
    assert subjects(found["lib.py"], SiteKind.ESTIMATOR) == ["Ridge"]
    assert "import lib_fed as lib" in found["train.py"].text


def test_a_module_that_nobody_gives_rows_stays(tmp_path: Path) -> None:
    use = RIDGE + "import lib\n\nprint(lib.build())\n"
    found = converted(tmp_path, {"lib.py": MODEL, "train.py": LOADS + use})
    assert not found["lib.py"].changed
    assert "lib_fed" not in found["train.py"].text


def test_globals_of_a_module_are_its_own(tmp_path: Path) -> None:
    module = """\
from sklearn.linear_model import Ridge

model = None


def train(X, y):
    global model
    model = Ridge()
    model.fit(X, y)
"""
    use = "import lib\n\nmodel = 3\nlib.train(X, y)\nprint(lib.model.coef_, model)\n"
    found = converted(tmp_path, {"lib.py": module, "train.py": LOADS + use})
    assert subjects(found["lib.py"], SiteKind.ESTIMATOR) == ["Ridge"]
    assert not any(one.unresolved for one in found.values())
