"""Calls of imported functions and classes: builtins, scikit-learn, pandas, numpy and the rest."""

from __future__ import annotations

import ast

from fedmigrate.analysis import estimators
from fedmigrate.analysis.arguments import Arguments
from fedmigrate.analysis.arrays import call_numpy
from fedmigrate.analysis.iteration import element_of
from fedmigrate.analysis.scoring import follow_scoring
from fedmigrate.analysis.state import PUBLIC_LIBRARIES, State, library_of, text_of
from fedmigrate.analysis.tables import call_pandas
from fedmigrate.analysis.values import (
    PUBLIC,
    Box,
    Estimator,
    Foreign,
    Imported,
    Public,
    Record,
    Rows,
    Scorer,
    Splitter,
    Stream,
    Subclassed,
    Tuple_,
    Unknown,
    Value,
    constant_of,
    options,
)
from fedmigrate.catalog.estimators import FACTORIES
from fedmigrate.catalog.functions import (
    COUNTERPARTS,
    LOADERS,
    OBJECT_LOADERS,
    PIECEWISE,
    SHOWS_ROWS,
    SPLITTERS,
    Role,
    dataset_loader,
)
from fedmigrate.catalog.sklearn_names import ESTIMATOR_NAMES
from fedmigrate.plan import SiteKind

_PLOTTING = frozenset(
    ("altair", "bokeh", "matplotlib", "mpl_toolkits", "plotly", "pylab", "seaborn", "yellowbrick")
)
_PRINTING = frozenset(("IPython", "logging", "loguru", "pprint", "rich", "tabulate", "warnings"))
_WRITERS = frozenset(
    ("joblib.dump", "pickle.dump", "pickle.dumps", "json.dump", "json.dumps", "cloudpickle.dump")
)
_PRINT_BUILTINS = frozenset(("print", "str", "repr", "format", "ascii"))
_PUBLIC_BUILTINS = frozenset(
    ("len", "type", "isinstance", "issubclass", "id", "callable", "hasattr", "dir")
)
_SINGLE_ROWS = frozenset(
    ("all", "any", "bool", "filter", "float", "frozenset", "int", "iter", "list", "max", "min")
) | {"next", "reversed", "set", "sorted", "sum", "tuple"}
_NOT_FOLLOWED = frozenset(("eval", "exec", "__import__", "globals", "locals", "vars"))
_SCIPY_DATA = ("scipy.io.", "scipy.datasets.", "scipy.misc.")
_ATOMS = (ast.Name, ast.Attribute, ast.Subscript, ast.Call)
_COPIES = frozenset(("sklearn.base.clone", "copy.copy", "copy.deepcopy"))


def call_imported(state: State, call: Arguments, callee: Imported) -> Value:
    """The value of calling an imported thing."""
    name = callee.name
    library = library_of(name)
    if library == "builtins":
        return _builtin(state, call, name.partition(".")[2])
    if name in _COPIES:
        return _copy(state, call)
    if name in LOADERS:
        return _load(state, call, name, LOADERS[name])
    if library == "sklearn":
        return _sklearn(state, call, name, callee.at or call.node.func)
    if library in ("numpy", "pandas"):
        return _array_library(state, call, name, callee.at or call.node.func)
    return _other(state, call, name, library)


def call_untold(state: State, call: Arguments) -> Value:
    """The value of calling something that was not followed."""
    rows = state.rows_in(*call.values)
    if rows is None:
        return Unknown()
    return _given_away(state, call, rows, text_of(call.node.func))


def call_foreign(state: State, call: Arguments, value: Foreign) -> Value:
    """The value of calling an object, or a method of one, of a library not in the catalogue."""
    rows = state.rows_in(*call.values)
    if rows is None:
        _hand_over(state, call, library_of(value.name))
        return value
    return _shown_or_given(state, call, rows, library_of(value.name))


def _hand_over(state: State, call: Arguments, library: str) -> None:
    """Note the models among the arguments of a call of a library."""
    for value in (*call.positional, *call.keywords.values()):
        given = options(value)
        if any(isinstance(option, Estimator) for option in given):
            expression = call.expression(value)
            if isinstance(expression, _ATOMS) and expression is not call.node:
                state.findings.hand_over(expression, library, given)


def _load(state: State, call: Arguments, name: str, kind: str) -> Value:
    rows = state.rows_in(*call.values)
    if rows is not None:
        return _given_away(state, call, rows, name)
    if PIECEWISE & call.keywords.keys():
        return Unknown(name)
    state.findings.sources.setdefault(call.node, set()).add(name)
    if constant_of(call.keywords.get("unpack", PUBLIC)) is True:
        kind = "any"
    return Rows(kind, frozenset((call.node,)))


