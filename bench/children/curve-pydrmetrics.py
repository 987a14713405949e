"""pyDRMetrics: ranks, co-ranking matrix and its curves over all K. Arguments: ORIGINAL LATENT ROWS MINUTES.

These are the steps of its class DRMetrics from distances to curves, without the correlations of distances, which nobody here asks for. Gives up after MINUTES.
It divides Q(K) by n - 1 where n is meant; what stands in the table is put right, so that curves can be compared.
"""

import gzip
import signal
import sys
import time
from importlib.metadata import version

import numpy as np
from pyDRMetrics.coranking_matrix import coranking_matrix, coranking_matrix_metrics, ranking_matrix
from sklearn.metrics import pairwise_distances

from serve import peak_bytes, serve

original, latent, rows, minutes = sys.argv[1:]
with gzip.open(original) as file:
    x = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 784)[: int(rows)].astype(np.float64)
z = np.load(latent)[: int(rows)].astype(np.float64)


def run():
    start = time.perf_counter()
    done = []

    def give_up(*_):
        at = ", ".join(done) or "nothing"
        sys.exit(f"not done after {minutes} minutes and {peak_bytes() / 1e9:.1f} GB; by then: {at}")

    def step(name, value):
        done.append(f"{name} at {time.perf_counter() - start:.0f} s")
        return value

    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(round(60 * float(minutes)))
    ranks = step("ranks", [ranking_matrix(pairwise_distances(m)) for m in (x, z)])
    matrix = step("co-ranking matrix", coranking_matrix(*ranks))
    _, _, qnn, *_ = coranking_matrix_metrics(matrix)
    signal.alarm(0)
    return qnn


def finish(qnn):
    n = int(rows)
    q = qnn * (n - 1) / n
    sizes = np.arange(1, n - 1)
    r = ((n - 1) * q[:-1] - sizes) / (n - 1 - sizes)
    area = (r / sizes).sum() / (1 / sizes).sum()
    return {"aucLogRnx": float(area), **{f"Q({k})": float(q[k - 1]) for k in (10, 100, 1000)}}


serve(version("pyDRMetrics"), run, finish)
