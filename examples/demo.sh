#!/usr/bin/env bash
# The main job from end to end, in the folder demo/: `make demo` runs this.
set -euo pipefail
examples=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$examples/../demo"
cd "$examples/../demo"

step() { printf '\n\033[1m== %s\033[0m\n' "$1"; }
run() { printf '\033[2m$ %s\033[0m\n' "$*"; "$@"; }

step "A table and a script that trains on it, as they lie on one machine today"
cp "$examples/train.py" train.py
rm -f train_fed.py
python "$examples/write_table.py" patients.csv

step "What has to change so that the rows can stay with three hospitals"
run fedmigrate convert train.py --parties alice,bob,carol --diff

step "Write it"
run fedmigrate convert train.py --parties alice,bob,carol

step "Train over three simulated parties"
run python train_fed.py

step "Is it the same model? Run both scripts and compare every fitted attribute"
run fedmigrate verify train.py train_fed.py

step "What left each party"
run fedmigrate audit train_fed.py

step "What next"
cat <<'NEXT'
  source .venv/bin/activate                   put the tool on your PATH
  cd demo                                     the folder this happened in
  less train_fed.py                           the federated script
  fedmigrate convert --help                   convert a script of your own
  fedmigrate estimators                       what is supported, and how exactly
  fedmigrate explain                          what the diagnostic codes mean
NEXT
