"""The vectorizers of text over parties against the pooled ones: the same columns and weights."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from labels import label
from pooled_twin import assert_same_rows, assert_same_state, fit_both, pooled_rows
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from texts import LABELS, TEXTS

from fedruntime import FLModel
from fedruntime.errors import DataError, RevealError, UnsupportedError


def first_letters(text: str) -> list[str]:
    return [word[0] for word in text.split()]


def without_vowels(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter not in "aeiou")


_OPTIONS: list[dict[str, Any]] = [
    {},
    {"lowercase": False},
    {"min_df": 3, "max_df": 0.4},
    {"min_df": 0.1, "max_df": 20},
    {"max_features": 4},
    {"max_features": 4, "binary": True},
    {"max_features": 4, "dtype": np.float32},
    {"max_features": 1000},
    {"stop_words": "english"},
    {"stop_words": ["ash", "oak"]},
    {"ngram_range": (1, 2)},
    {"ngram_range": (2, 3), "min_df": 2},
    {"analyzer": "char", "ngram_range": (1, 2)},
    {"analyzer": "char_wb", "ngram_range": (2, 3), "max_features": 9},
    {"analyzer": first_letters},
    {"strip_accents": "unicode"},
    {"token_pattern": r"(?u)\b\w+\b"},
    {"preprocessor": without_vowels},
    {"tokenizer": str.split, "token_pattern": None},
    {"vocabulary": ["oak", "yew", "fir"]},
    {"vocabulary": {"oak": 1, "ash": 0}},
    {"vocabulary": {"oak"}},
    {"binary": True, "dtype": np.float64},
]


@pytest.mark.parametrize("options", _OPTIONS, ids=label)
@pytest.mark.parametrize("kind", [CountVectorizer, TfidfVectorizer])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_every_parameter(kind: Any, options: Any, deal: Any) -> None:
    dealt = deal(np.arange(len(TEXTS)) % 3)
    model = kind(**options)
    pooled = clone(model).fit(TEXTS)
    ours = FLModel(model=clone(model)).fit(dealt(TEXTS))
    # Where in memory the given stop words lie.
    assert hasattr(pooled, "_stop_words_id") == hasattr(ours, "_stop_words_id")
    vars(pooled).pop("_stop_words_id", None)
    vars(ours.to_sklearn()).pop("_stop_words_id", None)
    assert_same_state(ours, pooled)
    assert_same_rows(ours.transform(dealt(TEXTS)), pooled.transform(TEXTS))


@pytest.mark.parametrize(
    "model",
    [
        CountVectorizer(),
        CountVectorizer(max_features=3, binary=True, dtype=np.uint8),
        CountVectorizer(vocabulary=["oak", "ash"]),
        TfidfVectorizer(),
        TfidfVectorizer(norm="l1", sublinear_tf=True),
        TfidfVectorizer(norm=None, smooth_idf=False, max_features=5),
        TfidfVectorizer(use_idf=False),
        TfidfVectorizer(vocabulary=["oak", "ash"]),
        TfidfVectorizer(dtype=np.float32),
        HashingVectorizer(n_features=64),
        HashingVectorizer(n_features=64, norm=None, alternate_sign=False),
    ],
    ids=label,
)
def test_fit_and_transform_in_one(model: Any, dealt: Any) -> None:
    ours, pooled, handle = fit_both(model, TEXTS, dealt)
    assert_same_state(ours, pooled)
    # scikit-learn's own fit_transform and transform add up a row in different orders.
    atol = 1e-15 if model.dtype is not np.float32 else 1e-7
    expected = clone(model).fit_transform(TEXTS)
    assert_same_rows(FLModel(model=clone(model)).fit_transform(handle), expected, atol)
    assert_same_rows(ours.transform(handle), expected, atol)


@pytest.mark.parametrize("as_kind", [np.asarray, lambda texts: np.asarray(texts, dtype=str)])
def test_texts_in_arrays(as_kind: Any, dealt: Any) -> None:
    ours, pooled, handle = fit_both(TfidfVectorizer(), as_kind(TEXTS), dealt)
    assert_same_state(ours, pooled)
    assert_same_rows(ours.transform(handle), pooled.transform(TEXTS))


def test_texts_in_bytes(deal: Any) -> None:
    texts = pd.Series([text.encode("latin1") for text in TEXTS])
    dealt = deal(np.arange(len(texts)) % 2)
    model = CountVectorizer(encoding="latin1")
    assert_same_state(FLModel(model=clone(model)).fit(dealt(texts)), clone(model).fit(texts))


@pytest.mark.parametrize(
    "model", [CountVectorizer(vocabulary=["oak"]), HashingVectorizer(n_features=8)]
)
def test_what_has_nothing_to_learn_needs_no_fit(model: Any, deal: Any) -> None:
    dealt = deal(np.arange(len(TEXTS)) % 2)
    assert_same_rows(FLModel(model=model).transform(dealt(TEXTS)), model.transform(TEXTS))


def test_words_that_a_party_does_not_have(deal: Any) -> None:
    texts = pd.Series(["ash oak", "ash ash", "yew", "fir yew"])
    dealt = deal([0, 0, 1, 1])
    ours = FLModel(model=CountVectorizer()).fit(dealt(texts))
    assert ours.vocabulary_ == {"ash": 0, "fir": 1, "oak": 2, "yew": 3}
    other = deal([0, 1])(pd.Series(["ash willow", "willow"]))
    assert pooled_rows(ours.transform(other)).tolist() == [[1, 0, 0, 0], [0, 0, 0, 0]]


def test_a_pipeline_learns_the_pooled_classifier(deal: Any) -> None:
    model = Pipeline([("tfidf", TfidfVectorizer()), ("clf", LogisticRegression())])
    dealt = deal(np.arange(len(TEXTS)) % 3)
    ours = FLModel(model=clone(model)).fit(dealt(TEXTS), dealt(LABELS))
    pooled = clone(model).fit(TEXTS, LABELS)
    np.testing.assert_allclose(ours["clf"].coef_, pooled["clf"].coef_, atol=1e-9)
    assert pooled_rows(ours.predict(dealt(TEXTS))).tolist() == pooled.predict(TEXTS).tolist()
    assert ours.score(dealt(TEXTS), dealt(LABELS)) == pooled.score(TEXTS, LABELS)


def test_naive_bayes_on_counts_of_words(deal: Any) -> None:
    model = make_pipeline(CountVectorizer(min_df=2), MultinomialNB())
    dealt = deal(np.arange(len(TEXTS)) % 3)
    ours = FLModel(model=clone(model)).fit(dealt(TEXTS), dealt(LABELS))
    pooled = clone(model).fit(TEXTS, LABELS)
    np.testing.assert_array_equal(ours[-1].feature_count_, pooled[-1].feature_count_)
    assert ours.score(dealt(TEXTS), dealt(LABELS)) == pooled.score(TEXTS, LABELS)


def test_a_text_column_beside_others(dealt: Any) -> None:
    frame = pd.DataFrame({"text": TEXTS, "length": TEXTS.str.len()})
    model = ColumnTransformer(
        [("words", TfidfVectorizer(), "text"), ("length", StandardScaler(), ["length"])]
    )
    ours, pooled, handle = fit_both(model, frame, dealt)
    assert_same_state(ours, pooled, 1e-14)
    assert_same_rows(ours.transform(handle), pooled.transform(frame), 1e-14)
    again = FLModel(model=clone(model)).fit_transform(handle)
    assert_same_rows(again, pooled.transform(frame), 1e-14)


def test_a_union_of_vectorizers(deal: Any) -> None:
    model = FeatureUnion(
        [("words", CountVectorizer()), ("letters", CountVectorizer(analyzer="char"))],
        transformer_weights={"letters": 0.5},
    )
    dealt = deal(np.arange(len(TEXTS)) % 3)
    expected = clone(model).fit_transform(TEXTS)
    ours = FLModel(model=clone(model))
    assert_same_rows(ours.fit_transform(dealt(TEXTS)), expected)
    assert_same_rows(ours.transform(dealt(TEXTS)), expected)


# -- what is refused ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (CountVectorizer(min_df=50), "max_df corresponds to < documents than min_df"),
        (CountVectorizer(min_df=48), "After pruning, no terms remain"),
        (CountVectorizer(token_pattern="never"), "empty vocabulary; perhaps"),
        (CountVectorizer(min_df=-1), "min_df"),
        (CountVectorizer(ngram_range=(3, 1)), "ngram_range"),
        (CountVectorizer(vocabulary=[]), "empty vocabulary passed to fit"),
    ],
)
def test_errors_in_the_words_of_scikit_learn(model: Any, message: str, deal: Any) -> None:
    with pytest.raises(ValueError, match=message):
        clone(model).fit(TEXTS)
    with pytest.raises(ValueError, match=message):
        FLModel(model=clone(model)).fit(deal(np.arange(len(TEXTS)) % 2)(TEXTS))


def test_a_parameter_is_judged_before_anything_is_sent(deal: Any) -> None:
    dealt = deal([0, 1])
    with pytest.raises(ValueError, match="min_df"):
        FLModel(model=CountVectorizer(min_df=-1)).fit(dealt(TEXTS[:2]))
    with pytest.raises(UnsupportedError, match="input='filename'"):
        FLModel(model=CountVectorizer(input="filename")).fit(dealt(TEXTS[:2]))
    assert not list(dealt.federation.ledger)


@pytest.mark.parametrize("missing", [np.nan, None])
@pytest.mark.parametrize("model", [CountVectorizer(), TfidfVectorizer()])
def test_a_text_that_is_missing(missing: Any, model: Any, deal: Any) -> None:
    texts = pd.Series(["ash oak", "oak", missing, "yew"], dtype=object)
    with pytest.raises(DataError, match=r"party 'party1': .*expected byte or unicode string"):
        FLModel(model=model).fit(deal([0, 0, 1, 1])(texts))


def test_a_missing_text_in_transform(deal: Any) -> None:
    dealt = deal([0, 0, 1, 1])
    ours = FLModel(model=CountVectorizer()).fit(dealt(TEXTS[:4]))
    with pytest.raises(DataError, match=r"np\.nan is an invalid document"):
        ours.transform(dealt(pd.Series(["ash", "oak", np.nan, "yew"], dtype=object)))


def test_a_table_is_no_text(deal: Any) -> None:
    dealt = deal([0, 1])
    with pytest.raises(DataError, match=r"choose the column that holds the texts"):
        FLModel(model=CountVectorizer()).fit(dealt(TEXTS[:2].to_frame()))


def test_an_analyser_that_gives_no_text(deal: Any) -> None:
    model = CountVectorizer(analyzer=lambda text: [len(text)])
    with pytest.raises(DataError, match="terms that are not text"):
        FLModel(model=model).fit(deal([0, 1])(TEXTS[:2]))


# -- what leaves a party --------------------------------------------------------------------


def test_texts_that_are_single_terms_are_not_told(deal: Any) -> None:
    whole = CountVectorizer(token_pattern=".+")
    texts = pd.Series([f"patient {number} has a secret" for number in range(60)])
    with pytest.raises(RevealError, match="as single terms, has 30 distinct values in 30 rows"):
        FLModel(model=whole).fit(deal(np.arange(60) % 2)(texts))


def test_the_first_text_cannot_be_read_off_the_vocabulary(deal: Any) -> None:
    texts = pd.Series(["zebra yak ape", "ape cat", "cat yak zebra", "yak"])
    ours = FLModel(model=CountVectorizer()).fit(deal([0, 1, 0, 1])(texts))
    assert list(ours.vocabulary_) == sorted(ours.vocabulary_)


def test_only_distinct_terms_and_sums_leave(deal: Any) -> None:
    dealt = deal(np.arange(len(TEXTS)) % 2)
    ours = FLModel(model=TfidfVectorizer()).fit(dealt(TEXTS))
    size = len(ours.vocabulary_)
    left = {entry.operation: entry for entry in dealt.federation.ledger}
    own = {name for name in left if not name.startswith("secure.")}
    assert own == {"terms.analyse", "terms.distinct", "terms.counts"}
    assert left["terms.analyse"].protection == "facts"
    assert left["terms.counts"].protection == "masked"
    assert {shape for _, shape in left["terms.counts"].content} == {(size,)}
    assert [shape for _, shape in left["terms.distinct"].content] <= [(size,)]


def test_inconsistent_stop_words_are_warned_of_once(deal: Any) -> None:
    model = CountVectorizer(stop_words=["it's"])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        FLModel(model=model).fit(deal(np.arange(len(TEXTS)) % 3)(TEXTS))
    assert len([w for w in caught if "stop_words may be inconsistent" in str(w.message)]) == 1
