"""Tables that a script loads one by one and joins: whose each of them is, where names tell.

Nothing is guessed: a table is a party's if that party's name is a word of the name that it has in
the join, or of the file that it is read from, and no other party's is.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field

from fedmigrate.analysis.state import State
from fedmigrate.analysis.values import Rows
from fedmigrate.joins import Join, inner_joins, join_of
from fedmigrate.plan import Vertical

NOT_PLAIN = "it is no plain inner join by columns that on= names"
NOT_NAMED = "names of tables and files do not tell which party has which"
NOT_IN_ORDER = "the label party's table has to be the first, others as in --parties"
_WORD = re.compile(r"[a-z0-9]+")


@dataclass
class Placing:
    """What was found of the joins of a script.

    Parameters
    ----------
    parties : dict
        The call that loads a table -> whose it is.
    joins : dict
        The call that joins tables -> how.
    within : set
        Calls that a join around them takes the place of.
    refused : dict
        The call of another plain join -> why it cannot be done.
    """

    parties: dict[ast.Call, str] = field(default_factory=dict)
    joins: dict[ast.expr, Join] = field(default_factory=dict)
    within: set[ast.expr] = field(default_factory=set)
    refused: dict[ast.expr, str] = field(default_factory=dict)


def place_tables(state: State, vertical: Vertical, parties: tuple[str, ...]) -> Placing:
    """Tell whose the tables of each join are.

    Parameters
    ----------
    parties : tuple of str
        All of them, in the order in which their columns stand in an aligned table.
    """
    order = [vertical.label_party, *(one for one in parties if one != vertical.label_party)]
    found = Placing()
    owned: dict[ast.expr, dict[ast.Call, str]] = {}
    for node, rows in state.values.items():
        join = join_of(node) if isinstance(rows, Rows) and len(rows.origins) > 1 else None
        if join is None:
            continue
        owners = dict(filter(None, (_owned(state, table, parties) for table in join.tables)))
        named = list(owners.values())
        if len(set(named)) < len(join.tables):
            found.refused[node] = NOT_NAMED
        elif named[0] != order[0] or named != sorted(named, key=order.index):
            found.refused[node] = NOT_IN_ORDER
        else:
            found.joins[node], owned[node] = join, owners
    halves = {inner for node in found.refused for inner in ast.walk(node)}
    found.joins = {node: join for node, join in found.joins.items() if node not in halves}
    for node, join in found.joins.items():
        found.parties.update(owned[node])
        found.within.update(inner_joins(join, node))
    return found


def _owned(state: State, table: ast.expr, parties: tuple[str, ...]) -> tuple[ast.Call, str] | None:
    """The one call that a table was loaded by, and the one party that it is named after."""
    value = state.values.get(table)
    if not isinstance(value, Rows) or value.kind != "frame" or len(value.origins) != 1:
        return None
    (source,) = value.origins
    texts = [one.value for one in source.args[:1] if isinstance(one, ast.Constant)]
    texts += [inner.id for inner in ast.walk(table) if isinstance(inner, ast.Name)]
    words = {word for text in texts if isinstance(text, str) for word in _words(text)}
    named = [party for party in parties if words.issuperset(_words(party))]
    return (source, named[0]) if len(named) == 1 else None


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())
