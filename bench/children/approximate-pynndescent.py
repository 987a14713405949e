"""PyNNDescent with its defaults, on all cores. Arguments: VECTORS K ANSWER.

A row is its own first neighbour there, so one more is asked for. Numba compiles during the first call.
"""

import sys

import numpy as np
import pynndescent

from serve import serve

vectors, k, answer = sys.argv[1:]
x = np.load(vectors)
k = int(k)


def run():
    return pynndescent.NNDescent(x, n_neighbors=k + 1, n_jobs=-1).neighbor_graph


def finish(last):
    ids, lengths = last
    others = ids != np.arange(len(x))[:, None]
    # Where copies push a row out of its own list, the farthest goes instead.
    others[others.all(axis=1), -1] = False
    with open(answer, "wb") as file:
        file.write(ids[others].astype(np.int32).tobytes() + lengths[others].astype(np.float64).tobytes())
    return {}


serve(pynndescent.__version__, run, finish)
