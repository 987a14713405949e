"""openTSNE, perplexity 30, all cores; else its defaults: gradients by FFT from 10,000 rows on, PCA to start from. Arguments: VECTORS [ROWS]."""

import numpy as np
import openTSNE

from layout_files import read_vectors, write_layout
from serve import serve

x = read_vectors()


def run():
    return openTSNE.TSNE(perplexity=30, n_jobs=-1, random_state=0).fit(x)


def finish(codes):
    write_layout(np.asarray(codes))
    return {"own KL": float(codes.kl_divergence)}


serve(openTSNE.__version__, run, finish)
