"""Data of the anchors T1 to T3, by their authors' protocols, as .npy (float32).

    bench/peers/.venv/bin/python bench/anchors/make-data.py [FOLDER]

FOLDER: default isometer-anchors in the system's folder for temporary files; never inside the repository. Files:

    swiss-roll-S.npy, swiss-roll-S-chart.npy     S = 0..9: 800 x 3 and the flat chart of the same rows, 800 x 2 (T1)
    spheres-train.npy, spheres-test.npy          9,000 and 1,000 x 101, standardised by the mean and deviation of train (T2)
    swiss-roll-hole-train.npy, -test.npy         1,500 and 8,500 x 3, and -train-chart.npy, -test-chart.npy (T3)

T4 reads MNIST and Fashion-MNIST as they are. A chart is what an isometry of the surface onto the plane gives, up to a rigid motion.
"""

import pathlib
import sys
import tempfile

import numpy as np
from sklearn.datasets import make_swiss_roll
from sklearn.model_selection import train_test_split

ROOT = pathlib.Path(__file__).resolve().parents[2]


def swiss_roll(seed):
    """T1 (Li, Zang & Wu 2020, Markov-Lipschitz deep learning): 800 points of scikit-learn's roll, without noise, at a twentieth of the size.

    The radius equals the angle t, so arc length is (t sqrt(1 + t^2) + asinh t) / 2.
    """
    points, t = make_swiss_roll(800, noise=0, random_state=seed)
    arc = (t * np.sqrt(1 + t**2) + np.arcsinh(t)) / 2
    return points / 20, np.stack([arc, points[:, 1]], axis=1) / 20


def ball_surface(random, n, d, radius):
    """n uniform points of the sphere of dimension d."""
    points = random.randn(n, d + 1)
    return radius * points / np.sqrt(np.sum(points**2, axis=1, keepdims=True))


def spheres():
    """T2 (Moor et al. 2020, Topological autoencoders): ten spheres of dimension 100 within a large one, in 101 dimensions."""
    random = np.random.RandomState(42)
    shifts = random.normal(0, 10 / np.sqrt(100), (11, 101))  # the last row is drawn and not used
    parts = [ball_surface(random, 500, 100, 5) + shift for shift in shifts[:10]]
    parts.append(ball_surface(random, 5000, 100, 25))
    points = np.concatenate(parts).astype(np.float32)
    train, test = train_test_split(points, test_size=0.1, random_state=np.random.RandomState(42))
    mean, deviation = train.mean(axis=0, keepdims=True), train.std(axis=0, keepdims=True)
    return (train - mean) / deviation, (test - mean) / deviation


def swiss_roll_with_hole(rows=10000, growth=0.1):
    """T3 (Zhan et al. 2026, Bi-Lipschitz autoencoder): a strip [-2, 10] x [0, 6] with a hole, rolled up into a logarithmic spiral.

    The spiral e^(b t) (cos t, sin t) has arc length sqrt(1 + b^2) (e^(b t) - 1) / b from t = 0 on, so (l, z) is an isometric chart.
    """
    random = np.random.RandomState(0)
    length = -2 + 12 * random.uniform(size=2 * rows)
    height = 6 * random.uniform(size=2 * rows)
    order = np.arange(2 * rows)
    random.shuffle(order)
    length, height = length[order], height[order]
    hole = (height > 2.5) & (height < 3.5) & (length > 1.5) & (length < 6.5)
    length, height = length[~hole][:rows], height[~hole][:rows]
    t = np.log(growth * length / np.sqrt(1 + growth**2) + 1) / growth
    radius = np.exp(growth * t)
    points = np.stack([radius * np.cos(t), radius * np.sin(t), height], axis=1)
    return train_test_split(points, np.stack([length, height], axis=1), test_size=0.85, random_state=21)


def main(folder):
    folder = folder.resolve()
    if folder.is_relative_to(ROOT):
        sys.exit(f"{folder} is inside the repository: give another folder")
    folder.mkdir(parents=True, exist_ok=True)
    made = {}
    for seed in range(10):
        made[f"swiss-roll-{seed}"], made[f"swiss-roll-{seed}-chart"] = swiss_roll(seed)
    made["spheres-train"], made["spheres-test"] = spheres()
    names = ("train", "test", "train-chart", "test-chart")
    made |= {f"swiss-roll-hole-{name}": part for name, part in zip(names, swiss_roll_with_hole())}
    for name, values in made.items():
        np.save(folder / f"{name}.npy", np.ascontiguousarray(values, dtype=np.float32))
    print(folder)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(tempfile.gettempdir()) / "isometer-anchors"))
