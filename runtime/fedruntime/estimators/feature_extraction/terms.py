"""Texts as terms: what the vectorizers of text learn of the words, or n-grams, at the parties.

Texts are analysed once, by scikit-learn's own analyser, into rows of terms that stay where they
are. The distinct terms of each party are revealed; in how many texts each occurs is summed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from numbers import Integral
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer

from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.errors import DataError
from fedruntime.estimators.state import export_state, import_state
from fedruntime.messages import Array, Public
from fedruntime.operations import Statistics, party_op, row_op
from fedruntime.privacy.disclosure import require_repeats

_BLOCK_ROWS = 2**12


def require_texts(X: Handle, purpose: str) -> None:
    """Refuse what is not one text a row.

    Raises
    ------
    DataError
        If the rows are a table, or there are none at any party.
    """
    if X.ndim != 1:
        raise DataError(
            f"{purpose} takes one text a row, not a table of shape {X.shape}: choose the column "
            'that holds the texts, such as X["text"]'
        )
    if not len(X):
        raise DataError("empty vocabulary; there are no texts at any party")


def analysed(model: CountVectorizer, cohort: Cohort) -> Cohort:
    """The cohort with a list of terms in the place of every text.

    The first steps of ``CountVectorizer.fit_transform`` are taken here, so that parameters are
    judged, and warned of, before anything is sent.
    """
    model._validate_params()
    require_texts(cohort["X"], cohort.purpose)
    model._validate_ngram_range()
    model._warn_for_unused_params()
    model._validate_vocabulary()
    model.build_analyzer()
    return cohort.only(X=cohort.derive(analyse, state=export_state(model)))


def learn_vocabulary(model: CountVectorizer, rows: Cohort) -> Array:
    """Set the vocabulary, unless it is given, of rows that ``analysed`` made.

    Its entries are in alphabetical order. scikit-learn's dictionary has the same entries in the
    order in which the texts first use them, which would show how the texts begin.

    Returns
    -------
    ndarray of int64
        The number of texts with each term, in the order of the columns.

    Raises
    ------
    DataError
        If no term is left.
    RevealError
        If the texts of a party are single terms that hardly repeat.
    """
    if model.fixed_vocabulary_:
        terms = _boxed(sorted(model.vocabulary_, key=model.vocabulary_.__getitem__))
        return np.asarray(rows.sum(count_terms, terms=terms)["documents"])
    terms = rows.union(distinct_terms)["terms"]
    if not len(terms):
        raise DataError("empty vocabulary; perhaps the documents only contain stop words")
    totals = rows.sum(count_terms, terms=terms)
    kept = _kept(model, rows.n_samples, totals)
    # Types of scikit-learn's own counters: it numbers terms anew where it limits their number.
    positions = range(len(kept)) if model.max_features is None else np.arange(len(kept))
    model.vocabulary_ = dict(zip(terms[kept].tolist(), positions, strict=True))
    return np.asarray(totals["documents"][kept])


def count_matrix(model: CountVectorizer, rows: Cohort) -> Handle:
    """What ``CountVectorizer.transform`` gives, of rows that ``analysed`` made."""
    return rows.derive(
        as_counts,
        vocabulary=_boxed(sorted(model.vocabulary_, key=model.vocabulary_.__getitem__)),
        binary=model.binary,
        dtype=np.dtype(model.dtype),
    )


def _kept(model: CountVectorizer, n_samples: int, totals: Any) -> Array:
    """Which terms ``min_df``, ``max_df`` and ``max_features`` leave.

    These are the rules of ``CountVectorizer._limit_features``.
    """
    documents = totals["documents"]
    high, low = (
        limit if isinstance(limit, Integral) else limit * n_samples
        for limit in (model.max_df, model.min_df)
    )
    if high < low:
        raise DataError("max_df corresponds to < documents than min_df")
    kept = np.flatnonzero((documents <= high) & (documents >= low))
    if model.max_features is not None and len(kept) > model.max_features:
        occurrences = documents if model.binary else totals["occurrences"]
        # Which of equally frequent terms come first depends on the dtype, too.
        kind = sparse.csr_matrix((1, 1), dtype=model.dtype).sum(axis=0).dtype
        order = (-occurrences[kept].astype(kind)).argsort()
        kept = np.sort(kept[order[: model.max_features]])
    if not len(kept):
        raise DataError("After pruning, no terms remain. Try a lower min_df or a higher max_df.")
    return kept


def _boxed(terms: Sequence[str]) -> Array:
    boxed = np.empty(len(terms), dtype=object)
    boxed[:] = terms
    return boxed


# -- at the parties -------------------------------------------------------------------------


@row_op("terms.analyse")
def analyse(X: Any, state: Public) -> Array:
    """Every text as the list of its terms, in which equal terms are one object."""
    model = import_state(state)
    # The coordinator has compared stop words and analyser already.
    model._stop_words_id = id(model.stop_words)
    analyze = model.build_analyzer()
    shared: dict[str, str] = {}
    rows = np.empty(len(X), dtype=object)
    for number, text in enumerate(np.asarray(X, dtype=object)):
        if not (isinstance(text, str | bytes) or callable(model.analyzer)):
            raise DataError(
                "np.nan is an invalid document, expected byte or unicode string."
                if isinstance(text, float)
                else f"a document is a {type(text).__name__}, expected byte or unicode string"
            )
        rows[number] = [shared.setdefault(term, term) for term in analyze(text)]
    if not all(isinstance(term, str) for term in shared):
        raise DataError("the analyser gives terms that are not text; let it give str")
    return rows


@party_op("terms.distinct", reveals="the distinct terms of the texts")
def distinct_terms(X: Array) -> Statistics:
    """The distinct terms of a party's texts."""
    whole = {terms[0] for terms in X if len(terms) == 1}
    require_repeats(len(whole), len(X), "the texts, as single terms,")
    return {"terms": np.sort(_boxed(list(set(chain.from_iterable(X)))))}


