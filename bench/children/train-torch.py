"""PyTorch: the same training, so many steps of it at each run. Arguments: FOLDER eager|func|compile ADAM (plain|fused)."""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn

from serve import serve

folder, how, adam = Path(sys.argv[1]), *sys.argv[2:]
setting = json.loads((folder / "setting.json").read_text())
cols, batch, steps, codes = (setting[name] for name in ("cols", "batch", "steps", "codes"))
torch.set_num_threads(2)
torch.manual_seed(0)


def mlp(widths):
    layers = []
    for inputs, outputs in zip(widths, widths[1:]):
        layers += [nn.Linear(inputs, outputs), nn.ELU()]
    return nn.Sequential(*layers[:-1])


def networks():
    if "channels" not in setting:
        widths = [cols, *setting["hidden"], codes]
        return mlp(widths), mlp(widths[::-1])
    few, many = setting["channels"]
    flat = many * 49
    encoder = nn.Sequential(
        nn.Unflatten(1, (1, 28, 28)), nn.Conv2d(1, few, 4, 2, 1), nn.ELU(), nn.Conv2d(few, many, 4, 2, 1), nn.ELU(),
        nn.Flatten(), nn.Linear(flat, 2 * codes),
    )
    decoder = nn.Sequential(
        nn.Linear(codes, flat), nn.ELU(), nn.Unflatten(1, (many, 7, 7)), nn.ConvTranspose2d(many, few, 4, 2, 1), nn.ELU(),
        nn.ConvTranspose2d(few, 1, 4, 2, 1), nn.Flatten(),
    )
    return encoder, decoder


encoder, decoder = networks()
parameters = [*encoder.parameters(), *decoder.parameters()]
start = np.fromfile(folder / "start.f32", np.float32)
with torch.no_grad():
    for own, place in zip(parameters, setting["parameters"], strict=True):
        values = torch.from_numpy(start[place["offset"] :][: place["size"]].reshape(place["shape"]))
        own.copy_(values.T if values.ndim == 2 and own.ndim == 2 else values.reshape(own.shape))
rows = torch.from_numpy(np.fromfile(folder / "rows.f32", np.float32).reshape(-1, cols))
order = torch.from_numpy(np.fromfile(folder / "order.i32", np.int32).reshape(-1, batch)).long()
optimizer = torch.optim.Adam(parameters, lr=1e-3, fused=adam == "fused")


def derivatives(z, v):
    """J v of the decoder and J'J v: by autograd.functional, or by torch.func."""
    if how == "eager":
        moved = torch.autograd.functional.jvp(decoder, z, v=v, create_graph=True)[1]
        return moved, torch.autograd.functional.vjp(decoder, z, v=moved, create_graph=True)[1]
    moved = torch.func.jvp(decoder, (z,), (v,))[1]
    return moved, torch.func.vjp(decoder, z)[1](moved)[0]


def relaxed_distortion(z):
    """Lee et al. 2022: E |J'J v|^2 / (E |J v|^2)^2 at mixtures of codes, v normal. Codes are held still, as in ours."""
    a = torch.rand(batch, 1) * 1.4 - 0.2
    at = a * z + (1 - a) * z[torch.randperm(batch)]
    moved, back = derivatives(at, torch.randn_like(at))
    return (back**2).sum(1).mean() / (moved**2).sum(1).mean() ** 2


def autoencoder_loss(x):
    z = encoder(x)
    loss = ((decoder(z) - x) ** 2).mean()
    return loss + relaxed_distortion(z.detach()) if "penalty" in setting else loss


def vae_loss(x):
    mean, log_variance = encoder(x).chunk(2, 1)
    z = mean + torch.exp(log_variance / 2) * torch.randn_like(mean)
    kl = (mean**2 + log_variance.exp() - 1 - log_variance).sum(1).mean() / 2
    return ((decoder(z) - x) ** 2).mean() + 2 / cols * kl


loss_of = vae_loss if "channels" in setting else autoencoder_loss
if how == "compile":
    loss_of = torch.compile(loss_of)
losses = []


def run():
    for _ in range(steps):
        loss = loss_of(rows[order[len(losses)]])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())


def finish(_):
    told = torch.stack(losses).double()
    epoch = len(rows) // batch
    return {
        "loss, first epoch": float(told[:epoch].mean()),
        "loss, first run": float(told[steps - epoch : steps].mean()),
        "loss, last epoch": float(told[-epoch:].mean()),
    }


serve(torch.__version__, run, finish)
