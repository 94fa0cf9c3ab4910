#!/bin/sh
# Train on a CPU at the lowest priority. usage: training/cpu.sh PYTHON [options of training.train]
# Workers sleep between steps instead of spinning (libgomp spinning made shared runs 10x slower),
# and malloc keeps the pages of a step's tensors for the next one.
cd "$(dirname "$0")/.." || exit 1
export OMP_WAIT_POLICY=passive TOKENIZERS_PARALLELISM=false PYTHONUNBUFFERED=1
export MALLOC_MMAP_THRESHOLD_=8000000000 MALLOC_TRIM_THRESHOLD_=16000000000
export MALLOC_TOP_PAD_=268435456
python=$1
shift
exec nice -n 19 "$python" -m training.train "$@"
