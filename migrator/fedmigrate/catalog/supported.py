"""The estimators that have a federated fit: how exact it is, and which parameters it refuses.

One line an estimator, under its canonical public name; a test holds it to the runtime's registry.
"""

from __future__ import annotations

from collections.abc import Mapping

from fedmigrate.catalog.entry import Entry
from fedmigrate.plan import Exactness

_EXACT = Exactness.EXACT
_EQUIVALENT = Exactness.EQUIVALENT
_STATISTICAL = Exactness.STATISTICAL
_APPROXIMATE = Exactness.APPROXIMATE

SUPPORTED: Mapping[str, Entry] = {
    "sklearn.calibration.CalibratedClassifierCV": Entry(
        _EXACT,
        (
            "scikit-learn's own folds, and its calibration on summed losses; as exact as "
            "the classifier"
        ),
        refuses={"method": ("sigmoid", "temperature")},
        by_parameter={
            ("method", "temperature"): (
                _EQUIVALENT,
                (
                    "scikit-learn's own search for the temperature on summed losses: to about "
                    "1e-8, as far as a flat loss tells temperatures apart"
                ),
            )
        },
        positional=("estimator",),
        parts=("estimator",),
        default_part="sklearn.svm.LinearSVC",
    ),
    "sklearn.cluster.BisectingKMeans": Entry(
        _STATISTICAL,
        (
            "each iteration from summed clusters; each bisection starts from means of at "
            "least 10 rows, or beside the mean of a smaller cluster, as a row would be "
            "revealed"
        ),
        positional=("n_clusters",),
    ),
    "sklearn.cluster.KMeans": Entry(
        _STATISTICAL,
        (
            "each iteration from summed clusters; k-means++ chooses initial centres among"
            " means of at least 10 rows, as a row would be revealed"
        ),
        by_parameter={
            ("init", "random"): (
                _STATISTICAL,
                (
                    "each iteration from summed clusters; initial centres are drawn among means "
                    "of at least 10 rows, as a row would be revealed"
                ),
            )
        },
        positional=("n_clusters",),
    ),
    "sklearn.cluster.MiniBatchKMeans": Entry(
        _STATISTICAL,
        (
            "each batch from summed clusters; initial centres, and clusters with too few "
            "rows, are placed on means of at least 10 rows, as a row would be revealed"
        ),
        positional=("n_clusters",),
    ),
    "sklearn.compose.ColumnTransformer": Entry(
        _EXACT,
        "each transformer by its own federated fit; as exact as the weakest of them",
        positional=("transformers",),
        parts=("transformers",),
    ),
    "sklearn.compose.TransformedTargetRegressor": Entry(
        _EXACT,
        ("regressor and transformer by their own federated fits; as exact as the weaker one"),
        positional=("regressor",),
        parts=("regressor", "transformer"),
    ),
    "sklearn.covariance.EllipticEnvelope": Entry(
        _STATISTICAL,
        (
            "as many trials on subsets of rows, each from a support drawn at the parties,"
            " as sums over known sets of rows would reveal these; the best trial is "
            "mostly that of the pooled fit"
        ),
    ),
    "sklearn.covariance.EmpiricalCovariance": Entry(_EXACT, "means and scatter matrix from sums"),
    "sklearn.covariance.LedoitWolf": Entry(
        _EXACT, "means and scatter matrix from sums, then one summed fourth moment"
    ),
    "sklearn.covariance.MinCovDet": Entry(
        _STATISTICAL,
        (
            "as many trials on subsets of rows, each from a support drawn at the parties,"
            " as sums over known sets of rows would reveal these; the best trial is "
            "mostly that of the pooled fit"
        ),
    ),
    "sklearn.covariance.OAS": Entry(_EXACT, "means and scatter matrix from sums"),
    "sklearn.covariance.ShrunkCovariance": Entry(_EXACT, "means and scatter matrix from sums"),
    "sklearn.cross_decomposition.CCA": Entry(
        _EXACT,
        "scikit-learn's own iterations on the factor of the summed Gram matrix",
        positional=("n_components",),
    ),
    "sklearn.cross_decomposition.PLSCanonical": Entry(
        _EXACT,
        "scikit-learn's own iterations on the factor of the summed Gram matrix",
        positional=("n_components",),
    ),
    "sklearn.cross_decomposition.PLSRegression": Entry(
        _EXACT,
        "scikit-learn's own iterations on the factor of the summed Gram matrix",
        positional=("n_components",),
    ),
    "sklearn.cross_decomposition.PLSSVD": Entry(
        _EXACT,
        "scikit-learn's own iterations on the factor of the summed Gram matrix",
        positional=("n_components",),
    ),
    "sklearn.decomposition.FactorAnalysis": Entry(
        _EXACT,
        (
            "scikit-learn's iterations on a factor of the summed scatter matrix, from the"
            " same draws; with more columns than rows by full decompositions, which the "
            "pooled fit approximates"
        ),
        by_parameter={
            ("svd_method", "lapack"): (
                _EXACT,
                (
                    "scikit-learn's iterations on a factor of the summed scatter matrix; "
                    "components up to their signs, which the pooled fit takes from single rows"
                ),
            )
        },
        positional=("n_components",),
    ),
    "sklearn.decomposition.FastICA": Entry(
        _EXACT,
        (
            "whitening from the summed scatter matrix; each iteration from summed "
            "contrasts, with scikit-learn's own start"
        ),
        positional=("n_components",),
    ),
    "sklearn.decomposition.IncrementalPCA": Entry(
        _EXACT,
        (
            "the same batches, each from its summed scatter matrix; a last batch of fewer"
            " than 10 rows joins the one before, under a warning, as its sums would "
            "reveal rows"
        ),
        positional=("n_components",),
    ),
    "sklearn.decomposition.NMF": Entry(
        _EXACT,
        (
            "scikit-learn's own updates of activations at the parties, components from "
            "sums; the same start, but for more columns than rows, where nndsvd starts "
            "take the decomposition that the pooled fit approximates"
        ),
        refuses={"init": (None, "random", "nndsvd", "nndsvda", "nndsvdar")},
        by_parameter={
            ("init", "nndsvdar"): (
                _STATISTICAL,
                (
                    "scikit-learn's own updates from another random fill of the zeros in the "
                    "start, as the positions of zeros are not revealed"
                ),
            )
        },
        positional=("n_components",),
    ),
    "sklearn.decomposition.PCA": Entry(
        _EXACT,
        (
            "summed scatter matrix, in an orthogonal basis where the pooled solver is "
            "that accurate; large tables of more columns than rows as with "
            "svd_solver='randomized'"
        ),
        by_parameter={
            ("svd_solver", "randomized"): (
                _EQUIVALENT,
                (
                    "scikit-learn's iteration from the same draws, to rounding; with more columns"
                    " than rows the decomposition itself, which the pooled fit approximates, as "
                    "its draws would reveal mixtures of rows"
                ),
            )
        },
        positional=("n_components",),
    ),
    "sklearn.decomposition.TruncatedSVD": Entry(
        _EQUIVALENT,
        (
            "scikit-learn's randomised iteration from the same draws, to rounding; with "
            "more columns than rows the decomposition itself, which the pooled fit "
            "approximates, as its draws would reveal mixtures of rows"
        ),
        by_parameter={("algorithm", "arpack"): (_EXACT, "summed products, to rounding")},
        positional=("n_components",),
    ),
    "sklearn.discriminant_analysis.LinearDiscriminantAnalysis": Entry(
        _EXACT,
        (
            "class means from sums, singular values from the factor of the summed scatter"
            " within classes; scalings_ up to their signs, which scikit-learn takes from "
            "the order of rows"
        ),
        refuses={"covariance_estimator": (None,)},
        positional=(
            "solver",
            "shrinkage",
            "priors",
            "n_components",
            "store_covariance",
            "tol",
            "covariance_estimator",
        ),
    ),
    "sklearn.discriminant_analysis.QuadraticDiscriminantAnalysis": Entry(
        _EXACT,
        (
            "class means from sums, and scikit-learn's own solver on the factor of each "
            "class's summed scatter; rotations_ up to their signs, which scikit-learn "
            "takes from the order of rows"
        ),
        refuses={"covariance_estimator": (None,)},
    ),
    "sklearn.dummy.DummyClassifier": Entry(
        _EXACT,
        "classes and their counts",
        by_parameter={
            ("strategy", "stratified"): (
                _STATISTICAL,
                (
                    "the same classes and shares; predictions are drawn at each party by itself, "
                    "so that they are not the draws of the pooled rows"
                ),
            ),
            ("strategy", "uniform"): (
                _STATISTICAL,
                (
                    "the same classes and shares; predictions are drawn at each party by itself, "
                    "so that they are not the draws of the pooled rows"
                ),
            ),
        },
    ),
    "sklearn.dummy.DummyRegressor": Entry(_EXACT, "means from sums"),
    "sklearn.ensemble.AdaBoostClassifier": Entry(
        _EQUIVALENT,
        (
            "scikit-learn's loop on summed errors; as exact as the boosted estimator, but"
            " that rounding grows from one to the next, to a relative 1e-6 at most"
        ),
        positional=("estimator",),
        parts=("estimator",),
        default_part="sklearn.tree.DecisionTreeClassifier",
    ),
    "sklearn.ensemble.AdaBoostRegressor": Entry(
        _STATISTICAL,
        (
            "scikit-learn's loop on summed errors; each row is drawn for itself by its "
            "weight, since nobody knows the weights of all rows"
        ),
        positional=("estimator",),
        parts=("estimator",),
        default_part="sklearn.tree.DecisionTreeRegressor",
    ),
    "sklearn.ensemble.BaggingClassifier": Entry(
        _EXACT,
        ("scikit-learn's own samples of rows and columns; as exact as the bagged estimator"),
        positional=("estimator", "n_estimators"),
        parts=("estimator",),
        default_part="sklearn.tree.DecisionTreeClassifier",
    ),
    "sklearn.ensemble.BaggingRegressor": Entry(
        _EXACT,
        ("scikit-learn's own samples of rows and columns; as exact as the bagged estimator"),
        positional=("estimator", "n_estimators"),
        parts=("estimator",),
        default_part="sklearn.tree.DecisionTreeRegressor",
    ),
    "sklearn.ensemble.ExtraTreesClassifier": Entry(
        _STATISTICAL,
        (
            "all trees grown together on summed histograms of up to 255 bins, on scikit-"
            "learn's own bootstrap samples; features and equally good splits are other "
            "draws"
        ),
        refuses={"monotonic_cst": (None,)},
        positional=("n_estimators",),
    ),
    "sklearn.ensemble.ExtraTreesRegressor": Entry(
        _STATISTICAL,
        (
            "all trees grown together on summed histograms of up to 255 bins, on scikit-"
            "learn's own bootstrap samples; features and equally good splits are other "
            "draws"
        ),
        refuses={
            "monotonic_cst": (None,),
            "criterion": ("squared_error", "friedman_mse", "poisson"),
        },
        positional=("n_estimators",),
    ),
    "sklearn.ensemble.GradientBoostingClassifier": Entry(
        _STATISTICAL,
        (
            "scikit-learn's stages on summed histograms of up to 255 bins; leaf values "
            "from sums over leaves; features and equally good splits are other draws"
        ),
    ),
    "sklearn.ensemble.GradientBoostingRegressor": Entry(
        _STATISTICAL,
        (
            "scikit-learn's stages on summed histograms of up to 255 bins; leaf values "
            "from sums over leaves; features and equally good splits are other draws"
        ),
    ),
    "sklearn.ensemble.HistGradientBoostingClassifier": Entry(
        _EXACT,
        ("scikit-learn's own tree growing on summed histograms, in bins found by summed counts"),
        positional=("loss",),
    ),
    "sklearn.ensemble.HistGradientBoostingRegressor": Entry(
        _EXACT,
        ("scikit-learn's own tree growing on summed histograms, in bins found by summed counts"),
        positional=("loss",),
    ),
    "sklearn.ensemble.IsolationForest": Entry(
        _STATISTICAL,
        (
            "random trees on scikit-learn's own samples of rows, grown together on summed"
            " histograms; columns and thresholds are other draws"
        ),
    ),
    "sklearn.ensemble.RandomForestClassifier": Entry(
        _STATISTICAL,
        (
            "all trees grown together on summed histograms of up to 255 bins, on scikit-"
            "learn's own bootstrap samples; features and equally good splits are other "
            "draws"
        ),
        refuses={"monotonic_cst": (None,)},
        positional=("n_estimators",),
    ),
    "sklearn.ensemble.RandomForestRegressor": Entry(
        _STATISTICAL,
        (
            "all trees grown together on summed histograms of up to 255 bins, on scikit-"
            "learn's own bootstrap samples; features and equally good splits are other "
            "draws"
        ),
        refuses={
            "monotonic_cst": (None,),
            "criterion": ("squared_error", "friedman_mse", "poisson"),
        },
        positional=("n_estimators",),
    ),
    "sklearn.ensemble.RandomTreesEmbedding": Entry(
        _STATISTICAL,
        (
            "random trees grown together on summed histograms; columns and thresholds are"
            " other draws"
        ),
        refuses={"warm_start": (False,)},
        positional=("n_estimators",),
    ),
    "sklearn.ensemble.StackingClassifier": Entry(
        _EXACT,
        (
            "scikit-learn's own folds, each part by its federated fit; as exact as the "
            "weakest of them"
        ),
        positional=("estimators", "final_estimator"),
        parts=("estimators", "final_estimator"),
    ),
    "sklearn.ensemble.StackingRegressor": Entry(
        _EXACT,
        (
            "scikit-learn's own folds, each part by its federated fit; as exact as the "
            "weakest of them"
        ),
        positional=("estimators", "final_estimator"),
        parts=("estimators", "final_estimator"),
    ),
    "sklearn.ensemble.VotingClassifier": Entry(
        _EXACT,
        "each estimator by its own federated fit; as exact as the weakest of them",
        positional=("estimators",),
        parts=("estimators",),
    ),
    "sklearn.ensemble.VotingRegressor": Entry(
        _EXACT,
        "each estimator by its own federated fit; as exact as the weakest of them",
        positional=("estimators",),
        parts=("estimators",),
    ),
    "sklearn.feature_extraction.DictVectorizer": Entry(
        _EXACT, "union of the parties' feature names, revealed by each", refuses={"sort": (True,)}
    ),
    "sklearn.feature_extraction.FeatureHasher": Entry(
        _EXACT, "nothing is learnt; each party hashes its own rows", positional=("n_features",)
    ),
    "sklearn.feature_extraction.text.CountVectorizer": Entry(
        _EXACT,
        "union of the parties' terms, revealed by each; summed document counts",
        refuses={"input": ("content",)},
    ),
    "sklearn.feature_extraction.text.HashingVectorizer": Entry(
        _EXACT,
        "nothing is learnt; each party hashes its own texts",
        refuses={"input": ("content",)},
    ),
    "sklearn.feature_extraction.text.TfidfTransformer": Entry(
        _EXACT, "summed document frequencies; weights bit-identical"
    ),
    "sklearn.feature_extraction.text.TfidfVectorizer": Entry(
        _EXACT,
        "union of the parties' terms, revealed by each; summed document counts",
        refuses={"input": ("content",)},
    ),
    "sklearn.feature_selection.GenericUnivariateSelect": Entry(
        _EXACT,
        "sums by class or with the target; the choice is scikit-learn's own",
        positional=("score_func",),
    ),
    "sklearn.feature_selection.RFE": Entry(
        _EXACT,
        "its estimator's own federated fits; as exact as these",
        positional=("estimator",),
        parts=("estimator",),
    ),
    "sklearn.feature_selection.RFECV": Entry(
        _EXACT,
        ("its estimator's own federated fits on scikit-learn's folds; as exact as these"),
        positional=("estimator",),
        parts=("estimator",),
    ),
    "sklearn.feature_selection.SelectFdr": Entry(
        _EXACT,
        "sums by class or with the target; the choice is scikit-learn's own",
        positional=("score_func",),
    ),
    "sklearn.feature_selection.SelectFpr": Entry(
        _EXACT,
        "sums by class or with the target; the choice is scikit-learn's own",
        positional=("score_func",),
    ),
    "sklearn.feature_selection.SelectFromModel": Entry(
        _EXACT,
        "its estimator's own federated fit; as exact as that",
        positional=("estimator",),
        parts=("estimator",),
    ),
    "sklearn.feature_selection.SelectFwe": Entry(
        _EXACT,
        "sums by class or with the target; the choice is scikit-learn's own",
        positional=("score_func",),
    ),
    "sklearn.feature_selection.SelectKBest": Entry(
        _EXACT,
        "sums by class or with the target; the choice is scikit-learn's own",
        positional=("score_func",),
    ),
    "sklearn.feature_selection.SelectPercentile": Entry(
        _EXACT,
        "sums by class or with the target; the choice is scikit-learn's own",
        positional=("score_func",),
    ),
    "sklearn.feature_selection.SequentialFeatureSelector": Entry(
        _EXACT,
        ("its estimator's own federated fits on scikit-learn's folds; as exact as these"),
        positional=("estimator",),
        parts=("estimator",),
    ),
    "sklearn.feature_selection.VarianceThreshold": Entry(
        _EXACT,
        ("sums of values and squared deviations; each party reveals the extremes of its columns"),
        positional=("threshold",),
    ),
    "sklearn.impute.IterativeImputer": Entry(
        _EXACT,
        (
            "federated fits of the estimator, column by column; each party reveals how "
            "many values of each column it has"
        ),
        refuses={"sample_posterior": (False,)},
        positional=("estimator",),
        parts=("estimator",),
    ),
    "sklearn.impute.MissingIndicator": Entry(_EXACT, "summed counts of missing values, by column"),
    "sklearn.impute.SimpleImputer": Entry(
        _EXACT,
        ("sums for means, radix selection for medians; distinct values revealed for most_frequent"),
        refuses={"strategy": ("mean", "median", "most_frequent", "constant")},
    ),
    "sklearn.kernel_approximation.AdditiveChi2Sampler": Entry(
        _EXACT, "works value by value; only the columns are learnt"
    ),
    "sklearn.kernel_approximation.Nystroem": Entry(
        _APPROXIMATE,
        (
            "landmarks are means of groups of at least 10 rows or points beside them, as "
            "rows would be revealed; there is no component_indices_"
        ),
        refuses={
            "kernel": (
                "rbf",
                "additive_chi2",
                "chi2",
                "cosine",
                "laplacian",
                "linear",
                "poly",
                "polynomial",
                "sigmoid",
            )
        },
        positional=("kernel",),
    ),
    "sklearn.kernel_approximation.PolynomialCountSketch": Entry(
        _EXACT,
        ("hashes are drawn from random_state, as in scikit-learn; only the columns are learnt"),
    ),
    "sklearn.kernel_approximation.RBFSampler": Entry(
        _EXACT,
        ("weights are drawn from random_state, as in scikit-learn; only the columns are learnt"),
        by_parameter={("gamma", "scale"): (_EXACT, "sums give the variance; weights are drawn")},
    ),
    "sklearn.kernel_approximation.SkewedChi2Sampler": Entry(
        _EXACT,
        ("weights are drawn from random_state, as in scikit-learn; only the columns are learnt"),
    ),
    "sklearn.linear_model.ARDRegression": Entry(
        _EXACT, "scikit-learn's own iterations on the factor of the summed Gram matrix"
    ),
    "sklearn.linear_model.BayesianRidge": Entry(
        _EXACT, "scikit-learn's own iterations on the factor of the summed Gram matrix"
    ),
    "sklearn.linear_model.ElasticNet": Entry(
        _EXACT,
        ("scikit-learn's own coordinate descent on the factor of the summed Gram matrix"),
        refuses={"precompute": (False, True)},
        positional=("alpha",),
    ),
    "sklearn.linear_model.ElasticNetCV": Entry(
        _EXACT,
        ("scikit-learn's own folds and paths on the factors of Gram matrices summed fold by fold"),
        refuses={"precompute": ("auto", False, True)},
    ),
    "sklearn.linear_model.GammaRegressor": Entry(
        _EXACT,
        "scikit-learn's own iterations on the summed deviance, gradient and Hessian",
        refuses={"solver": ("lbfgs", "newton-cholesky")},
    ),
    "sklearn.linear_model.HuberRegressor": Entry(
        _EXACT, "scikit-learn's own L-BFGS iterations on the summed loss and gradient"
    ),
    "sklearn.linear_model.Lars": Entry(
        _EXACT,
        ("scikit-learn's own path of least angles on the factor of the summed Gram matrix"),
        refuses={"precompute": ("auto", True, False, None), "jitter": (None,)},
    ),
    "sklearn.linear_model.LarsCV": Entry(
        _EXACT,
        ("scikit-learn's own folds and paths on the factors of Gram matrices summed fold by fold"),
        refuses={"precompute": ("auto", True, False, None)},
    ),
    "sklearn.linear_model.Lasso": Entry(
        _EXACT,
        ("scikit-learn's own coordinate descent on the factor of the summed Gram matrix"),
        refuses={"precompute": (False, True)},
        positional=("alpha",),
    ),
    "sklearn.linear_model.LassoCV": Entry(
        _EXACT,
        ("scikit-learn's own folds and paths on the factors of Gram matrices summed fold by fold"),
        refuses={"precompute": ("auto", False, True)},
    ),
    "sklearn.linear_model.LassoLars": Entry(
        _EXACT,
        ("scikit-learn's own path of least angles on the factor of the summed Gram matrix"),
        refuses={"precompute": ("auto", True, False, None), "jitter": (None,)},
        positional=("alpha",),
    ),
    "sklearn.linear_model.LassoLarsCV": Entry(
        _EXACT,
        ("scikit-learn's own folds and paths on the factors of Gram matrices summed fold by fold"),
        refuses={"precompute": ("auto", True, False, None)},
    ),
    "sklearn.linear_model.LassoLarsIC": Entry(
        _EXACT,
        ("scikit-learn's own path of least angles on the factor of the summed Gram matrix"),
        refuses={"precompute": ("auto", True, False, None)},
        positional=("criterion",),
    ),
    "sklearn.linear_model.LinearRegression": Entry(
        _EXACT,
        "summed Gram matrix, in an orthogonal basis where it is ill-conditioned",
        by_parameter={
            ("positive", True): (_EXACT, "non-negative least squares on the summed factor")
        },
    ),
    "sklearn.linear_model.LogisticRegression": Entry(
        _EXACT,
        "scikit-learn's own iterations on the summed loss, gradient and Hessian",
        by_parameter={
            ("solver", "sag"): (
                _EQUIVALENT,
                (
                    "the optimum of the same objective, whatever tol and max_iter: to a relative "
                    "1e-9 by Newton steps on the summed gradient and Hessian, 1e-6 by L-BFGS "
                    "beyond 2000 coefficients"
                ),
            ),
            ("solver", "saga"): (
                _EQUIVALENT,
                (
                    "the optimum of the same objective, whatever tol and max_iter: to a relative "
                    "1e-9 by Newton steps on the summed gradient and Hessian, 1e-6 by L-BFGS "
                    "beyond 2000 coefficients"
                ),
            ),
            ("solver", "liblinear"): (
                _EQUIVALENT,
                (
                    "the optimum of the same objective, whatever tol and max_iter: to a relative "
                    "1e-9 by Newton steps on the summed gradient and Hessian, 1e-6 by L-BFGS "
                    "beyond 2000 coefficients"
                ),
            ),
        },
        positional=("penalty",),
    ),
    "sklearn.linear_model.LogisticRegressionCV": Entry(
        _EXACT,
        ("scikit-learn's own folds and iterations on the summed loss, gradient and Hessian"),
        by_parameter={
            ("solver", "liblinear"): (
                _EQUIVALENT,
                (
                    "the optimum of the same objective, whatever tol and max_iter: to a relative "
                    "1e-9 by Newton steps on the summed gradient and Hessian, 1e-6 by L-BFGS "
                    "beyond 2000 coefficients"
                ),
            ),
            ("solver", "sag"): (
                _EQUIVALENT,
                (
                    "the optimum of the same objective, whatever tol and max_iter: to a relative "
                    "1e-9 by Newton steps on the summed gradient and Hessian, 1e-6 by L-BFGS "
                    "beyond 2000 coefficients"
                ),
            ),
            ("solver", "saga"): (
                _EQUIVALENT,
                (
                    "the optimum of the same objective, whatever tol and max_iter: to a relative "
                    "1e-9 by Newton steps on the summed gradient and Hessian, 1e-6 by L-BFGS "
                    "beyond 2000 coefficients"
                ),
            ),
        },
    ),
    "sklearn.linear_model.MultiTaskElasticNet": Entry(
        _EXACT,
        ("scikit-learn's own coordinate descent on the factor of the summed Gram matrix"),
        positional=("alpha",),
    ),
    "sklearn.linear_model.MultiTaskElasticNetCV": Entry(
        _EXACT,
        ("scikit-learn's own folds and paths on the factors of Gram matrices summed fold by fold"),
    ),
    "sklearn.linear_model.MultiTaskLasso": Entry(
        _EXACT,
        ("scikit-learn's own coordinate descent on the factor of the summed Gram matrix"),
        positional=("alpha",),
    ),
    "sklearn.linear_model.MultiTaskLassoCV": Entry(
        _EXACT,
        ("scikit-learn's own folds and paths on the factors of Gram matrices summed fold by fold"),
    ),
    "sklearn.linear_model.OrthogonalMatchingPursuit": Entry(
        _EXACT,
        "scikit-learn's own pursuit on the factor of the summed Gram matrix",
        refuses={"precompute": ("auto", True, False)},
    ),
    "sklearn.linear_model.OrthogonalMatchingPursuitCV": Entry(
        _EXACT,
        (
            "scikit-learn's own folds and pursuits on the factors of Gram matrices summed"
            " fold by fold"
        ),
    ),
    "sklearn.linear_model.PoissonRegressor": Entry(
        _EXACT,
        "scikit-learn's own iterations on the summed deviance, gradient and Hessian",
        refuses={"solver": ("lbfgs", "newton-cholesky")},
    ),
    "sklearn.linear_model.QuantileRegressor": Entry(
        _EQUIVALENT,
        (
            "an interior-point method on sums, and an exact last step: coefficients equal"
            " to 1e-9 where the optimum is unique, else an equal objective; n_iter_ "
            "counts its own steps"
        ),
    ),
    "sklearn.linear_model.Ridge": Entry(
        _EXACT,
        "summed Gram matrix, and scikit-learn's own solver on its factor",
        by_parameter={
            ("solver", "sag"): (
                _EQUIVALENT,
                (
                    "the optimum itself, by a direct solver: scikit-learn's with tol=1e-12 is "
                    "within 1e-6 of it"
                ),
            ),
            ("solver", "saga"): (
                _EQUIVALENT,
                (
                    "the optimum itself, by a direct solver: scikit-learn's with tol=1e-12 is "
                    "within 1e-6 of it"
                ),
            ),
        },
        positional=("alpha",),
    ),
    "sklearn.linear_model.RidgeCV": Entry(
        _EXACT,
        "errors of left-out rows from the eigenvectors of the summed Gram matrix",
        refuses={"store_cv_values": ("deprecated",)},
        positional=("alphas",),
    ),
    "sklearn.linear_model.RidgeClassifier": Entry(
        _EXACT,
        "summed Gram matrix, and scikit-learn's own solver on its factor",
        by_parameter={
            ("solver", "sag"): (
                _EQUIVALENT,
                (
                    "the optimum itself, by a direct solver: scikit-learn's with tol=1e-12 is "
                    "within 1e-6 of it"
                ),
            ),
            ("solver", "saga"): (
                _EQUIVALENT,
                (
                    "the optimum itself, by a direct solver: scikit-learn's with tol=1e-12 is "
                    "within 1e-6 of it"
                ),
            ),
        },
        positional=("alpha",),
    ),
    "sklearn.linear_model.RidgeClassifierCV": Entry(
        _EXACT,
        "errors of left-out rows from the eigenvectors of the summed Gram matrix",
        refuses={"store_cv_values": ("deprecated",), "scoring": (None,)},
        positional=("alphas",),
    ),
    "sklearn.linear_model.TweedieRegressor": Entry(
        _EXACT,
        "scikit-learn's own iterations on the summed deviance, gradient and Hessian",
        refuses={"solver": ("lbfgs", "newton-cholesky")},
    ),
    "sklearn.mixture.BayesianGaussianMixture": Entry(
        _STATISTICAL,
        (
            "scikit-learn's own EM iterations on summed moments, from a federated k-means"
            " clustering whose initial centres are means of at least 10 rows"
        ),
        refuses={"init_params": ("kmeans", "random")},
        by_parameter={
            ("init_params", "random"): (
                _EXACT,
                (
                    "scikit-learn's own EM iterations on summed moments, from the same random "
                    "responsibilities"
                ),
            )
        },
    ),
    "sklearn.mixture.GaussianMixture": Entry(
        _STATISTICAL,
        (
            "scikit-learn's own EM iterations on summed moments, from a federated k-means"
            " clustering whose initial centres are means of at least 10 rows"
        ),
        refuses={"init_params": ("kmeans", "random")},
        by_parameter={
            ("init_params", "random"): (
                _EXACT,
                (
                    "scikit-learn's own EM iterations on summed moments, from the same random "
                    "responsibilities"
                ),
            )
        },
        positional=("n_components",),
    ),
    "sklearn.model_selection.GridSearchCV": Entry(
        _EXACT,
        "scikit-learn's own search and folds; as exact as its estimator",
        positional=("estimator", "param_grid"),
        parts=("estimator",),
    ),
    "sklearn.model_selection.HalvingGridSearchCV": Entry(
        _EXACT,
        "scikit-learn's own search and folds; as exact as its estimator",
        positional=("estimator", "param_grid"),
        parts=("estimator",),
    ),
    "sklearn.model_selection.HalvingRandomSearchCV": Entry(
        _EXACT,
        "scikit-learn's own search and folds; as exact as its estimator",
        positional=("estimator", "param_distributions"),
        parts=("estimator",),
    ),
    "sklearn.model_selection.RandomizedSearchCV": Entry(
        _EXACT,
        "scikit-learn's own search and folds; as exact as its estimator",
        positional=("estimator", "param_distributions"),
        parts=("estimator",),
    ),
    "sklearn.multiclass.OneVsOneClassifier": Entry(
        _EXACT,
        "the estimator's own federated fit, one a pair of classes; as exact as that",
        positional=("estimator",),
        parts=("estimator",),
    ),
    "sklearn.multiclass.OneVsRestClassifier": Entry(
        _EXACT,
        "the estimator's own federated fit, one a class; as exact as that",
        positional=("estimator",),
        parts=("estimator",),
    ),
    "sklearn.multiclass.OutputCodeClassifier": Entry(
        _EXACT,
        (
            "the estimator's own federated fit, one a bit of scikit-learn's own code; as "
            "exact as that"
        ),
        positional=("estimator",),
        parts=("estimator",),
    ),
    "sklearn.multioutput.ClassifierChain": Entry(
        _EXACT,
        "the estimator's own federated fit, one a link of the chain; as exact as that",
        positional=("estimator",),
        parts=("estimator",),
    ),
    "sklearn.multioutput.MultiOutputClassifier": Entry(
        _EXACT,
        ("the estimator's own federated fit, one a column of the target; as exact as that"),
        positional=("estimator",),
        parts=("estimator",),
    ),
    "sklearn.multioutput.MultiOutputRegressor": Entry(
        _EXACT,
        ("the estimator's own federated fit, one a column of the target; as exact as that"),
        positional=("estimator",),
        parts=("estimator",),
    ),
    "sklearn.multioutput.RegressorChain": Entry(
        _EXACT,
        "the estimator's own federated fit, one a link of the chain; as exact as that",
        positional=("estimator",),
        parts=("estimator",),
    ),
    "sklearn.naive_bayes.BernoulliNB": Entry(
        _EXACT,
        ("features summed by class, and scikit-learn's own smoothing; integer counts bit for bit"),
    ),
    "sklearn.naive_bayes.CategoricalNB": Entry(
        _EXACT,
        (
            "categories counted by class, and scikit-learn's own smoothing; parties "
            "reveal their largest"
        ),
    ),
    "sklearn.naive_bayes.ComplementNB": Entry(
        _EXACT,
        ("features summed by class, and scikit-learn's own smoothing; integer counts bit for bit"),
    ),
    "sklearn.naive_bayes.GaussianNB": Entry(
        _EXACT, "sums by class, then squared deviations from their means"
    ),
    "sklearn.naive_bayes.MultinomialNB": Entry(
        _EXACT,
        ("features summed by class, and scikit-learn's own smoothing; integer counts bit for bit"),
    ),
    "sklearn.neighbors.NearestCentroid": Entry(
        _EXACT,
        "class means from sums",
        by_parameter={
            ("metric", "manhattan"): (
                _EXACT,
                "class medians by radix selection over summed counts, equal to the last bit",
            )
        },
        positional=("metric",),
    ),
    "sklearn.neural_network.MLPClassifier": Entry(
        _EXACT,
        (
            "scikit-learn's own solvers on the same batches, their gradients summed; a "
            "message a batch"
        ),
        by_parameter={
            ("early_stopping", True): (
                _STATISTICAL,
                (
                    "as by default, but of two classes the rows that stop it early are drawn "
                    "without a look at their labels"
                ),
            )
        },
        positional=("hidden_layer_sizes", "activation"),
    ),
    "sklearn.neural_network.MLPRegressor": Entry(
        _EXACT,
        (
            "scikit-learn's own solvers on the same batches, their gradients summed; a "
            "message a batch"
        ),
        positional=("loss", "hidden_layer_sizes", "activation"),
    ),
    "sklearn.pipeline.FeatureUnion": Entry(
        _EXACT,
        "each transformer by its own federated fit; as exact as the weakest of them",
        positional=("transformer_list",),
        parts=("transformer_list",),
    ),
    "sklearn.pipeline.Pipeline": Entry(
        _EXACT,
        "each step by its own federated fit; as exact as the weakest of them",
        refuses={"memory": (None,), "transform_input": (None,)},
        positional=("steps",),
        parts=("steps",),
    ),
    "sklearn.preprocessing.Binarizer": Entry(
        _EXACT, "works value by value; only the columns are learnt"
    ),
    "sklearn.preprocessing.FunctionTransformer": Entry(
        _EXACT,
        (
            "each party calls func on its own rows, which is the same where func works "
            "row by row; that is tried on a few rows and cannot be known for sure"
        ),
        positional=("func", "inverse_func"),
    ),
    "sklearn.preprocessing.KBinsDiscretizer": Entry(
        _EXACT,
        (
            "quantiles by radix selection over summed counts; each party reveals its "
            "columns' extremes"
        ),
        by_parameter={
            ("strategy", "uniform"): (_EXACT, "extremes of every column, revealed by each party"),
            ("strategy", "kmeans"): (
                _EXACT,
                "k-means of each column by sums; each party reveals its columns' extremes",
            ),
        },
        positional=("n_bins",),
    ),
    "sklearn.preprocessing.LabelBinarizer": Entry(
        _EXACT, "union of the parties' labels, revealed by each"
    ),
    "sklearn.preprocessing.LabelEncoder": Entry(
        _EXACT, "union of the parties' labels, revealed by each"
    ),
    "sklearn.preprocessing.MaxAbsScaler": Entry(
        _EXACT, "largest magnitude of every column, revealed by each party"
    ),
    "sklearn.preprocessing.MinMaxScaler": Entry(
        _EXACT,
        "minimum and maximum of every column, revealed by each party",
        positional=("feature_range",),
    ),
    "sklearn.preprocessing.MultiLabelBinarizer": Entry(
        _EXACT, "union of the parties' labels, revealed by each"
    ),
    "sklearn.preprocessing.Normalizer": Entry(
        _EXACT, "works row by row; only the columns are learnt", positional=("norm",)
    ),
    "sklearn.preprocessing.OneHotEncoder": Entry(
        _EXACT,
        (
            "union of the parties' categories, revealed by each; summed counts where "
            "infrequent ones group"
        ),
    ),
    "sklearn.preprocessing.OrdinalEncoder": Entry(
        _EXACT,
        (
            "union of the parties' categories, revealed by each; summed counts where "
            "infrequent ones group"
        ),
    ),
    "sklearn.preprocessing.PolynomialFeatures": Entry(
        _EXACT, "works row by row; only the columns are learnt", positional=("degree",)
    ),
    "sklearn.preprocessing.PowerTransformer": Entry(
        _EQUIVALENT,
        (
            "scipy's own search on summed log-likelihoods: lambdas to about 1e-7, where "
            "the likelihood is flat; the extremes of the columns are found by radix "
            "selection"
        ),
        positional=("method",),
    ),
    "sklearn.preprocessing.QuantileTransformer": Entry(
        _EXACT,
        (
            "quantiles by radix selection over summed counts, of the same subsample; "
            "refused where they would be most of the rows' values"
        ),
    ),
    "sklearn.preprocessing.RobustScaler": Entry(
        _EXACT,
        ("medians and quantiles by radix selection over summed counts, equal to the last bit"),
    ),
    "sklearn.preprocessing.SplineTransformer": Entry(
        _EXACT,
        "knots between the extremes of every column, revealed by each party",
        by_parameter={
            ("knots", "quantile"): (
                _EXACT,
                "knots at quantiles, by radix selection over summed counts",
            )
        },
        positional=("n_knots", "degree"),
    ),
    "sklearn.preprocessing.StandardScaler": Entry(
        _EXACT, "sums of values, then of squared deviations"
    ),
    "sklearn.preprocessing.TargetEncoder": Entry(
        _EXACT,
        ("summed counts and sums by category, which each party reveals; scikit-learn's own folds"),
        positional=("categories", "target_type", "smooth", "cv", "shuffle", "random_state"),
    ),
    "sklearn.random_projection.GaussianRandomProjection": Entry(
        _EXACT,
        ("the matrix is drawn from random_state, as in scikit-learn; only the shape is learnt"),
        positional=("n_components",),
    ),
    "sklearn.random_projection.SparseRandomProjection": Entry(
        _EXACT,
        ("the matrix is drawn from random_state, as in scikit-learn; only the shape is learnt"),
        positional=("n_components",),
    ),
    "sklearn.svm.LinearSVC": Entry(
        _EQUIVALENT,
        (
            "the optimum that liblinear approximates, equal to 1e-6 to what it gives for "
            "a tol towards zero; dual, tol, max_iter and random_state only concern its "
            "way there, and n_iter_ counts steps of our own"
        ),
        refuses={"multi_class": ("ovr",)},
        positional=("penalty", "loss"),
    ),
    "sklearn.svm.LinearSVR": Entry(
        _EQUIVALENT,
        (
            "the optimum that liblinear approximates, equal to 1e-6 to what it gives for "
            "a tol towards zero; dual, tol, max_iter and random_state only concern its "
            "way there, and n_iter_ counts steps of our own"
        ),
    ),
    "sklearn.svm.SVC": Entry(
        _EQUIVALENT,
        (
            "the optimum itself, which libsvm approximates to its tol, and to 1e-5 at "
            "best, as it holds kernel values in single precision; support_vectors_ are "
            "the coefficients: its own are rows"
        ),
        refuses={"kernel": ("linear",), "probability": ("deprecated", False)},
        defaults={"kernel": "rbf"},
    ),
    "sklearn.svm.SVR": Entry(
        _EQUIVALENT,
        (
            "the optimum itself, which libsvm approximates to its tol, and to 1e-5 at "
            "best, as it holds kernel values in single precision; support_vectors_ are "
            "the coefficients: its own are rows"
        ),
        refuses={"kernel": ("linear",)},
        defaults={"kernel": "rbf"},
    ),
    "sklearn.tree.DecisionTreeClassifier": Entry(
        _STATISTICAL,
        (
            "scikit-learn's split search on summed histograms: between all values of "
            "columns that repeat, between quantiles of others; of equally good splits "
            "another may be drawn"
        ),
        refuses={"monotonic_cst": (None,)},
    ),
    "sklearn.tree.DecisionTreeRegressor": Entry(
        _STATISTICAL,
        (
            "scikit-learn's split search on summed histograms: between all values of "
            "columns that repeat, between quantiles of others; of equally good splits "
            "another may be drawn"
        ),
        refuses={
            "monotonic_cst": (None,),
            "criterion": ("squared_error", "friedman_mse", "poisson"),
        },
    ),
    "sklearn.tree.ExtraTreeClassifier": Entry(
        _STATISTICAL,
        (
            "scikit-learn's split search on summed histograms: between all values of "
            "columns that repeat, between quantiles of others; of equally good splits "
            "another may be drawn"
        ),
        refuses={"monotonic_cst": (None,)},
    ),
    "sklearn.tree.ExtraTreeRegressor": Entry(
        _STATISTICAL,
        (
            "scikit-learn's split search on summed histograms: between all values of "
            "columns that repeat, between quantiles of others; of equally good splits "
            "another may be drawn"
        ),
        refuses={
            "monotonic_cst": (None,),
            "criterion": ("squared_error", "friedman_mse", "poisson"),
        },
    ),
}
