"""What the Python contestants of bench/layouts.mjs share: reading vectors, writing layouts."""

import os
import sys

import numpy as np


def read_vectors():
    """The .npy file that the first argument names; of its rows only the first ones, where a second argument says how many."""
    x = np.load(sys.argv[1])
    return x[: int(sys.argv[2])] if len(sys.argv) > 2 else x


def write_layout(codes):
    """Writes a layout, n x 2, where ISOMETER_LAYOUT says."""
    np.save(os.environ["ISOMETER_LAYOUT"], np.ascontiguousarray(codes, dtype=np.float32))
