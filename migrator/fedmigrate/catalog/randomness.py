"""Which estimators and splitters of scikit-learn draw at random where no ``random_state`` is given.

Only draws that move results are meant: a solver that shuffles rows on the way to one optimum is not
among them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_ALWAYS = """
    cluster.BisectingKMeans cluster.MiniBatchKMeans cluster.SpectralClustering
    decomposition.DictionaryLearning decomposition.FastICA decomposition.LatentDirichletAllocation
    decomposition.MiniBatchDictionaryLearning decomposition.MiniBatchSparsePCA
    decomposition.SparsePCA ensemble.BaggingClassifier ensemble.BaggingRegressor
    ensemble.ExtraTreesClassifier ensemble.ExtraTreesRegressor ensemble.IsolationForest
    ensemble.RandomForestClassifier ensemble.RandomForestRegressor ensemble.RandomTreesEmbedding
    kernel_approximation.Nystroem kernel_approximation.PolynomialCountSketch
    kernel_approximation.RBFSampler linear_model.PassiveAggressiveClassifier
    linear_model.PassiveAggressiveRegressor linear_model.Perceptron linear_model.RANSACRegressor
    linear_model.SGDClassifier linear_model.SGDRegressor
    mixture.BayesianGaussianMixture mixture.GaussianMixture model_selection.RandomizedSearchCV
    neural_network.BernoulliRBM neural_network.MLPClassifier neural_network.MLPRegressor
    random_projection.GaussianRandomProjection random_projection.SparseRandomProjection
    tree.DecisionTreeClassifier tree.DecisionTreeRegressor tree.ExtraTreeClassifier
    tree.ExtraTreeRegressor
"""
_DRAWING: frozenset[str] = frozenset(f"sklearn.{name}" for name in _ALWAYS.split())

_IF_GIVEN: Mapping[str, tuple[str, tuple[object, ...]]] = {
    "sklearn.svm.SVC": ("probability", (True,)),
    "sklearn.svm.NuSVC": ("probability", (True,)),
    "sklearn.linear_model.Lasso": ("selection", ("random",)),
    "sklearn.linear_model.ElasticNet": ("selection", ("random",)),
    "sklearn.manifold.TSNE": ("init", ("random",)),
}
"""Estimator -> the parameter, and its values, with which it draws."""

_IF_NAMED: Mapping[str, tuple[str, tuple[object, ...]]] = {
    "sklearn.cluster.KMeans": ("init", ("k-means++", "random")),
    "sklearn.manifold.MDS": ("init", ("random",)),
}
"""Estimator -> the parameter with which it does not draw unless it has one of these values."""

MADE_UP = "sklearn.datasets.make_"
"""How the names of functions begin that draw a data set."""

DRAWING_SPLITTERS: frozenset[str] = frozenset(
    f"sklearn.model_selection.{name}"
    for name in (
        "GroupShuffleSplit",
        "RepeatedKFold",
        "RepeatedStratifiedKFold",
        "ShuffleSplit",
        "StratifiedShuffleSplit",
    )
)
"""Splitters that draw whatever they are given; others draw with ``shuffle=True``."""


def draws(name: str, parameters: Mapping[str, Sequence[object]]) -> bool:
    """Whether an estimator draws at random and is not told where to begin.

    Parameters
    ----------
    name : str
        Qualified name.
    parameters : mapping of str to sequence
        What the script gives, each with the constants that it may be, as far as they are known.
    """
    if list(parameters.get("random_state", [None])) != [None]:
        return False
    if name in _IF_GIVEN:
        parameter, values = _IF_GIVEN[name]
        return any(value in values for value in parameters.get(parameter, ()))
    if name in _IF_NAMED:
        parameter, values = _IF_NAMED[name]
        return all(value in values for value in parameters.get(parameter, values)) and (
            parameter not in parameters or bool(parameters[parameter])
        )
    return name in _DRAWING
