"""The exact KL divergence of t-SNE layouts, all under the same affinities. Arguments: VECTORS AFFINITIES LAYOUT...

P is openTSNE's: a Gaussian around each row calibrated to perplexity 30 over its 90 nearest neighbours, which are found exactly, symmetrised,
sum 1. It is made once and kept in AFFINITIES (.npz). Q is the whole of it: Z is summed over all pairs, in float64. Prints a JSON array.
"""

import json
import os
import sys

import numba
import numpy as np
import scipy.sparse as sp
from openTSNE.affinity import PerplexityBasedNN

PERPLEXITY = 30


def affinities(vectors, path):
    if os.path.exists(path):
        return sp.load_npz(path)
    x = np.load(vectors)
    p = PerplexityBasedNN(x, perplexity=PERPLEXITY, method="exact", n_jobs=-1).P.tocsr()
    # Whole or not at all: an interrupted run leaves another name.
    part = path.replace(".npz", ".part.npz")
    sp.save_npz(part, p, compressed=False)
    os.replace(part, path)
    return p


@numba.njit(parallel=True, fastmath={"reassoc"})
def pair_sum(u, v):
    """Sum over all i != j of 1 / (1 + squared distance of i and j)."""
    n = len(u)
    sums = np.empty(n)
    for i in numba.prange(n):
        total = 0.0
        for j in range(n):
            a = u[i] - u[j]
            b = v[i] - v[j]
            total += 1.0 / (1.0 + a * a + b * b)
        sums[i] = total - 1.0
    return sums.sum()


def divergence(p, layout):
    """Sum of p log(p / q) over the pairs with p > 0, q = 1 / (1 + squared distance) / Z; p sums to 1."""
    y = layout.astype(np.float64)
    of = p.tocoo()
    kept = of.data > 0
    i, j, w = of.row[kept], of.col[kept], of.data[kept]
    squares = ((y[i] - y[j]) ** 2).sum(axis=1)
    z = pair_sum(np.ascontiguousarray(y[:, 0]), np.ascontiguousarray(y[:, 1]))
    return float((w * (np.log(w) + np.log1p(squares))).sum() + np.log(z) * w.sum())


if __name__ == "__main__":
    vectors, path, *layouts = sys.argv[1:]
    p = affinities(vectors, path)
    print(json.dumps([divergence(p, np.load(layout)) for layout in layouts]))
