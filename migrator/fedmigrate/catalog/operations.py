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
    T at head hist iat plot tail to_clipboard to_csv to_dict to_excel to_hdf to_json to_latex
    to_markdown to_pickle to_sql to_string
"""

_FRAME = _table(
    row_local="""
        abs add add_prefix add_suffix apply applymap assign astype clip copy div drop dropna eq
        eval fillna filter ge get groupby gt iloc index insert isin isna isnull join le loc lt map
        mask merge mod mul ne notna notnull pipe pop pow query radd rdiv reindex rename replace
        reset_index rmul round rpow rsub rtruediv sample select_dtypes set_axis set_index squeeze
        sub to_numpy truediv values where
    """,
    aggregate="""
        agg aggregate all any corr corrwith count cov describe info kurt kurtosis max mean median
        min mode nunique pivot_table quantile sem skew std sum value_counts var
    """,
    public="columns dtypes empty items keys ndim shape size",
    reveals_rows="""
        boxplot iterrows itertuples style to_feather to_html to_orc to_parquet to_records to_stata
        to_xml
    """
    + _SHOWN,
)
_SERIES = _table(
    row_local="""
        abs add apply astype between cat clip copy div drop dropna dt eq fillna ge groupby gt iloc
        index isin isna isnull le loc lt map mask mod mul ne notna notnull pipe pow radd ravel rdiv
        rename replace reset_index rmul round rpow rsub rtruediv sample squeeze str sub to_frame
        to_numpy truediv values where
    """,
    aggregate="""
        agg aggregate all any corr count cov describe info kurt kurtosis max mean median min mode
        nunique quantile sem skew std sum unique value_counts var
    """,
    public="dtype dtypes empty name ndim shape size",
    reveals_rows="idxmax idxmin item items to_list tolist" + _SHOWN,
)
_ARRAY = _table(
    row_local="""
        T argmax argmin astype clip copy dot flatten ravel reshape round squeeze
    """,
    aggregate="all any max mean min std sum var",
    public="dtype ndim shape size",
    reveals_rows="argsort data dump dumps flat item nonzero sort tobytes tofile tolist",
)
_TRANSPOSED = _table(row_local="T", aggregate="dot", public="dtype ndim shape size")
_SPARSE = _table(
    row_local="astype copy multiply power tocsr toarray todense",
    public="dtype ndim shape size",
    reveals_rows="T data getrow indices indptr nonzero",
)
_NUMPY = _table(
    row_local="""
        abs absolute add append apply_along_axis arccos arccosh arcsin arcsinh arctan arctan2
        arctanh argmax argmin argsort around array_split atleast_1d atleast_2d bitwise_and
        bitwise_or bitwise_xor cbrt ceil clip column_stack concatenate copy copysign cos cosh
        cumprod cumsum deg2rad degrees delete diff digitize divide dot empty_like equal exp exp2
        expand_dims expm1 fabs flip float_power floor floor_divide fmax fmin fmod full_like greater
        greater_equal heaviside hstack hypot insert interp invert isclose isfinite isin isinf isnan
        less less_equal log log10 log1p log2 logaddexp logaddexp2 logical_and logical_not
        logical_or logical_xor matmul maximum minimum mod multiply nan_to_num nanargmax nanargmin
        negative not_equal ones_like outer positive power prod rad2deg radians ravel reciprocal
        remainder repeat reshape rint round searchsorted select sign signbit sin sinh sort split
        sqrt square squeeze stack subtract take tan tanh transpose true_divide trunc vstack where
        zeros_like
    """,
    aggregate="""
        all allclose amax amin any array_equal average bincount corrcoef count_nonzero cov histogram
        linalg.norm max mean median min nanmax nanmean nanmedian nanmin nanpercentile nanquantile
        nanstd nansum nanvar percentile ptp quantile std sum unique var
    """,
    public="ndim shape size",
    reveals_rows="""
        argwhere array array2string array_repr array_str asanyarray asarray ascontiguousarray
        asfortranarray flatnonzero nonzero save savetxt savez savez_compressed
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
_CAT = _table(row_local="codes", public="categories ordered")
_LABELS = _table(public="empty shape size", reveals_rows="array to_list tolist values")
_GROUPS = _table(
    row_local="transform",
    aggregate="agg aggregate count max mean median min nunique sem size std sum var",
    public="ngroups",
)
_PANDAS = _table(
    row_local="""
        DataFrame Series concat cut factorize get_dummies isna isnull merge notna notnull qcut
        to_datetime to_numeric
    """,
    aggregate="crosstab pivot_table unique",
)

OPERATIONS: Mapping[str, Mapping[str, str]] = {
    "frame": _FRAME,
    "series": _SERIES,
    "array": _ARRAY,
    "transposed": _TRANSPOSED,
    "sparse": _SPARSE,
    "numpy": _NUMPY,
    "str": _STR,
    "dt": _DT,
    "cat": _CAT,
    "labels": _LABELS,
    "groups": _GROUPS,
    "pandas": _PANDAS,
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

CARRIED_WITH: Mapping[str, Mapping[str, frozenset[object]]] = {
    "corr": {"method": frozenset({"pearson"})},
    "corrwith": {"method": frozenset({"pearson"})},
    "fillna": {"method": frozenset({None}), "limit": frozenset({None})},
    "get_dummies": {"sparse": frozenset({False})},
    "join": {"how": frozenset({"left"})},
    "merge": {
        "how": frozenset({"left", "inner"}),
        "sort": frozenset({False}),
        "left_index": frozenset({False}),
        "right_index": frozenset({False}),
    },
    "pivot_table": {"margins": frozenset({False})},
    "to_datetime": {"errors": frozenset({"raise", "coerce"})},
    "to_numeric": {"errors": frozenset({"raise", "coerce"}), "downcast": frozenset({None})},
}
"""Operation on rows -> argument -> the values with which it is carried; the rest are."""

_GROUPED_ROWS = """
    apply bfill cumcount cummax cummin cumprod cumsum describe diff ewm expanding ffill
    filter first get_group groups head hist idxmax idxmin indices last ngroup nlargest
    nsmallest nth ohlc pct_change pipe plot quantile rank resample rolling sample shift
    skew tail value_counts
"""
GROUPED_ROWS: frozenset[str] = frozenset(_GROUPED_ROWS.split())
"""What pandas has on groups beside figures; another attribute of groups is a column."""

ACCESSORS: frozenset[str] = frozenset(("str", "dt", "cat"))
SELECTORS: frozenset[str] = frozenset(("loc", "iloc"))

RESULT_KIND: Mapping[str, str] = {
    "values": "array",
    "to_numpy": "array",
    "ravel": "array",
    "flatten": "array",
    "reshape": "array",
    "index": "labels",
    "groupby": "groups",
    "transform": "any",
    "pipe": "any",
    "eval": "any",
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

_ROW_KINDS = ("frame", "series", "array")


def effect(kind: str, name: str) -> str | None:
    """What an operation on rows of a kind does; None where it has no counterpart.

    Rows of a kind that is not known may do what any kind may.
    """
    if kind == "stacked":  # an array, or vectors that are still to be transposed
        kind = "array"
    if kind in OPERATIONS:
        return OPERATIONS[kind].get(name)
    found = [OPERATIONS[one][name] for one in _ROW_KINDS if name in OPERATIONS[one]]
    return found[0] if found else None