def _dataset(state: State, call: Arguments, name: str, shape: str) -> Value:
    state.findings.sources.setdefault(call.node, set()).add(name)
    origins = frozenset((call.node,))
    flag = call.keywords.get("return_X_y")
    if flag is None and name.endswith((".load_iris", ".load_wine")) and call.positional:
        flag = call.positional[0]
    if name.endswith(".make_regression") and constant_of(call.keywords.get("coef", PUBLIC)) is True:
        return Tuple_((Rows("array", origins), Rows("array", origins), PUBLIC))
    extra = [key for key in ("coef", "return_centers", "query_id") if key in call.keywords]
    if extra or call.rest or (flag is not None and not isinstance(constant_of(flag), bool)):
        return Rows("any", origins)
    # fetch_openml gives frames by default, and `as_frame` may only be known at run time.
    default = Public(False) if ".fetch_" not in name else PUBLIC
    framed = constant_of(call.keywords.get("as_frame", default))
    if shape == "pair" or (flag is not None and constant_of(flag) is True):
        kinds = {True: ("frame", "series"), False: ("array", "array")}
        known = kinds[framed] if isinstance(framed, bool) else ("any", "any")
        return Tuple_(tuple(Rows(kind, origins) for kind in known))
    return Rows("bunch" if framed is False else "any bunch", origins)


def _sklearn(state: State, call: Arguments, name: str, at: ast.expr) -> Value:
    if name in ESTIMATOR_NAMES or name in FACTORIES:
        return estimators.construct(state, call, name)
    if name in SPLITTERS:
        return Splitter(name, at)
    if name == "sklearn.metrics.make_scorer" and call.positional:
        return Scorer(call.positional[0])
    shape = dataset_loader(name)
    if shape is not None:
        return _dataset(state, call, name, shape)
    rows = state.rows_in(*call.values)
    if rows is None:
        return Unknown() if state.is_unknown(*call.values) else PUBLIC
    return _whole_data(state, call, name, at, rows)


def _whole_data(state: State, call: Arguments, name: str, at: ast.expr, rows: Rows) -> Value:
    if name in SHOWS_ROWS:
        state.mark_reveal(call.node, "FM302", rows, {"library": "scikit-learn"})
        return PUBLIC
    role = COUNTERPARTS.get(name)
    models: list[Value] = []
    for leaf in state.leaves(*call.values):
        if isinstance(leaf, Splitter):
            estimators.use_splitter(state, leaf, rows)
        elif isinstance(leaf, Estimator | Subclassed):
            models.append(leaf)
    if role in (Role.CROSS_VALIDATION, Role.PREDICTION, Role.PERMUTATION):
        model = call.get(0, "estimator")
        if model is not None:
            models.extend(
                leaf for leaf in state.leaves(model) if isinstance(leaf, Unknown | Foreign)
            )
    state.findings.use(at, name, rows.origins, supported=role is not None, estimators=models)
    follow_scoring(state, call, call.keywords.get("scoring"), call.get(0, "estimator"), rows)
    if constant_of(call.keywords.get("return_indices", PUBLIC)) is True and _stratifies(call):
        state.mark_operation(call.node, rows, "return_indices of stratified folds")
    if role is Role.SPLIT:
        return Tuple_(tuple(value for value in call.positional for _ in range(2)))
    if role is Role.SAMPLE and call.positional and not call.rest:
        return Tuple_(call.positional) if len(call.positional) > 1 else call.positional[0]
    if role is Role.SAMPLE:
        return Stream(rows)
    if role in (Role.PREDICTION, Role.ROWS) or role is None:
        return Rows("array" if role else "lost", rows.origins)
    return PUBLIC


def _stratifies(call: Arguments) -> bool:
    """Whether the folds of a cross-validation may depend on the labels."""
    cv = call.keywords.get("cv")
    return not isinstance(cv, Splitter) or "Stratified" in cv.name


def _copy(state: State, call: Arguments) -> Value:
    copied = call.get(0, "estimator", "x")
    if isinstance(copied, Estimator):
        made = state.findings.constructions.get(copied)
        estimator = Estimator(copied.name, call.node)
        if made is not None:
            state.findings.construct(estimator, made.parameters, made.parts, made.named)
            state.findings.constructions[estimator].scoring = made.scoring
        return estimator
    return Unknown() if copied is None else copied


def _array_library(state: State, call: Arguments, name: str, at: ast.expr) -> Value:
    rows = state.rows_in(*call.values)
    if rows is None:
        return Unknown() if state.is_unknown(*call.values) else PUBLIC
    if rows.kind == "lost":
        return rows
    library, _, function = name.partition(".")
    if library == "numpy":
        return call_numpy(state, call, function, rows)
    return call_pandas(state, call, at, function, rows)


