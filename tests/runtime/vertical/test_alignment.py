"""Rows are matched by keys that nobody shows, and nothing but the common rows comes out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from columns_dealt import deal, pooled, regression, split
from sklearn.linear_model import LinearRegression

import fedruntime
from fedruntime import FLModel
from fedruntime.crypto.psi import normalised, points_of
from fedruntime.errors import DataError, ProtocolError, SettingsError, UnsupportedError
from fedruntime.operations import BLINDED, is_sealed
from fedruntime.vertical.alignment import blind_others, blind_own, common_places
from fedruntime.vertical.sessions import ask, session_of

BLINDING = ("align.blind", "align.blind_others")
PARTIES = ("bank", "shop", "lab", "post", "mill")


def federation(parties: int = 3) -> Any:
    return fedruntime.init(PARTIES[:parties], partition="vertical", label_party="bank")


def tables(parties: int = 3, rows: int = 60) -> dict[str, pd.DataFrame]:
    """Each party knows most of the people, in an order of its own."""
    rng = np.random.default_rng(parties)
    names = [f"person {number}" for number in range(rows)]
    found = {}
    for number, party in enumerate(PARTIES[:parties]):
        own = pd.DataFrame(rng.normal(size=(rows, 2)), columns=[f"{party} a", f"{party} b"])
        own.insert(1, "name", names)
        found[party] = own.sample(frac=0.85, random_state=number)
    return found


def joined(held: dict[str, pd.DataFrame], on: Any = "name") -> pd.DataFrame:
    first, *others = held.values()
    for other in others:
        first = first.merge(other, on=on)
    return first.drop(columns=on)


def loaded(fed: Any, held: dict[str, pd.DataFrame]) -> list[Any]:
    return [fed.load_at(party, lambda table=table: table) for party, table in held.items()]


@pytest.mark.parametrize("parties", [2, 3, 5])
def test_the_joined_table_comes_out(parties: int) -> None:
    held, fed = tables(parties), federation(parties)
    aligned = fed.align(loaded(fed, held), on="name")
    expected = joined(held)
    assert 10 < len(expected) < 60
    assert list(aligned.columns) == list(expected.columns)
    np.testing.assert_array_equal(pooled(aligned), expected)


def test_a_table_by_itself_keeps_the_rows_that_have_a_key() -> None:
    held, fed = tables(2), federation(2)
    held["bank"].loc[held["bank"].index[:5], "name"] = None
    aligned = fed.align(loaded(fed, {"bank": held["bank"]}), on="name")
    np.testing.assert_array_equal(pooled(aligned), held["bank"].dropna().drop(columns="name"))


def test_keys_of_several_columns() -> None:
    held, fed = tables(2), federation(2)
    for table in held.values():
        table["born"] = np.where(table["name"].str.len() > 8, 1990.0, 1980.0)
    held["shop"]["born"] = held["shop"]["born"].astype(int)
    aligned = fed.align(loaded(fed, held), on=["name", "born"])
    np.testing.assert_array_equal(pooled(aligned), joined(held, ["name", "born"]))


def test_rows_without_a_key_belong_to_nobody() -> None:
    held, fed = tables(2), federation(2)
    for table in held.values():
        table.loc[table.index[:5], "name"] = None
    aligned = fed.align(loaded(fed, held), on="name")
    expected = joined({party: table.dropna() for party, table in held.items()})
    np.testing.assert_array_equal(pooled(aligned), expected)


def test_a_simulation_deals_the_keys_to_all() -> None:
    table = regression()
    table["person"] = np.arange(len(table)) * 3
    df = deal(table, "three parties, columns dealt by turns")
    aligned = df.federation.align(df, on="person")
    assert list(aligned.columns) == list(table.columns.drop("person"))
    X, y = split(aligned.drop(columns=["person"]))
    model = FLModel(model=LinearRegression()).fit(X, y)
    features, label = split(table.drop(columns="person"))
    theirs = LinearRegression().fit(features, label)
    np.testing.assert_allclose(model.coef_, theirs.coef_, rtol=1e-11)


def test_without_keys_rows_are_taken_as_they_lie() -> None:
    held, fed = tables(2), federation(2)
    same = {party: table.drop(columns="name") for party, table in held.items()}
    aligned = fed.align(loaded(fed, same))
    np.testing.assert_array_equal(pooled(aligned), np.column_stack(list(same.values())))


def test_nobody_sees_a_key() -> None:
    held, fed = tables(3), federation(3)
    rows = loaded(fed, held)
    seen: list[Any] = []
    call = fed.engine.call

    def listen(requests: Any, *args: Any, **options: Any) -> Any:
        replies = call(requests, *args, **options)
        asked = {request.operation for request in requests.values()}
        seen.extend(reply for reply in replies.values() if asked <= {*BLINDING})
        return replies

    fed.engine.call = listen
    fed.align(rows, on="name")
    told = [(name, np.asarray(values)) for reply in seen for name, values in reply.arrays.items()]
    points = [values for name, values in told if name == BLINDED]
    assert len(points) == 3  # each list once, when all have blinded it
    assert all(is_sealed(name) for name, _ in told)
    assert set.intersection(*({bytes(point) for point in values} for values in points))


def test_a_coordinator_cannot_have_guesses_blinded() -> None:
    held, fed = tables(2), federation(2)
    rows = dict(zip(PARTIES, loaded(fed, held), strict=False))
    session, ring = session_of(fed), list(rows)
    each = {
        party: {"rows": table, "on": ["name"], "name": "n", "ring": ring}
        for party, table in rows.items()
    }
    ask(fed, blind_own, each, session=session, purpose="align rows")
    guesses = points_of([str(normalised(["person 1"]))], b"n").ravel()
    forged = {"shop": {"box": guesses, "owner": "bank", "name": "n"}}
    with pytest.raises(ProtocolError, match="a sealed message does not open"):
        ask(fed, blind_others, forged, session=session, purpose="align rows")


def test_places_are_those_of_common_points() -> None:
    a, b, c = (np.array([[number] * 32], dtype=np.uint8) for number in (1, 2, 3))
    lists = {"x": np.concatenate([a, b, c]), "y": np.concatenate([c, a])}
    found = common_places(lists, "x")
    assert {party: places.tolist() for party, places in found.items()} == {"x": [0, 2], "y": [1, 0]}


# -- what does not fit ----------------------------------------------------------------------


def test_no_common_key() -> None:
    held, fed = tables(2), federation(2)
    held["shop"]["name"] += " of the shop"
    with pytest.raises(DataError, match=r"no row has the same name at all parties \(keys at bank"):
        fed.align(loaded(fed, held), on="name")


def test_a_key_in_two_rows() -> None:
    held, fed = tables(2), federation(2)
    held["shop"].loc[held["shop"].index[:3], "name"] = "person 1"
    with pytest.raises(DataError, match=r"party 'shop': .* rows have a name that another"):
        fed.align(loaded(fed, held), on="name")


def test_keys_that_were_read_as_floats() -> None:
    held, fed = tables(2), federation(2)
    held["shop"]["name"] = np.arange(len(held["shop"])) + 2.0**53
    with pytest.raises(DataError, match=r"party 'shop': .* read the column as text"):
        fed.align(loaded(fed, held), on="name")


def test_a_table_without_the_key() -> None:
    held, fed = tables(2), federation(2)
    held["shop"] = held["shop"].rename(columns={"name": "id"})
    with pytest.raises(DataError, match="the table of 'shop' has no column 'name' to align by"):
        fed.align(loaded(fed, held), on="name")


def test_a_column_at_two_parties() -> None:
    held, fed = tables(2), federation(2)
    held["shop"] = held["shop"].rename(columns={"shop a": "bank a"})
    with pytest.raises(DataError, match="column 'bank a' lies at bank and at shop"):
        fed.align(loaded(fed, held), on="name")


def test_other_joins() -> None:
    fed = federation(2)
    with pytest.raises(UnsupportedError, match="would have to be told to it"):
        fed.align(loaded(fed, tables(2)), on="name", how="outer")


def test_different_numbers_of_rows_without_keys() -> None:
    held, fed = tables(2), federation(2)
    held["shop"] = held["shop"].iloc[1:]
    with pytest.raises(DataError, match="different numbers of rows"):
        fed.align([rows.drop(columns=["name"]) for rows in loaded(fed, held)])


def test_a_label_party_without_a_table() -> None:
    fed = federation(3)
    held = tables(3)
    del held["bank"]
    with pytest.raises(DataError, match="the label party 'bank' has no table"):
        fed.align(loaded(fed, held), on="name")


def test_a_table_that_has_been_changed() -> None:
    df = deal(regression())
    with pytest.raises(DataError, match="align rows right after"):
        df.federation.align(df.drop(columns=["age"]), on="sex")


def test_two_tables_of_one_party() -> None:
    held, fed = tables(2), federation(2)
    rows = loaded(fed, held)
    with pytest.raises(DataError, match="two tables lie at the same party"):
        fed.align([rows[0], rows[0]], on="name")


def test_a_party_that_there_is_not() -> None:
    with pytest.raises(SettingsError, match="'moon' is none of bank, shop"):
        federation(2).load_at("moon", pd.DataFrame)
