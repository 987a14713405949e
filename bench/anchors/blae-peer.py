"""Times the BLAE authors' own training code for the Swiss roll with a hole (T3), from a checkout that is not part of this repository.

    git clone https://github.com/qipengz/BLAE /tmp/blae        (as of 28c6381)
    bench/peers/.venv-torch/bin/python bench/anchors/blae-peer.py /tmp/blae [--epochs 60] [--threads 2] [--seed 21] [--no-evaluation] [--save FOLDER]

Runs the notebook's cells as they stand (data, then `train_BLAE`), with fewer epochs; the whole protocol is --epochs 3000. Their loop reconstructs all 8,500
test rows after each epoch: --no-evaluation hands it a single row, so that what is left is training, with the same weights in the end. --save writes codes.npy
and decoded.npy (of the test rows) and outcome.json; into FOLDER/blae beside the data, check.mjs measures them. The last line is a JSON object. Seconds are
without imports and data; those of geodesics stand apart. Measure on an idle machine: beside other work it has taken thirty times as long.

Needs PyTorch, and the scikit-learn of bench/peers/.venv, which is looked for beside it. What the checkout imports and `train_BLAE` never calls (gudhi,
pydiffmap) is an empty module where it is not installed.
"""

import argparse
import json
import pathlib
import sys
import time
import types

PEERS = pathlib.Path(__file__).resolve().parents[1] / "peers"
UNUSED = {"gudhi": ["RipsComplex"], "pydiffmap": ["diffusion_map"]}
DATA, LOADED, TRAINERS = 2, 3, 4  # cells of swiss_roll.ipynb

parser = argparse.ArgumentParser()
parser.add_argument("checkout", type=pathlib.Path)
parser.add_argument("--epochs", type=int, default=60)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--seed", type=int, default=21)
parser.add_argument("--no-evaluation", action="store_true")
parser.add_argument("--save", type=pathlib.Path)
given = parser.parse_args()

# After PyTorch's own environment, so that NumPy is the one PyTorch was installed with.
sys.path += [str(path) for path in (PEERS / ".venv/lib").glob("python*/site-packages")]
sys.path.insert(0, str(given.checkout))

import numpy as np  # noqa: E402
import torch  # noqa: E402


def stand_in(name, members):
    """An empty module under a name that nobody has installed."""
    module = types.ModuleType(name)
    for member in members:
        setattr(module, member, None)
    sys.modules[name] = module


for name, members in UNUSED.items():
    try:
        __import__(name)
    except ImportError:
        stand_in(name, members)

import models.autoencoders  # noqa: E402
import trainers.trainers  # noqa: E402
from data.data_class import SwissRoll  # noqa: E402
from utils import functionals  # noqa: E402

cells = ["".join(cell["source"]) for cell in json.loads((given.checkout / "swiss_roll.ipynb").read_text())["cells"]]
geodesics = []


def timed_distances(*args, **options):
    """Their geodesics, with the seconds they took."""
    start = time.perf_counter()
    found = functionals.get_Distance_Mat(*args, **options)
    geodesics.append(time.perf_counter() - start)
    return found


torch.set_num_threads(given.threads)
notebook = {
    "np": np,
    "torch": torch,
    "models": models,
    "trainers": trainers,
    "SwissRoll": SwissRoll,
    "get_Distance_Mat": timed_distances,
}
for cell in (DATA, LOADED, TRAINERS):
    exec(compile(cells[cell], f"swiss_roll.ipynb[{cell}]", "exec"), notebook)
notebook["EPOCHS"] = given.epochs
x, y, x_test, y_test = (notebook[name] for name in ("X_train", "y_train", "X_test", "y_test"))
shown = 1 if given.no_evaluation else len(x_test)

torch.manual_seed(given.seed)
np.random.seed(given.seed)
geodesics.clear()
start = time.perf_counter()
model = notebook["train_BLAE"](x, y, x_test[:shown], y_test[:shown])
seconds = time.perf_counter() - start - sum(geodesics)

with torch.no_grad():
    codes = model.encoder(torch.tensor(x_test).float())
    decoded = model.decoder(codes).numpy()
outcome = {
    "epochs": given.epochs,
    "seed": given.seed,
    "threads": torch.get_num_threads(),
    "torch": torch.__version__,
    "evaluation": not given.no_evaluation,
    "seconds": round(seconds, 3),
    "secondsPerEpoch": round(seconds / given.epochs, 5),
    "secondsOfGeodesics": round(sum(geodesics), 3),
    "reconstruction": float(np.mean((x_test - decoded) ** 2)),
}
if given.save:
    given.save.mkdir(parents=True, exist_ok=True)
    np.save(given.save / "codes.npy", codes.numpy())
    np.save(given.save / "decoded.npy", decoded.astype(np.float32))
    (given.save / "outcome.json").write_text(json.dumps(outcome, indent=1) + "\n")
print(json.dumps(outcome))
