"""ZADU: stress, Spearman and Pearson of the distances of all pairs, in one run of its class. Arguments: ORIGINAL LATENT."""

import gzip
import sys
from importlib.metadata import version

import numpy as np
from zadu import zadu

from serve import serve

original, latent = sys.argv[1:]
with gzip.open(original) as file:
    x = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 784).astype(np.float32)
z = np.load(latent)


def run():
    spec = [{"id": "stress"}, {"id": "srho"}, {"id": "pr"}]
    return zadu.ZADU(spec, x).measure(z)


def finish(last):
    found = {key: float(value) for part in last for key, value in part.items()}
    return {"stress": found["stress"], "spearman": found["spearman_rho"], "pearson": found["pearson_r"]}


serve(version("zadu"), run, finish)
