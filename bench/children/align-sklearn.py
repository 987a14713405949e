"""SciPy's orthogonal Procrustes and scikit-learn's RidgeCV fitted to anchors, and what mapped queries then find by cosine. Arguments: FROM TO ANCHORS, ANCHORS being how many of the first rows."""

import sys
from importlib.metadata import version

import numpy as np
from scipy.linalg import orthogonal_procrustes
from sklearn.linear_model import RidgeCV
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import normalize

from serve import serve

start, end, count = np.load(sys.argv[1]), np.load(sys.argv[2]), int(sys.argv[3])
K, PLACES = 10, 10


def neighbours(search, queries, width):
    """The nearest rows of each query but its own, and 1 / the place of its own; 0 beyond the width."""
    found = search.kneighbors(queries, n_neighbors=width, return_distance=False)
    own = np.arange(count, count + len(queries))
    rest = [[row for row in line[: K + 1] if row != me][:K] for line, me in zip(found, own)]
    at, place = np.nonzero(found == own[:, None])
    reciprocal = np.zeros(len(queries))
    reciprocal[at] = np.where(place < PLACES, 1 / (place + 1), 0)
    return np.array(rest), reciprocal


def scores(search, truth, mapped):
    found, reciprocal = neighbours(search, mapped, max(K + 1, PLACES))
    recall = np.mean([len(set(a) & set(b)) / K for a, b in zip(found, truth)])
    return float(recall), float(reciprocal.mean())


def run():
    x, y = normalize(start), normalize(end)
    xa, ya, queries = x[:count], y[:count], x[count:]
    mx, my = xa.mean(0), ya.mean(0)
    width = max(x.shape[1], y.shape[1])
    pad = lambda rows: np.pad(rows, ((0, 0), (0, width - rows.shape[1])))
    turn, nuclear = orthogonal_procrustes(pad(xa - mx), pad(ya - my))
    scale = nuclear / ((pad(xa - mx) @ turn)[:, : y.shape[1]] ** 2).sum()
    turned = (pad(queries - mx) @ turn)[:, : y.shape[1]] * scale + my
    largest = np.linalg.norm(xa - mx, 2) ** 2
    ridge = RidgeCV(alphas=largest * 10.0 ** (-10 + 0.3 * np.arange(41))).fit(xa, ya)
    search = NearestNeighbors(algorithm="brute", metric="cosine").fit(y)
    truth, _ = neighbours(search, y[count:], K + 1)
    return scores(search, truth, turned), scores(search, truth, ridge.predict(queries))


def finish(last):
    (recall, mrr), (ridge_recall, ridge_mrr) = last
    return {
        "recall, Procrustes": recall,
        "recall, ridge": ridge_recall,
        "MRR, Procrustes": mrr,
        "MRR, ridge": ridge_mrr,
    }


serve(f"{version('scikit-learn')}, SciPy {version('scipy')}", run, finish)
