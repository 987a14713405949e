"""implicit's ALS (solved by Cholesky, or by its default, three steps of conjugate gradients), and item-kNN in SciPy, each time with the next seed. Arguments: SPLIT SCORES cholesky|cg|scipy-knn. Only the fit is timed."""

import json
import sys
from importlib.metadata import version

import numpy as np
import scipy.sparse as sparse
from implicit.als import AlternatingLeastSquares

from serve import serve

path, scores_path, kind = sys.argv[1:]
with open(path) as file:
    given = json.load(file)
settings, shape = given["settings"], given["shape"]


def matrix(rows):
    ones = np.ones(len(rows["columns"]), np.float32)
    return sparse.csr_matrix((ones, rows["columns"], rows["starts"]), shape=shape)


train, held = matrix(given["train"]), matrix(given["held"])
train.sort_indices()
seen, wanted = train.toarray() > 0, held.toarray() > 0


def als(seed):
    # implicit's entries are the confidence itself; ours is 1 + alpha r.
    confidence = train.copy()
    confidence.data = 1 + settings["alpha"] * confidence.data
    model = AlternatingLeastSquares(
        factors=settings["nFactors"],
        alpha=1.0,
        regularization=settings["regularization"],
        iterations=settings["iterations"],
        use_cg=kind == "cg",
        random_state=seed,
    )
    model.fit(confidence, show_progress=False)
    return lambda: model.user_factors @ model.item_factors.T


def knn(_):
    shared = (train.T @ train).tocsr()
    length = np.sqrt(shared.diagonal())
    shared.setdiag(0)
    shared = shared.tocoo()
    cosine = shared.data / (length[shared.row] * length[shared.col] + settings["shrinkage"])
    # The nearest of each item, the nearest first; equal ones by number.
    order = np.lexsort((shared.col, -cosine, shared.row))
    row, col, cosine = shared.row[order], shared.col[order], cosine[order]
    starts = np.searchsorted(row, np.arange(shape[1]))
    near = (np.arange(len(row)) - starts[row] < settings["nNeighbors"]) & (cosine > 0)
    nearest = sparse.csr_matrix((cosine[near], (row[near], col[near])), shape=(shape[1], shape[1]))
    return lambda: (train @ nearest.T).toarray()


def evaluate(scores):
    k = settings["k"]
    users = np.flatnonzero(wanted.any(1))
    scores = np.where(seen, -np.inf, scores)[users]
    lists = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    hits = np.take_along_axis(wanted[users], lists, 1)
    most = np.minimum(wanted[users].sum(1), k)
    worth = 1 / np.log2(np.arange(2, k + 2))
    return hits.sum(1) / most, hits @ worth / np.cumsum(worth)[most - 1], len(np.unique(lists)) / shape[1]


fits = []


def run():
    fits.append((knn if kind == "scipy-knn" else als)(len(fits)))


def finish(_):
    recalls, ndcgs, coverages = zip(*(evaluate(scores()) for scores in fits))
    with open(scores_path, "w") as file:
        json.dump({"recalls": np.mean(recalls, 0).tolist(), "ndcgs": np.mean(ndcgs, 0).tolist()}, file)
    return {
        "recall@10": float(np.mean(recalls)),
        "nDCG@10": float(np.mean(ndcgs)),
        "coverage": float(np.mean(coverages)),
    }


serve(version("scipy" if kind == "scipy-knn" else "implicit"), run, finish)
