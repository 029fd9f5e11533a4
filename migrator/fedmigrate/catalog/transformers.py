"""Transformers of scikit-learn by what they take from the rows that they are fitted on."""

from __future__ import annotations


def _names(module: str, names: str) -> frozenset[str]:
    return frozenset(f"sklearn.{module}.{name}" for name in names.split())


ENCODERS: frozenset[str] = _names("preprocessing", "OneHotEncoder OrdinalEncoder")
"""Learn which categories a column has."""

LABEL_ENCODERS: frozenset[str] = _names(
    "preprocessing", "LabelBinarizer LabelEncoder MultiLabelBinarizer"
)
"""Learn which labels there are, which gives nothing away of single rows."""

PREPARING: frozenset[str] = (
    ENCODERS
    | _names(
        "preprocessing",
        """
        KBinsDiscretizer MaxAbsScaler MinMaxScaler PowerTransformer QuantileTransformer
        RobustScaler SplineTransformer StandardScaler TargetEncoder
        """,
    )
    | _names("impute", "IterativeImputer KNNImputer SimpleImputer")
    | _names(
        "decomposition",
        """
        DictionaryLearning FactorAnalysis FastICA IncrementalPCA KernelPCA
        MiniBatchDictionaryLearning MiniBatchNMF MiniBatchSparsePCA NMF PCA SparsePCA TruncatedSVD
        """,
    )
    | _names(
        "feature_selection",
        """
        GenericUnivariateSelect RFE RFECV SelectFdr SelectFpr SelectFromModel SelectFwe SelectKBest
        SelectPercentile SequentialFeatureSelector VarianceThreshold
        """,
    )
    | _names("feature_extraction.text", "CountVectorizer TfidfTransformer TfidfVectorizer")
    | _names("discriminant_analysis", "LinearDiscriminantAnalysis")
    | _names("kernel_approximation", "Nystroem")
)
"""Learn from rows how to transform others; the stateless ones are not among them."""

MADE_OF_STEPS: frozenset[str] = _names("pipeline", "FeatureUnion Pipeline") | _names(
    "compose", "ColumnTransformer"
)
"""Learn what their steps learn."""
