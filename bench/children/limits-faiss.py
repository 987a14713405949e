"""faiss: recall of compressed rows, by its PCA with a random rotation, its scalar quantizers and RaBitQ; and int8 in NumPy. Arguments: VECTORS QUERIES (row numbers, JSON)."""

import gzip
import json
import sys

import faiss
import numpy as np

from serve import serve

path, rows = sys.argv[1:3]
with gzip.open(path) as file:
    x = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 784).astype(np.float32)
with open(rows) as file:
    queries = np.array(json.load(file))
others = np.setdiff1d(np.arange(len(x)), queries)
K = 10
CODES = {32: "Flat", 16: "SQfp16", 8: "SQ8", 4: "SQ4"}


def nearest(index, asked):
    """The ten nearest rows of each query, but itself."""
    found = index.search(asked, K + 1)[1]
    return [[i for i in own if i != q][:K] for own, q in zip(found, queries)]


def recall(found, truth):
    return sum(len(set(a) & set(b)) for a, b in zip(found, truth)) / (K * len(truth))


def index_of(description, vectors):
    index = faiss.index_factory(vectors.shape[1], description)
    index.train(np.ascontiguousarray(vectors[others]))
    index.add(vectors)
    return index


def int8(vectors):
    """255 equal steps from the smallest to the largest value of each dimension."""
    low, high = vectors[others].min(0), vectors[others].max(0)
    step = (high - low) / 255
    place = np.rint(np.divide(vectors - low, step, out=np.zeros_like(vectors), where=step > 0))
    return (low + step * np.clip(place, 0, 255)).astype(np.float32)


def run():
    flat = index_of("Flat", x)
    truth = nearest(flat, x[queries])
    recalls = {}
    for dims in (96, 256, 784):
        first = np.ascontiguousarray(x[:, :dims])
        for bits, code in CODES.items():
            recalls[f"pca {dims}x{bits}"] = recall(nearest(index_of(f"PCAR{dims},{code}", x), x[queries]), truth)
            recalls[f"truncate {dims}x{bits}"] = recall(nearest(index_of(code, first), first[queries]), truth)
        # Besides its bits RaBitQ keeps two numbers of float32 a row.
        recalls[f"rabitq {dims}x1 + 8 bytes"] = recall(nearest(index_of(f"PCAR{dims},RaBitQ", x), x[queries]), truth)
    flat = faiss.IndexFlatL2(784)
    flat.add(int8(x))
    recalls["numpy 784x8"] = recall(nearest(flat, x[queries]), truth)
    return recalls


serve(faiss.__version__, run, lambda last: last)
