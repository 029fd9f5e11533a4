"""What pandas and numpy operations do with rows: carried at the parties, aggregated, or shown.

The counterpart of the runtime's own table of operations, which a test compares with this one; the
tool cannot import that, because it must start without numpy. An operation that is in no table has
no counterpart. Loaders and scikit-learn functions are in ``functions.py``.
"""

from __future__ import annotations

from collections.abc import Mapping

ROW_LOCAL = "row_local"  # runs at each party on its own rows and gives rows that stay there
AGGREGATE = "aggregate"  # gives a public value
PUBLIC = "public"  # is known without asking: shapes, names, dtypes
REVEALS_ROWS = "reveals_rows"  # would show rows


def _table(**names: str) -> dict[str, str]:
    return {name: effect for effect, listed in names.items() for name in listed.split()}


_SHOWN = """
    T at head hist iat index plot tail to_clipboard to_csv to_dict to_excel to_hdf to_json to_latex
    to_markdown to_pickle to_sql to_string
"""

_FRAME = _table(
    row_local="""
        abs add add_prefix add_suffix apply applymap assign astype clip copy div drop dropna eq
        fillna filter ge get gt iloc insert isin isna isnull le loc lt map mask mod mul ne notna
        notnull pop pow radd rdiv rename replace reset_index rmul round rpow rsub rtruediv sample
        select_dtypes set_index squeeze sub to_numpy truediv values where
    """,
    aggregate="all any count describe max mean median min nunique quantile std sum var",
    public="columns dtypes empty items keys ndim shape size",
    reveals_rows="""
        boxplot iterrows itertuples style to_feather to_html to_orc to_parquet to_records to_stata
        to_xml
    """
    + _SHOWN,
)
_SERIES = _table(
    row_local="""
        abs add apply astype between clip copy div dropna dt eq fillna ge gt iloc isin isna isnull
        le loc lt map mask mod mul ne notna notnull pow radd ravel rdiv rename replace reset_index
        rmul round rpow rsub rtruediv sample squeeze str sub to_frame to_numpy truediv values where
    """,
    aggregate="""
        all any count describe max mean median min nunique quantile std sum unique value_counts var
    """,
    public="dtype dtypes empty name ndim shape size",
    reveals_rows="idxmax idxmin item items to_list tolist" + _SHOWN,
)
_ARRAY = _table(
    row_local="""
        argmax argmin astype clip copy dot flatten ravel reshape round squeeze
    """,
    aggregate="all any max mean min std sum var",
    public="dtype ndim shape size",
    reveals_rows="T argsort data dump dumps flat item nonzero sort tobytes tofile tolist",
)
_SPARSE = _table(
    row_local="astype copy multiply power tocsr toarray todense",
    public="dtype ndim shape size",
    reveals_rows="T data getrow indices indptr nonzero",
)
_NUMPY = _table(
    row_local="""
        abs absolute add arccos arccosh arcsin arcsinh arctan arctan2 arctanh around bitwise_and
        bitwise_or bitwise_xor cbrt ceil clip column_stack concatenate copysign cos cosh deg2rad
        degrees divide dot equal exp exp2 expand_dims expm1 fabs float_power floor floor_divide
        fmax fmin fmod greater greater_equal heaviside hstack hypot invert isclose isfinite isin
        isinf isnan less less_equal log log10 log1p log2 logaddexp logaddexp2 logical_and
        logical_not logical_or logical_xor matmul maximum minimum mod multiply nan_to_num negative
        not_equal positive power rad2deg radians ravel reciprocal remainder reshape rint round sign
        signbit sin sinh sqrt square squeeze subtract tan tanh true_divide trunc where
    """,
    aggregate="all amax amin any bincount max mean median min std sum unique var",
    public="ndim shape size",
    reveals_rows="""
        argsort array array2string array_repr array_str asanyarray asarray ascontiguousarray
        atleast_1d atleast_2d c_ nonzero r_ save savetxt savez savez_compressed sort transpose
    """,
)
_STR = _table(
    row_local="""
        capitalize contains count endswith extract find fullmatch isalnum isalpha isdigit isnumeric
        len lower lstrip match pad replace rstrip slice startswith strip title upper zfill
    """,
)
_DT = _table(
    row_local="""
        date day day_name day_of_week day_of_year dayofweek dayofyear days hour is_leap_year
        is_month_end is_month_start minute month month_name normalize quarter second total_seconds
        weekday year
    """,
)

OPERATIONS: Mapping[str, Mapping[str, str]] = {
    "frame": _FRAME,
    "series": _SERIES,
    "array": _ARRAY,
    "sparse": _SPARSE,
    "numpy": _NUMPY,
    "str": _STR,
    "dt": _DT,
}
"""Kind of rows (or accessor, or ``numpy``) -> operation -> what it is."""

_CODES = {
    "FM301": """
        array2string array_repr array_str head item items tail to_dict to_html to_latex to_list
        to_markdown to_records to_string tolist style
    """,
    "FM302": "plot hist boxplot",
    "FM303": """
        dump dumps save savetxt savez savez_compressed to_clipboard to_csv to_excel to_feather
        to_hdf to_json to_orc to_parquet to_pickle to_sql to_stata to_xml tobytes tofile
    """,
}
REVEAL_CODES: Mapping[str, str] = {
    name: code for code, names in _CODES.items() for name in names.split()
}
"""Operations that reveal rows -> the diagnostic that says how; the others show single rows."""

ACCESSORS: frozenset[str] = frozenset(("str", "dt"))
SELECTORS: frozenset[str] = frozenset(("loc", "iloc"))

RESULT_KIND: Mapping[str, str] = {
    "values": "array",
    "to_numpy": "array",
    "ravel": "array",
    "flatten": "array",
    "reshape": "array",
    "pop": "series",
    "get": "series",
    "to_frame": "frame",
    "reset_index": "frame",
    "squeeze": "any",
    "apply": "any",
    "toarray": "array",
    "todense": "array",
}
"""Row-local operations whose rows are of another kind than what they were called on."""

STACKS: frozenset[str] = frozenset(
    ("column_stack", "concatenate", "expand_dims", "hstack", "ravel", "reshape", "where")
)
"""Functions of numpy that give an array, whatever they were given."""

ALONG_ROWS: Mapping[str, int] = {"concatenate": 0}
"""Functions of numpy -> the default axis, which is the rows: carried along other axes only."""

_ROW_KINDS = ("frame", "series", "array")


def effect(kind: str, name: str) -> str | None:
    """What an operation on rows of a kind does; None where it has no counterpart.

    Rows of a kind that is not known may do what any kind may.
    """
    if kind in OPERATIONS:
        return OPERATIONS[kind].get(name)
    found = [OPERATIONS[one][name] for one in _ROW_KINDS if name in OPERATIONS[one]]
    return found[0] if found else None
