#!/bin/sh
# One slice on a GPU machine without network; the same command again goes on from the last one.
# usage: training/gpu.sh PACK WORK OUT MINUTES [more options of training.train, such as --anneal 8]
# PACK: what training.pack made. WORK: kept between slices. OUT: where weights and log are put.
set -eu
pack=$1 work=$2 out=$3 minutes=$4
shift 4
cd "$(dirname "$0")/.."
export PYTHONUNBUFFERED=1 TOKENIZERS_PARALLELISM=true
begun=$(date +%s)
if [ ! -e "$work/tokens/heldout.json" ]; then
  python3 -m training.pack "$pack" --unpack --work "$work"
  python3 -m training.tokens --work "$work"
fi
spent=$(($(date +%s) - begun))
export TOKENIZERS_PARALLELISM=false
python3 -m training.train --work "$work" --config gpu --device cuda --batch 96 --length 1024 \
  --workers 10 --minutes "$(python3 -c "print($minutes - $spent / 60)")" \
  --save-every 120 --evaluate-every 150 "$@"
newest=$(ls -t "$work"/runs/gpu/*.pt | head -n 1)
python3 -m training.parts split "$newest" "$out"
cp "$work/runs/gpu/log.jsonl" "$out/"