@party_op("terms.counts", counts=("documents",))
def count_terms(X: Array, terms: Array) -> Statistics:
    """In how many texts each term occurs, and how often in all of them."""
    documents = np.zeros(len(terms), dtype=np.int64)
    occurrences = np.zeros(len(terms), dtype=np.int64)
    for block in _matrices(X, terms):
        occurrences += np.bincount(block.indices, block.data, len(terms)).astype(np.int64)
        documents += np.bincount(block.indices, minlength=len(terms))
    return {"documents": documents, "occurrences": occurrences}


@row_op("terms.matrix")
def as_counts(X: Array, vocabulary: Array, binary: bool, dtype: npt.DTypeLike) -> Any:
    """How often each term of the vocabulary occurs in each text, as a CSR matrix."""
    blocks = list(_matrices(X, vocabulary))
    counts = (
        sparse.vstack(blocks, format="csr")
        if blocks
        else sparse.csr_matrix((0, len(vocabulary)), dtype=np.intc)
    )
    if binary:
        counts.data.fill(1)
    return counts.astype(dtype)


def _matrices(rows: Array, terms: Array) -> Iterator[Any]:
    """Counts of known terms, for a block of texts at a time."""
    positions = _Positions(zip(terms.tolist(), range(len(terms)), strict=True))
    for start in range(0, len(rows), _BLOCK_ROWS):
        block = rows[start : start + _BLOCK_ROWS].tolist()
        lengths = np.fromiter(map(len, block), dtype=np.intp, count=len(block))
        found = map(positions.__getitem__, chain.from_iterable(block))
        columns = np.fromiter(found, dtype=np.int32, count=lengths.sum())
        known = columns >= 0
        if not known.all():
            owners = np.repeat(np.arange(len(block)), lengths)[known]
            lengths, columns = np.bincount(owners, minlength=len(block)), columns[known]
        ends = np.concatenate([[0], np.cumsum(lengths)])
        ones = np.ones(len(columns), dtype=np.intc)
        counts = sparse.csr_matrix((ones, columns, ends), shape=(len(block), len(terms)))
        counts.sum_duplicates()
        yield counts


class _Positions(dict[str, int]):
    """The columns of terms; -1 for one that is not known."""

    def __missing__(self, term: str) -> int:
        return -1
