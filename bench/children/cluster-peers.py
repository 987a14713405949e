"""scikit-learn and hdbscan: clusters of one file, labels written beside it. Arguments: FOLDER NAME sklearn|hdbscan SIZE SAMPLES, or FOLDER NAME kmeans K RESTARTS."""

import json
import sys
from importlib.metadata import version
from os import cpu_count

import numpy as np

from serve import serve

folder, name, method, first, second = sys.argv[1:]
points = np.load(f"{folder}/{name}.npy").astype(np.float64)


def fitted(seed=0):
    if method == "kmeans":
        from sklearn.cluster import KMeans

        return KMeans(int(first), n_init=int(second), random_state=seed).fit(points)
    if method == "sklearn":
        from sklearn.cluster import HDBSCAN

        return HDBSCAN(
            min_cluster_size=int(first), min_samples=int(second), n_jobs=cpu_count(), copy=True
        ).fit(points)
    import hdbscan

    # Counted without the row itself.
    return hdbscan.HDBSCAN(
        min_cluster_size=int(first), min_samples=int(second) - 1, core_dist_n_jobs=cpu_count()
    ).fit(points)


def finish(last):
    with open(f"{folder}/{name}-{method}.json", "w") as file:
        json.dump(last.labels_.tolist(), file)
    if method == "kmeans":
        return {"inertia": float(np.mean([last.inertia_] + [fitted(seed).inertia_ for seed in range(1, 5)]))}
    return {"clusters": int(last.labels_.max() + 1), "noise": int((last.labels_ < 0).sum())}


serve(version("hdbscan" if method == "hdbscan" else "scikit-learn"), fitted, finish)