def _other(state: State, call: Arguments, name: str, library: str) -> Value:
    rows = state.rows_in(*call.values)
    if rows is None:
        if library not in PUBLIC_LIBRARIES:
            if name not in _WRITERS:
                _hand_over(state, call, library)
            if library == "scipy" and not name.startswith(_SCIPY_DATA):
                return Unknown() if state.is_unknown(*call.values) else PUBLIC
            return Unknown(name) if name in OBJECT_LOADERS else Foreign(name)
        return _public_library(state, call, name)
    if name in _WRITERS:
        state.mark_reveal(call.node, "FM303", rows, {"expression": text_of(call.node)})
        return PUBLIC
    return _shown_or_given(state, call, rows, library or name)


def _public_library(state: State, call: Arguments, name: str) -> Value:
    holds = [leaf for leaf in state.leaves(*call.values) if not isinstance(leaf, Public | Imported)]
    if name in ("collections.OrderedDict", "collections.defaultdict", "collections.deque"):
        return container(state, call)
    if name in ("types.SimpleNamespace", "argparse.Namespace"):
        return container(state, call)
    if name == "collections.namedtuple":
        return _namedtuple(call)
    if not holds:
        return PUBLIC
    if name == "itertools.product":
        return Stream(
            Tuple_(tuple(element_of(state, call.node, value) for value in call.positional))
        )
    return Unknown(name)


def _namedtuple(call: Arguments) -> Value:
    fields = call.get(1, "field_names")
    named = constant_of(fields) if fields is not None else None
    if isinstance(named, str):
        return Record(tuple(named.replace(",", " ").split()))
    if isinstance(fields, Public) and fields.holds is not None:
        return Record(tuple(str(name) for name in fields.holds))
    return Unknown("collections.namedtuple")


def container(state: State, call: Arguments) -> Value:
    """A fresh list or dictionary with what it was given."""
    box = Box(call.node)
    for name, value in call.keywords.items():
        state.heap.put(call.node, name, value)
    for value in call.positional:
        if isinstance(value, Box):
            for key, entry in list(state.heap.entries(value.node).items()):
                state.heap.put(call.node, key, entry)
        elif not isinstance(value, Public | Imported):
            state.heap.put(call.node, call.node, element_of(state, call.node, value))
    return box


def _shown_or_given(state: State, call: Arguments, rows: Rows, library: str) -> Value:
    if library in _PLOTTING:
        state.mark_reveal(call.node, "FM302", rows, {"library": library})
        return Foreign(library)
    if library in _PRINTING:
        state.mark_reveal(call.node, "FM301", rows, {"expression": text_of(call.node.func)})
        return PUBLIC
    return _given_away(state, call, rows, library)


def _given_away(state: State, call: Arguments, rows: Rows, library: str) -> Value:
    state.mark_reveal(call.node, "FM305", rows, {"library": library})
    return Rows("lost", rows.origins)


def _builtin(state: State, call: Arguments, name: str) -> Value:
    if name == "type":
        _hand_over(state, call, "builtins")
    if name in ("enumerate", "zip", "range"):
        return _stream(state, call, name)
    if name in ("dict", "list", "set") and not _direct_rows(state, call):
        return container(state, call)
    if name in ("tuple", "sorted", "reversed", "iter", "next") and call.positional:
        inner = call.positional[0]
        if not isinstance(inner, Public) and not _direct_rows(state, call):
            element = element_of(state, call.node, inner)
            return element if name == "next" else Stream(element)
    rows = state.rows_in(*call.values)
    if name in _NOT_FOLLOWED:
        state.findings.mark(
            call.node, SiteKind.OPERATION, "FM207", name, {"construct": f"{name}()"}, None
        )
        return Unknown(name)
    if rows is None:
        if name == "open":
            return Unknown(name)
        return Unknown() if state.is_unknown(*call.values) else PUBLIC
    if name in _PUBLIC_BUILTINS:
        return Public(position=name == "len")
    if name in _PRINT_BUILTINS:
        shown = next(value for value in call.values if state.rows_in(value) is not None)
        state.mark_reveal(call.node, "FM301", rows, {"expression": text_of(call.expression(shown))})
        return PUBLIC
    if name in _SINGLE_ROWS:
        state.mark_reveal(call.node, "FM304", rows, {"expression": text_of(call.node)})
        return Rows("lost", rows.origins)
    return Rows(rows.kind, rows.origins)


def _direct_rows(state: State, call: Arguments) -> bool:
    return any(isinstance(value, Rows) for value in call.positional)


def _stream(state: State, call: Arguments, name: str) -> Value:
    if name == "range":
        return Stream(Public(position=True))
    elements = tuple(element_of(state, call.expression(value), value) for value in call.positional)
    if name == "enumerate":
        return Stream(Tuple_((Public(position=True), *elements[:1])))
    return Stream(Tuple_(elements)) if not call.rest else Stream(Unknown())
