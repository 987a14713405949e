#!/bin/sh
# Installs the peers of the benchmark beside this script: .venv (Python, pinned) and node_modules (npm, pinned).
# With the argument "torch": .venv-torch, PyTorch alone.
# Needs python3 (3.11 made the stored numbers) with venv, npm, and a network or a mirror. About 900 MB.
set -eu
cd "$(dirname "$0")"
if [ "${1:-}" = torch ]; then
  # With its CUDA files, 5.5 GB.
  python3 -m venv .venv-torch
  .venv-torch/bin/pip install --quiet --disable-pip-version-check --requirement requirements-torch.txt
  .venv-torch/bin/python -c "import torch; print('torch', torch.__version__)"
  exit
fi
python3 -m venv .venv
.venv/bin/pip install --quiet --disable-pip-version-check --requirement requirements.txt
# USearch ships its binaries in the package: nothing has to be built or fetched by a script.
npm ci --ignore-scripts --no-audit --no-fund
.venv/bin/python -c "import faiss, sklearn; print('faiss', faiss.__version__, ' scikit-learn', sklearn.__version__)"
node -p "'usearch ' + JSON.parse(fs.readFileSync('node_modules/usearch/package.json', 'utf8')).version"
