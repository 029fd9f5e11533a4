#!/usr/bin/env bash
# A whole deployment on Flower, on one machine: `make demo-flower` runs this in the folder demo-flower/.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
rm -rf "$here/../../demo-flower"
mkdir "$here/../../demo-flower"
cd "$here/../../demo-flower"
parties=(alice bob carol)

step() { printf '\n\033[1m== %s\033[0m\n' "$1"; }
run() { printf '\033[2m$ %s\033[0m\n' "$*"; "$@"; }
in_background() {  # folder, log, command...
    printf '\033[2m$ (cd %s && %s) &\033[0m\n' "$1" "${*:3}"
    (cd "$1" && exec "${@:3}") >"$2" 2>&1 &
    started+=($!)
}
started=()
end() {
    for ((number = ${#started[@]} - 1; number >= 0; number--)); do
        kill "${started[$number]}" 2>/dev/null || true
    done
    wait
}
trap end EXIT

step "A script and its table, as they lie on one machine today, and the model that they give"
cp "$here/../train.py" train.py
python "$here/../write_table.py" patients.csv
run python train.py

step "Convert it, and write what the coordinator and three hospitals need"
run fedmigrate convert train.py --parties alice,bob,carol
port=$(python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
run fedmigrate deploy train_fed.py --engine flower -o out --certs --address "coordinator=127.0.0.1:$port"

step "Each hospital puts its own table into its folder, and decides what it lets out"
python "$here/deal_table.py" patients.csv out/alice out/bob out/carol
for party in "${parties[@]}"; do
    cp "$here/policy.toml" "out/$party/policy.toml"
done
run cat out/alice/policy.toml

step "The coordinator starts a SuperLink with TLS, and tells it the public keys of the hospitals' nodes"
export FLWR_HOME="$PWD/out/coordinator/flower" FLWR_TELEMETRY_ENABLED=0
in_background out/coordinator superlink.log flower-superlink --host 127.0.0.1 --port "$port" \
    --enable-supernode-auth --disable-runtime-dependency-installation \
    --ssl-ca-certfile ca.crt --ssl-certfile server.crt --ssl-keyfile server.key
until python -c "import socket, sys; sys.exit(socket.socket().connect_ex(('127.0.0.1', $port)))"; do
    kill -0 "${started[0]}" || { cat superlink.log; exit 1; }
    sleep 0.5
done
for party in "${parties[@]}"; do
    run flwr supernode register "out/coordinator/nodes/$party.pub" coordinator
done

step "Each hospital starts its node, which comes to the SuperLink and runs nothing of what that brings"
for party in "${parties[@]}"; do
    in_background "out/$party" "$party.log" python -m fedruntime.engines.flower.node .
done

step "The coordinator runs the script. A round takes about 3 seconds, which is how long Flower waits"
cd out/coordinator
run fedmigrate run train_fed.py --engine flower
cd ../..

step "Is it the model of the pooled table?"
run python "$here/compare.py" model.joblib out/coordinator/model.joblib

step "What left the hospitals, by the coordinator's record and by alice's own"
run fedmigrate audit out/coordinator/train_fed.py
run fedmigrate audit out/alice/alice.ledger.jsonl

step "What next"
cat <<'NEXT'
  less demo-flower/out/README.md               what was written for whom
  less demo-flower/out/coordinator/README.md   the commands of the coordinator
  less demo-flower/out/alice/README.md         and of a hospital
  less docs/deploying.md                       keys of everybody's own, instead of --certs
NEXT
