"""scikit-learn: trustworthiness, and continuity as trustworthiness of the exchanged spaces. Arguments: ORIGINAL LATENT K."""

import gzip
import sys

import numpy as np
import sklearn
from sklearn.manifold import trustworthiness

from serve import serve

original, latent, k = sys.argv[1:]
with gzip.open(original) as file:
    x = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 784).astype(np.float32)
z = np.load(latent)


def run():
    return trustworthiness(x, z, n_neighbors=int(k)), trustworthiness(z, x, n_neighbors=int(k))


serve(sklearn.__version__, run, lambda last: {"trustworthiness": float(last[0]), "continuity": float(last[1])})
