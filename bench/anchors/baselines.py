"""Maps by scikit-learn whose figures are published or were re-run, for bench/anchors/check.mjs: written as .npy (float32) beside the data.

    bench/peers/.venv/bin/python bench/anchors/baselines.py [FOLDER] [--topoae CHECKOUT]

FOLDER: that of make-data.py, which must have run. Half a minute. Files:

    swiss-roll-S-isomap.npy                         Isomap, k = 10, of the same rows (T1)
    spheres-test-pca.npy, spheres-test-pca-decoded.npy    PCA fitted to train: test rows, and what they decode to (T2)
    spheres-test-smacof.npy                         metric MDS fitted to the test rows themselves: 500 steps from a random start, as re-run (T2)
    spheres-test-smacof-converged.npy               the same from classical scaling until it stands still, which is better (T2)
    swiss-roll-hole-test-isomap.npy                 Isomap, k = 5, fitted to train: test rows (T3)
    swiss-roll-hole-test-sample.npy                 numbers of the 2,000 test rows that the re-run figures against the true chart are of (T3)

--topoae: a checkout of https://github.com/BorgwardtLab/topological-autoencoders, whose maps of the test rows of the spheres are then written too
(spheres-test-shipped-NAME.npy).
"""

import argparse
import pathlib
import tempfile
import warnings

import numpy as np
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.manifold import MDS, Isomap

SHIPPED = ("Isomap", "PCA", "UMAP", "Vanilla", "TopoAE")  # t-SNE's rows are in another order

parser = argparse.ArgumentParser()
parser.add_argument("folder", type=pathlib.Path, nargs="?", default=pathlib.Path(tempfile.gettempdir()) / "isometer-anchors")
parser.add_argument("--topoae", type=pathlib.Path)
given = parser.parse_args()


def load(name):
    return np.load(given.folder / f"{name}.npy").astype(np.float64)


def save(name, values):
    np.save(given.folder / f"{name}.npy", np.ascontiguousarray(values, dtype=np.float32))


for seed in range(10):
    save(f"swiss-roll-{seed}-isomap", Isomap(n_neighbors=10, n_components=2).fit_transform(load(f"swiss-roll-{seed}")))

train, test = load("spheres-train"), load("spheres-test")
pca = PCA(2, svd_solver="full").fit(train)
codes = pca.transform(test)
save("spheres-test-pca", codes)
save("spheres-test-pca-decoded", pca.inverse_transform(codes))
for name, how in {"smacof": {"init": "random", "max_iter": 500, "eps": 0}, "smacof-converged": {"init": "classical_mds"}}.items():
    with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
        scaling = MDS(2, n_init=1, random_state=0, normalized_stress=False, **how)
        save(f"spheres-test-{name}", scaling.fit_transform(test))

isomap = Isomap(n_neighbors=5, n_components=2).fit(load("swiss-roll-hole-train"))
save("swiss-roll-hole-test-isomap", isomap.transform(load("swiss-roll-hole-test")))
save("swiss-roll-hole-test-sample", np.random.RandomState(0).choice(8500, 2000, replace=False)[:, None])

if given.topoae:
    for name in SHIPPED:
        path = given.topoae / f"data/visualizations/spheres/{name}/latents.csv"
        save(f"spheres-test-shipped-{name}", np.loadtxt(path, delimiter=",", skiprows=1)[:, :2])
