"""An autoencoder of the bundled digits, for `isometer geometry`: writes digits-encoder.onnx, digits-decoder.onnx and digits-latent.npy.

    python3 -m venv .venv && .venv/bin/pip install torch==2.15.0 numpy==2.4.6 onnx==1.23.2
    .venv/bin/python examples/make-models.py

64 - 64 - 64 - 2 and back with ELU, mean squared error, Adam, 200 epochs: nothing in it asks for isometry. The models take and give grey values from 0 to 16; the
decoder gives pictures, 1 x 8 x 8.
"""

import warnings
from pathlib import Path

import numpy as np
import torch
from torch import nn

HERE = Path(__file__).resolve().parent


class Scale(nn.Module):
    """Values times a number."""

    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def forward(self, x):
        return x * self.factor


def autoencoder():
    encoder = nn.Sequential(Scale(1 / 16), nn.Linear(64, 64), nn.ELU(), nn.Linear(64, 64), nn.ELU(), nn.Linear(64, 2))
    decoder = nn.Sequential(
        nn.Linear(2, 64), nn.ELU(), nn.Linear(64, 64), nn.ELU(), nn.Linear(64, 64), nn.Sigmoid(), Scale(16.0), nn.Unflatten(1, (1, 8, 8))
    )
    return encoder, decoder


def train(encoder, decoder, x):
    optimiser = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], 2e-3)
    for _ in range(200):
        for batch in torch.randperm(len(x)).split(64):
            loss = ((decoder(encoder(x[batch])).flatten(1) - x[batch]) ** 2).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()


def main():
    warnings.simplefilter("ignore")
    torch.manual_seed(0)
    torch.set_num_threads(1)
    x = torch.from_numpy(np.load(HERE / "digits.npy"))
    encoder, decoder = autoencoder()
    train(encoder, decoder, x)
    with torch.no_grad():
        latent = encoder(x)
        lost = ((decoder(latent).flatten(1) - x) ** 2).sum() / ((x - x.mean(0)) ** 2).sum()
    print(f"share of the spread that is lost: {lost:.3f}")
    np.save(HERE / "digits-latent.npy", latent.numpy())
    for name, model, example, axis in (("encoder", encoder, x[:2], "pictures"), ("decoder", decoder, latent[:2], "codes")):
        names = {"input_names": ["x"], "output_names": ["y"], "dynamic_axes": {"x": {0: axis}}}
        torch.onnx.export(model.eval(), (example,), HERE / f"digits-{name}.onnx", dynamo=False, opset_version=17, **names)


if __name__ == "__main__":
    main()
