"""scikit-learn: PCA by one of its solvers, SMACOF from PCA, or non-metric scaling. Arguments: VECTORS METHOD DIMENSIONS [TOGETHER [ROWS]]: so many rows of the file are one, and so many of these."""

import gzip
import sys

import numpy as np
import sklearn
from sklearn.decomposition import PCA
from sklearn.isotonic import IsotonicRegression
from sklearn.manifold import MDS, smacof
from sklearn.metrics import pairwise_distances

from serve import serve

path, method, dimensions = sys.argv[1:4]
with gzip.open(path) as file:
    x = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 784).astype(np.float32)
together = int(sys.argv[4]) if len(sys.argv) > 4 else 1
x = x.reshape(len(x) // together, -1)
if len(sys.argv) > 5:
    x = x[: int(sys.argv[5])]
d = int(dimensions)


def pca():
    return PCA(d, svd_solver=method, random_state=0).fit(x)


def mds():
    distances = pairwise_distances(x).astype(np.float64)
    start = PCA(d, svd_solver="covariance_eigh").fit_transform(x)
    # What MDS(n_init=1, eps=1e-6) does, from the same start as ours.
    codes, stress = smacof(distances, n_components=d, init=start, n_init=1, max_iter=1000, eps=1e-6, normalized_stress=False)
    return stress, (distances**2).sum() / 2


def non_metric():
    mds = MDS(d, metric_mds=False, n_init=1, init="classical_mds", normalized_stress=True, random_state=0)
    return mds.fit_transform(x.astype(np.float64))


def non_metric_stress(codes):
    """Kruskal's first stress over all pairs, equal lengths having one disparity."""
    pairs = np.triu_indices(len(x), 1)
    lengths, distances = pairwise_distances(x.astype(np.float64))[pairs], pairwise_distances(codes)[pairs]
    disparities = IsotonicRegression().fit_transform(lengths, distances)
    return float(np.sqrt(((distances - disparities) ** 2).sum() / (distances**2).sum()))


if method == "nonmetric":
    serve(sklearn.__version__, non_metric, lambda codes: {"stress": non_metric_stress(codes)})
elif method == "mds":
    serve(sklearn.__version__, mds, lambda last: {"stress": float(np.sqrt(last[0] / last[1]))})
else:
    serve(sklearn.__version__, pca, lambda last: {"explained": float(last.explained_variance_ratio_.sum())})
