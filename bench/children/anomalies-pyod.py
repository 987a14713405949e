"""PyOD: KNN or LOF fitted to normal rows, other rows scored, for every set. Arguments: FOLDER METHOD K sets=NAME,NAME; METHOD: largest or mean (KNN), or lof."""

import sys
from importlib.metadata import version
from os import cpu_count

import numpy as np
from pyod.models.knn import KNN
from pyod.models.lof import LOF
from sklearn.metrics import average_precision_score, roc_auc_score

from serve import serve

folder, method, k, sets = sys.argv[1:]
names = sets.split("=")[1].split(",")
work = [[np.load(f"{folder}/{name}-{part}.npy") for part in ("fit", "test", "labels")] for name in names]


def detector():
    if method == "lof":
        return LOF(n_neighbors=int(k), n_jobs=cpu_count())
    return KNN(n_neighbors=int(k), method=method, n_jobs=cpu_count())


def run():
    return [detector().fit(fit).decision_function(test) for fit, test, _ in work]


def finish(last):
    areas = [roc_auc_score(labels.ravel(), scores) for scores, (_, _, labels) in zip(last, work)]
    precisions = [average_precision_score(labels.ravel(), scores) for scores, (_, _, labels) in zip(last, work)]
    return {"ROC AUC": float(np.mean(areas)), "AP": float(np.mean(precisions)), **dict(zip(names, map(float, areas)))}


serve(version("pyod"), run, finish)
