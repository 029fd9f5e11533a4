"""The estimators that have no federated fit and will have none: why, and what to take instead."""

from __future__ import annotations

from collections.abc import Mapping

from fedmigrate.catalog.entry import Entry
from fedmigrate.plan import Exactness


def _refused(reason: str, instead: str, *names: str) -> dict[str, Entry]:
    return {f"sklearn.{name}": Entry(Exactness.REFUSED, reason, instead=instead) for name in names}


REFUSED: Mapping[str, Entry] = {
    **_refused(
        "its fitted model is the training rows themselves",
        "sklearn.linear_model.LogisticRegression",
        "neighbors.KNeighborsClassifier",
        "neighbors.RadiusNeighborsClassifier",
        "semi_supervised.LabelPropagation",
        "semi_supervised.LabelSpreading",
    ),
    **_refused(
        "its fitted model is the training rows themselves",
        "sklearn.linear_model.Ridge",
        "neighbors.KNeighborsRegressor",
        "neighbors.RadiusNeighborsRegressor",
        "isotonic.IsotonicRegression",
    ),
    **_refused(
        "its fitted model is the training rows themselves",
        "sklearn.cluster.KMeans, whose centres are no rows",
        "neighbors.KNeighborsTransformer",
        "neighbors.NearestNeighbors",
        "neighbors.RadiusNeighborsTransformer",
    ),
    **_refused(
        "its fitted model is the training rows themselves",
        "sklearn.mixture.GaussianMixture",
        "neighbors.KernelDensity",
    ),
    **_refused(
        "its fitted model is the training rows themselves",
        "sklearn.covariance.EllipticEnvelope",
        "neighbors.LocalOutlierFactor",
    ),
    **_refused(
        "each missing value is filled from the nearest rows, which other parties may hold",
        "sklearn.impute.IterativeImputer",
        "impute.KNNImputer",
    ),
    **_refused(
        "it needs the kernel of every pair of rows, and its support vectors are rows",
        "sklearn.svm.LinearSVC, after sklearn.kernel_approximation.Nystroem for a kernel",
        "svm.NuSVC",
    ),
    **_refused(
        "it needs the kernel of every pair of rows, and its support vectors are rows",
        "sklearn.svm.LinearSVR, after sklearn.kernel_approximation.Nystroem for a kernel",
        "svm.NuSVR",
    ),
    **_refused(
        "it needs the kernel of every pair of rows, and its support vectors are rows",
        "sklearn.covariance.EllipticEnvelope",
        "svm.OneClassSVM",
    ),
    **_refused(
        "it needs the kernel of every pair of rows and keeps the rows in the model",
        "sklearn.linear_model.LogisticRegression",
        "gaussian_process.GaussianProcessClassifier",
    ),
    **_refused(
        "it needs the kernel of every pair of rows and keeps the rows in the model",
        "sklearn.linear_model.BayesianRidge, after sklearn.kernel_approximation.Nystroem",
        "gaussian_process.GaussianProcessRegressor",
        "kernel_ridge.KernelRidge",
    ),
    **_refused(
        "it needs the kernel of every pair of rows",
        "sklearn.decomposition.PCA, after sklearn.kernel_approximation.Nystroem",
        "decomposition.KernelPCA",
        "preprocessing.KernelCenterer",
    ),
    **_refused(
        "it needs the distance of every pair of rows",
        "sklearn.cluster.KMeans or sklearn.mixture.GaussianMixture",
        "cluster.AffinityPropagation",
        "cluster.AgglomerativeClustering",
        "cluster.DBSCAN",
        "cluster.HDBSCAN",
        "cluster.MeanShift",
        "cluster.OPTICS",
        "cluster.SpectralClustering",
    ),
    **_refused(
        "it places every row by its distance to the others",
        "sklearn.decomposition.PCA",
        "manifold.ClassicalMDS",
        "manifold.Isomap",
        "manifold.LocallyLinearEmbedding",
        "manifold.MDS",
        "manifold.SpectralEmbedding",
        "manifold.TSNE",
    ),
    **_refused(
        "each of its steps takes the gradient of one row, which is a multiple of that row",
        "sklearn.linear_model.LogisticRegression or sklearn.svm.LinearSVC",
        "linear_model.PassiveAggressiveClassifier",
        "linear_model.Perceptron",
        "linear_model.SGDClassifier",
    ),
    **_refused(
        "each of its steps takes the gradient of one row, which is a multiple of that row",
        "sklearn.linear_model.Ridge or sklearn.linear_model.HuberRegressor",
        "linear_model.PassiveAggressiveRegressor",
        "linear_model.SGDRegressor",
    ),
    **_refused(
        "each of its steps takes the gradient of one row, which is a multiple of that row",
        "sklearn.covariance.EllipticEnvelope",
        "linear_model.SGDOneClassSVM",
    ),
    **_refused(
        "it compares every pair of rows",
        "sklearn.discriminant_analysis.LinearDiscriminantAnalysis",
        "neighbors.NeighborhoodComponentsAnalysis",
    ),
    **_refused(
        "it takes in one row after another, and its first clusters are single rows",
        "sklearn.cluster.KMeans",
        "cluster.Birch",
    ),
}
