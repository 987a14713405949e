"""scikit-learn: PCA by one of its solvers, or SMACOF from PCA. Arguments: VECTORS METHOD DIMENSIONS [TOGETHER]: so many rows of the file are one."""

import gzip
import sys

import numpy as np
import sklearn
from sklearn.decomposition import PCA
from sklearn.manifold import smacof
from sklearn.metrics import pairwise_distances

from serve import serve

path, method, dimensions = sys.argv[1:4]
with gzip.open(path) as file:
    x = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 784).astype(np.float32)
together = int(sys.argv[4]) if len(sys.argv) > 4 else 1
x = x.reshape(len(x) // together, -1)
d = int(dimensions)


def pca():
    return PCA(d, svd_solver=method, random_state=0).fit(x)


def mds():
    distances = pairwise_distances(x).astype(np.float64)
    start = PCA(d, svd_solver="covariance_eigh").fit_transform(x)
    # What MDS(n_init=1, eps=1e-6) does, from the same start as ours.
    codes, stress = smacof(distances, n_components=d, init=start, n_init=1, max_iter=1000, eps=1e-6, normalized_stress=False)
    return stress, (distances**2).sum() / 2


if method == "mds":
    serve(sklearn.__version__, mds, lambda last: {"stress": float(np.sqrt(last[0] / last[1]))})
else:
    serve(sklearn.__version__, pca, lambda last: {"explained": float(last.explained_variance_ratio_.sum())})
