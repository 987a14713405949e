"""Numbers of scikit-learn and hdbscan for clusters: writes reference.json.

    python -m venv env && env/bin/pip install scikit-learn==1.9.1 hdbscan==0.8.44 numpy==2.4.6
    env/bin/python test/spaces/cluster/make-reference.py

Points are float32, base64. `lengths` are the distances of scikit-learn's single linkage, ascending: every minimum spanning tree has the same. Labels need not be the same where reachabilities tie at the
border of a cluster: `shuffled` is the least adjusted Rand index of scikit-learn's labels with those that it gives to the same rows in 20 other orders, `steady` the least share of rows with the same probability. hdbscan counts `min_samples` without the row itself.
"""

import base64
import json
from importlib.metadata import version
from pathlib import Path

import hdbscan
import numpy as np
from sklearn.cluster import HDBSCAN, KMeans
from sklearn.datasets import make_blobs, make_moons
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

ROOT = Path(__file__).resolve().parents[3]
DIGITS = np.load(ROOT / "examples/digits.npy")[:600]


def text(array):
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


blobs, blob_of = make_blobs(300, centers=5, n_features=3, cluster_std=[0.5, 1, 0.7, 1.2, 0.4], random_state=1)
moons, moon_of = make_moons(300, noise=0.07, random_state=2)
POINTS = {
    "blobs": blobs,
    "moons": moons,
    "digits 2-d": PCA(2, svd_solver="full").fit_transform(DIGITS),
    "even": np.random.default_rng(0).random((200, 2)),
}
POINTS = {name: points.astype(np.float32) for name, points in POINTS.items()}
SETTINGS = [(5, 5, "eom", False), (15, 10, "eom", False), (20, 5, "leaf", False), (10, 1, "eom", True)]


def fitted(points, size, samples, selection, single):
    return HDBSCAN(
        min_cluster_size=size,
        min_samples=samples,
        cluster_selection_method=selection,
        allow_single_cluster=single,
        algorithm="brute",
        copy=True,
    ).fit(points)


def in_other_order(points, first, setting, seed):
    order = np.random.default_rng(seed).permutation(len(points))
    again = fitted(points[order], *setting)
    same = np.abs(first.probabilities_[order] - again.probabilities_) < 1e-9
    return adjusted_rand_score(first.labels_[order], again.labels_), same.mean()


def case(name, size, samples, selection, single):
    points = POINTS[name].astype(np.float64)
    setting = (size, samples, selection, single)
    ours = fitted(points, *setting)
    # Counted from the neighbours: 1 of scikit-learn's has no counterpart there but 1, which gives the same tree.
    other = hdbscan.HDBSCAN(
        min_cluster_size=size,
        min_samples=max(1, samples - 1),
        cluster_selection_method=selection,
        allow_single_cluster=single,
        algorithm="generic",
    ).fit(points)
    others = [in_other_order(points, ours, setting, seed) for seed in range(20)]
    return {
        "points": name,
        "minClusterSize": size,
        "minSamples": samples,
        "selection": selection,
        "allowSingle": single,
        "labels": ours.labels_.tolist(),
        "probabilities": text(ours.probabilities_.astype(np.float64)),
        "lengths": text(np.sort(ours._single_linkage_tree_["value"]).astype(np.float64)),
        "outlierScores": text(other.outlier_scores_.astype(np.float64)),
        "persistences": sorted(other.cluster_persistence_.tolist()),
        "shuffled": min(rand for rand, _ in others),
        "steady": min(same for _, same in others),
    }


def means(name, k):
    best = KMeans(k, n_init=50, random_state=0, tol=0).fit(POINTS[name].astype(np.float64))
    return {"points": name, "k": k, "inertia": best.inertia_, "labels": best.labels_.tolist()}


def agreement(found, given):
    return {
        "found": found.tolist(),
        "given": given.tolist(),
        "adjustedRand": adjusted_rand_score(given, found),
        "mutualInformation": normalized_mutual_info_score(given, found),
    }


rough = np.random.default_rng(3).integers(0, 4, 300)
reference = {
    "by": "test/spaces/cluster/make-reference.py",
    "versions": {name: version(name) for name in ("scikit-learn", "hdbscan", "numpy")},
    "points": {name: {"cols": p.shape[1], "values": text(p)} for name, p in POINTS.items()},
    "hdbscan": [case(name, *setting) for name in POINTS for setting in SETTINGS],
    "kMeans": [means("blobs", 5), means("moons", 2), means("digits 2-d", 8)],
    "agreement": [agreement(moon_of, moon_of), agreement(np.where(blob_of == 3, -1, blob_of), blob_of), agreement(rough, blob_of)],
}
(Path(__file__).parent / "reference.json").write_text(json.dumps(reference) + "\n")
