"""Cells in, cells out: what a conversion changes in a notebook, and where."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from notebook_cells import FIT, IMPORTS, LOAD, build, sources

from fedmigrate.convert import Conversion, convert
from fedmigrate.diagnostics import describe
from fedmigrate.errors import SourceError
from fedmigrate.generated import is_generated, read_options
from fedmigrate.plan import Options, Verdict
from fedmigrate.source import decode

Converted = Callable[..., Conversion]
CellsOf = Callable[[bytes], list[str]]
HEADER = "# Converted from train.ipynb by fedmigrate 0.1.0. Change train.ipynb and convert again.\n"
SETUP = """\
import pandas as pd
from fedruntime import FLModel, SecureAggregator, init
from sklearn.linear_model import LogisticRegression

fed = init(parties=["alice", "bob"])
devices, aggregator = fed.devices, SecureAggregator(fed.spu)"""
FEDERATED = """\
model = FLModel(device_list=devices, model=LogisticRegression(), aggregator=aggregator)
model.fit(X, y)"""


class TestPlaces:
    def test_the_setup_stands_in_the_cell_of_the_imports(
        self, converted: Converted, cells_of: CellsOf
    ) -> None:
        title = ("markdown", "# Title\nimport pandas")
        found = cells_of(converted(title, IMPORTS, "x = 1", LOAD, FIT).data)
        load = LOAD.replace("pd.read_csv(", "fed.load(pd.read_csv, ")
        assert found == [title[1], HEADER + SETUP, "x = 1", load, FEDERATED]

    def test_a_cell_that_ends_with_a_newline_still_does(
        self, converted: Converted, cells_of: CellsOf
    ) -> None:
        found = cells_of(converted(IMPORTS + "\n", LOAD, FIT).data)
        assert found[0] == HEADER + SETUP + "\n"

    def test_the_header_stands_below_a_cell_magic(
        self, converted: Converted, cells_of: CellsOf
    ) -> None:
        found = cells_of(converted("%%bash\nls", "%%time\n" + IMPORTS, LOAD, FIT).data)
        assert found[0] == "%%bash\nls"
        assert found[1] == "%%time\n" + HEADER + SETUP

    def test_a_cell_that_begins_with_code_gets_the_setup_before_it(
        self, converted: Converted, cells_of: CellsOf
    ) -> None:
        found = cells_of(converted(f"{IMPORTS}\n{LOAD}", FIT).data)
        assert found[0].startswith(HEADER + SETUP + "\n\ndf = fed.load(pd.read_csv, ")

    def test_comments_stand_in_the_cell_that_they_are_about(
        self, converted: Converted, cells_of: CellsOf
    ) -> None:
        refused = FIT.replace("LogisticRegression", "KNeighborsClassifier")
        more = "from sklearn.neighbors import KNeighborsClassifier"
        found = cells_of(converted(IMPORTS, LOAD, FIT, more, refused, "z = 1").data)
        assert found[3] == more
        assert found[4].startswith("# fedmigrate: FM201 KNeighborsClassifier")
        assert found[4].endswith(refused)
        assert found[5] == "z = 1"

    def test_a_comment_stands_below_a_cell_magic(
        self, converted: Converted, cells_of: CellsOf
    ) -> None:
        found = cells_of(converted(IMPORTS, LOAD, FIT, "%%capture out\nprint(X)").data)
        assert found[3].startswith("%%capture out\n# fedmigrate: FM301")

    def test_an_import_that_moves_leaves_its_cell(
        self, converted: Converted, cells_of: CellsOf
    ) -> None:
        score = "from sklearn.metrics import accuracy_score"
        found = cells_of(converted(IMPORTS, LOAD, FIT, score, "accuracy_score(y, y)").data)
        assert found[3] == "from fedruntime.metrics import accuracy_score"


class TestMagics:
    @pytest.mark.parametrize(
        "cell",
        [
            "%matplotlib inline",
            "!pip install x \\\n  y",
            "files = !ls *.csv",
            "%%bash\nfor x in *; do\n  echo $x; done",
            "%%writefile notes.md\nwhat?",
            "df.describe?",
            "get_ipython().system('ls')",
            "if True:\n    %cd .\n    !ls",
        ],
    )
    def test_they_are_kept(self, converted: Converted, cells_of: CellsOf, cell: str) -> None:
        found = cells_of(converted(IMPORTS, cell, LOAD, cell, FIT).data)
        assert found[1] == found[3] == cell
        assert FEDERATED in found

    @pytest.mark.parametrize("magic", ["%time ", "%timeit -n 1 ", "m = %time "])
    def test_the_fit_that_they_run_is_converted_on_its_line(
        self, converted: Converted, cells_of: CellsOf, magic: str
    ) -> None:
        found = cells_of(converted(IMPORTS, LOAD, magic + "LogisticRegression().fit(X, y)").data)
        assert found[2] == (
            magic + "FLModel(device_list=devices, model=LogisticRegression(), "
            "aggregator=aggregator).fit(X, y)"
        )

    @pytest.mark.parametrize(
        "cell", ["%time for m in (1, 2): model.fit(X, y)", "%%mine\nmodel.fit(X, y)"]
    )
    def test_one_that_trains_and_is_not_followed_needs_a_person(
        self, converted: Converted, cells_of: CellsOf, cell: str
    ) -> None:
        done = converted(IMPORTS, LOAD, FIT, cell)
        (site,) = done.unresolved
        assert site.diagnostics[0].code == "FM207"
        assert done.source.locate(site.line) == (4, 1)
        assert cells_of(done.data)[3].endswith(cell)

    def test_a_script_that_is_run_is_worth_a_word(self, converted: Converted) -> None:
        done = converted(IMPORTS, "%run prepare.py", LOAD, FIT)
        assert [describe(found) for found in done.plan.notices if found.code == "FM207"] == [
            "the magic %run is not followed"
        ]
        assert not done.unresolved


class TestShown:
    @pytest.mark.parametrize(
        "cell",
        [
            "df",
            "X[X.a > 1]",
            "df.head()",
            "z = 1\n(X, y)",
            "model.predict(X)",
            "display(df)",
            "from IPython.display import display\ndisplay(X)",
            "%time model.predict(X)",
            "%%time\nmodel.predict(X)",
            "model.predict(X)  # all of them",
        ],
    )
    def test_rows_at_the_end_of_a_cell_are_said(self, converted: Converted, cell: str) -> None:
        done = converted(IMPORTS, LOAD, FIT, cell)
        assert [found.code for site in done.unresolved for found in site.diagnostics] == ["FM301"]
        assert done.source.locate(done.unresolved[0].line)[0] == 4

    @pytest.mark.parametrize(
        "cell",
        [
            "df.shape",
            "X.columns, len(y)",
            "model.predict(X);",
            "model.predict(X) ; # quiet",
            "model.predict(X)\nz = 1",
            "model.predict(X)\n!ls",
            "if True:\n    X",
            "%%capture\nmodel.predict(X)",
            "%%timeit\nmodel.predict(X)",
            "model",
            "model.coef_",
            "df.describe()",
            "model.score(X, y)",
            "display(df.shape)",
        ],
    )
    def test_public_values_and_what_is_not_shown_are_not(
        self, converted: Converted, cell: str
    ) -> None:
        assert not converted(IMPORTS, LOAD, FIT, cell).unresolved

    def test_nothing_is_shown_by_a_script(self) -> None:
        script = f"{IMPORTS}\n{LOAD}\n{FIT}\nmodel.predict(X)\n"
        assert not convert(decode(script.encode(), "train.py"), Options()).unresolved


class TestWhatStays:
    def test_nothing_to_convert_changes_nothing(self, converted: Converted) -> None:
        done = converted(IMPORTS, "x = [1]", "print(x)")
        assert not done.changed
        assert done.data == done.source.encode(done.source.original)

    def test_a_conversion_is_known_again_and_left(self, converted: Converted) -> None:
        done = converted(("markdown", "# T"), "%%bash\nls", IMPORTS, LOAD, FIT)
        again = convert(decode(done.data, "train_fed.ipynb"), Options())
        assert again.was_converted
        assert again.data == done.data

    def test_all_but_sources_and_outputs_is_the_same(self, notebook: Callable[..., bytes]) -> None:
        data = notebook(("markdown", "a"), IMPORTS, LOAD, ("raw", "b"), FIT, "x = 1")
        done = convert(decode(data, "train.ipynb"), Options())
        before, after = json.loads(data), json.loads(done.data)
        assert after["cells"][0] == before["cells"][0]
        assert after["cells"][3] == before["cells"][3]
        for index in (1, 2, 4, 5):
            assert after["cells"][index]["outputs"] == []
            assert after["cells"][index]["execution_count"] is None
        for notebook_ in (before, after):
            for cell in notebook_["cells"]:
                for key in ("source", "outputs", "execution_count"):
                    cell.pop(key, None)
        assert json.dumps(before) == json.dumps(after)

    def test_another_language_holds_nothing(self, notebook: Callable[..., bytes]) -> None:
        data = notebook("library(sklearn)\nfit(x <- 1)", language="R")
        done = convert(decode(data, "train.ipynb"), Options())
        assert not done.changed
        assert done.source.language == "R"
        assert done.data == data

    def test_a_comment_accepts_a_finding(self, converted: Converted) -> None:
        cell = "model.predict(X)  # fedmigrate: ignore[FM301]"
        assert not converted(IMPORTS, LOAD, FIT, cell).unresolved

    def test_options_come_back_from_a_conversion(self, converted: Converted) -> None:
        options = {"parties": ("a", "b", "c"), "split": "iid"}
        done = converted(IMPORTS, LOAD, FIT, **options)
        assert is_generated(done.data)
        assert read_options(done.data, "train_fed.ipynb") == Options(**options)
        assert not is_generated(done.source.encode(done.source.original))


class TestBroken:
    @pytest.mark.parametrize(
        ("cell", "line", "says"),
        [
            ("x = 1\nprint x", 2, "print"),
            ("x = (1,", 1, "never closed|does not end"),
            ("if x:", 1, "indented block"),
            ("  x = 1", 1, "unexpected indent"),
            ("x = 1\n!ls\nx = = 2", 3, "invalid syntax"),
        ],
    )
    def test_the_error_names_the_cell(
        self, converted: Converted, cell: str, line: int, says: str
    ) -> None:
        with pytest.raises(SourceError, match=says) as caught:
            converted(("markdown", "a"), IMPORTS, LOAD, cell, "y = 2")
        assert caught.value.code == "FM901"
        if "indented" not in says:
            assert (caught.value.cell, caught.value.line) == (3, line)
        assert str(caught.value).startswith("train.ipynb: cell ")

    def test_a_statement_over_two_cells_is_one(self, converted: Converted) -> None:
        with pytest.raises(SourceError, match="does not end in its cell") as caught:
            converted(IMPORTS, LOAD, "model = (LogisticRegression()", "    .fit(X, y))")
        assert (caught.value.cell, caught.value.line) == (3, 1)


LINE = st.sampled_from(
    [
        "x = 1",
        "%matplotlib inline",
        "!ls it's",
        "%time z = len(X)",
        "X.shape",
        "if x:\n    %cd .",
        "# %% [cell 1]",
        "# %%",
        'text = """\n%time\n"""',
        "df.head?",
        "",
        "y = X  # é",
    ]
)


@given(st.lists(st.lists(LINE, max_size=3).map("\n".join), min_size=1, max_size=4), st.booleans())
def test_cells_that_hold_no_site_stay(cells: list[str], newline: bool) -> None:
    cells = [cell + "\n" * (newline and bool(cell)) for cell in cells]
    around = ["x, X = 1, None", IMPORTS, LOAD, *cells, FIT]
    done = convert(decode(build(*around), "train.ipynb"), Options())
    found = sources(done.data)
    assert found[3:-1] == cells
    assert found[-1] == FEDERATED
    assert all(site.verdict is not Verdict.LEFT for site in done.plan.sites)
