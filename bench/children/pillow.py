"""A picture of waves, noise and a chequered field, as PNG; and what Pillow makes of it: shorter side 224, the middle."""

import sys

import numpy as np
from PIL import Image

folder = sys.argv[1]
rng = np.random.default_rng(0)
y, x = np.mgrid[0:480, 0:640]
picture = np.stack([127 + 60 * np.sin(x / 9 + c) + 40 * np.sin(y / 5 + x / 31 + c) for c in range(3)], -1)
picture += rng.normal(0, 15, picture.shape)
field = (x // 13 + y // 11) % 2 == 0
inside = (y >= 100) & (y < 300) & (x >= 200) & (x < 420)
picture[inside] = np.where(field[inside][:, None], 230, 20)
picture = np.clip(picture, 0, 255).astype(np.uint8)
image = Image.fromarray(picture)
image.save(f"{folder}/picture.png")
for name, kernel in [("cubic", Image.BICUBIC), ("linear", Image.BILINEAR)]:
    small = image.resize((298, 224), kernel)
    np.asarray(small.crop((37, 0, 261, 224))).tofile(f"{folder}/{name}.raw")
