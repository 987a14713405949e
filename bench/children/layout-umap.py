"""umap-learn, unseeded, for then it uses all cores. Arguments: VECTORS [ROWS].

Numba compiles during the first call what it keeps in no file.
"""

import umap

from layout_files import read_vectors, write_layout
from serve import serve

x = read_vectors()


def run():
    return umap.UMAP(n_neighbors=15, min_dist=0.1, n_components=2, random_state=None, n_jobs=-1).fit_transform(x)


def finish(codes):
    write_layout(codes)
    return {}


serve(umap.__version__, run, finish)
