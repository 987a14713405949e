"""Decoders of random weights, as PyTorch exports them, and 1,000 latent points. Argument: the folder to write to."""

import sys
import warnings
from pathlib import Path

import numpy as np
import torch
from torch import nn

warnings.simplefilter("ignore")


def mlp():
    layers = [nn.Linear(16, 256), nn.ELU(), nn.Linear(256, 512), nn.ELU(), nn.Linear(512, 784), nn.Sigmoid()]
    return nn.Sequential(*layers)


def conv():
    """16 numbers to 1 x 28 x 28."""
    return nn.Sequential(
        nn.Linear(16, 64 * 7 * 7), nn.Unflatten(1, (64, 7, 7)), nn.ReLU(),
        nn.ConvTranspose2d(64, 32, 4, 2, 1), nn.BatchNorm2d(32), nn.ReLU(),
        nn.ConvTranspose2d(32, 1, 4, 2, 1), nn.Sigmoid(),
    )


MODELS = {"mlp": mlp, "conv": conv}


def model(name):
    torch.manual_seed(0)
    return MODELS[name]().eval()


def points():
    return np.random.default_rng(0).standard_normal((1000, 16)).astype(np.float32)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    np.save(folder / "points.npy", points())
    example = torch.from_numpy(points()[:2])
    axes = {"x": {0: "batch"}}
    names = {"input_names": ["x"], "output_names": ["y"], "dynamic_axes": axes, "opset_version": 17}
    for name in MODELS:
        torch.onnx.export(model(name), (example,), folder / f"{name}.onnx", dynamo=False, **names)
