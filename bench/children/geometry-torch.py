"""PyTorch: singular values of the Jacobians at 1,000 points, `torch.func.vmap(jacfwd)`. Arguments: NAME CHUNK (0: all at once)."""

import sys

import torch

from geometry_models import model, points
from serve import serve

name, chunk = sys.argv[1:]
network = model(name)
x = torch.from_numpy(points())
one = torch.func.jacfwd(lambda z: network(z[None])[0].reshape(-1))
jacobians = torch.func.vmap(one, chunk_size=int(chunk) or None)


def run():
    with torch.no_grad():
        return torch.linalg.svdvals(jacobians(x))


def finish(values):
    return {
        "largest": float(values[:, 0].double().mean()),
        "smallest": float(values[:, -1].double().mean()),
        "logVolume": float(values.double().log().sum(1).mean()),
    }


serve(torch.__version__, run, finish)
