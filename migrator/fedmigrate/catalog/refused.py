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
        "aggregates such as means and histograms",
        "neighbors.KNeighborsTransformer",
        "neighbors.KernelDensity",
        "neighbors.LocalOutlierFactor",
        "neighbors.NearestNeighbors",
        "neighbors.RadiusNeighborsTransformer",
    ),
    **_refused(
        "each missing value is filled from the nearest rows, which other parties may hold",
        "sklearn.impute.SimpleImputer",
        "impute.KNNImputer",
    ),
    **_refused(
        "it needs the kernel of every pair of rows, and its support vectors are rows",
        "sklearn.linear_model.LogisticRegression",
        "svm.NuSVC",
        "svm.SVC",
    ),
    **_refused(
        "it needs the kernel of every pair of rows, and its support vectors are rows",
        "sklearn.linear_model.Ridge",
        "svm.NuSVR",
        "svm.SVR",
    ),
    **_refused(
        "it needs the kernel of every pair of rows, and its support vectors are rows",
        "aggregates such as means and histograms",
        "svm.OneClassSVM",
    ),
    **_refused(
        "it needs the kernel of every pair of rows and keeps the rows in the model",
        "sklearn.linear_model.LogisticRegression",
        "gaussian_process.GaussianProcessClassifier",
    ),
    **_refused(
        "it needs the kernel of every pair of rows and keeps the rows in the model",
        "sklearn.linear_model.Ridge",
        "gaussian_process.GaussianProcessRegressor",
        "kernel_ridge.KernelRidge",
    ),
    **_refused(
        "it needs the kernel of every pair of rows",
        "sklearn.preprocessing.StandardScaler for scaling alone",
        "decomposition.KernelPCA",
        "preprocessing.KernelCenterer",
    ),
    **_refused(
        "it needs the distance of every pair of rows",
        "aggregates by group, computed at the parties",
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
        "aggregates such as means and histograms",
        "manifold.ClassicalMDS",
        "manifold.Isomap",
        "manifold.LocallyLinearEmbedding",
        "manifold.MDS",
        "manifold.SpectralEmbedding",
        "manifold.TSNE",
    ),
}
