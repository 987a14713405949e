"""Makes the bundled example: scikit-learn's digits, their labels and three 2-D latents of them.

    python examples/make.py            writes the .npy files into the folder of this script
    python examples/make.py --check    writes nothing: says how far a fresh run is from the stored files

The versions that made the stored files are pinned in PINS; others are refused, because t-SNE and
UMAP change between releases (and in the last bits between processors).
"""

import pathlib
import sys
from importlib.metadata import version

import numpy as np
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE

PINS = {"scikit-learn": "1.9.1", "numpy": "2.4.6", "scipy": "1.17.1", "umap-learn": "0.5.12", "numba": "0.68.1"}
HERE = pathlib.Path(__file__).resolve().parent


def check_versions():
    wrong = {name: version(name) for name, pin in PINS.items() if version(name) != pin}
    if wrong:
        raise SystemExit(f"versions differ from the pinned ones: have {wrong}, need {PINS}")


def make():
    """The five arrays by name. Digits are 1797 x 64 float32, values 0..16; latents 1797 x 2 float32."""
    from umap import UMAP

    digits = load_digits()
    x = digits.data.astype(np.float32)
    return {
        "digits": x,
        "digits-labels": digits.target.astype(np.int32),
        "digits-pca": PCA(n_components=2, svd_solver="full").fit_transform(x),
        "digits-tsne": TSNE(n_components=2, init="pca", random_state=0).fit_transform(x),
        "digits-umap": UMAP(n_components=2, random_state=42, n_jobs=1).fit_transform(x),
    }


def main():
    check_versions()
    check = "--check" in sys.argv[1:]
    for name, array in make().items():
        path = HERE / f"{name}.npy"
        array = np.ascontiguousarray(array, dtype=np.int32 if name == "digits-labels" else np.float32)
        if check:
            stored = np.load(path)
            worst = np.abs(stored.astype(np.float64) - array).max() if stored.shape == array.shape else np.inf
            print(f"{path.name}: largest difference {worst:g}")
        else:
            np.save(path, array)
            print(f"{path.name}: {array.shape} {array.dtype}")


if __name__ == "__main__":
    main()
