#!/usr/bin/env bash
# Times our training step and another program's in turn and prints the ratios of tokens/s.
# usage: bench/peers.sh SCRIPT.py [rounds] [size:batch ...]
# The script takes --size --batch --seq --steps --threads and prints one JSON line with tokens_per_s; it is run with one
# thread and with all, and the better median counts.
set -euo pipefail
script=${1:?usage: bench/peers.sh SCRIPT.py [rounds] [size:batch ...]}
rounds=${2:-3}
shift $(( $# < 2 ? $# : 2 ))
cases=("$@"); [ ${#cases[@]} -gt 0 ] || cases=(tiny:32 mini:32 base:8)
python=${PYTHON:-/usr/bin/python3}
cd "$(dirname "$0")/.."
dotnet build -c Release bench >/dev/null
ours=bench/bin/Release/net10.0/BareBert.Bench.dll
threads=$(nproc)

rate() { grep -o '"tokens_per_s": *[0-9]*' | grep -o '[0-9]*$'; }
median() { sort -n | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'; }

printf '%-6s %6s %14s %14s %14s %7s\n' size batch barebert "peer, 1 thread" "peer, $threads" ratio
for case in "${cases[@]}"; do
  size=${case%%:*} batch=${case##*:}
  mine=() one=() all=()
  for ((i = 0; i < rounds; i++)); do
    mine+=("$(dotnet "$ours" step --model "$size" --batch "$batch" --seq 128 --steps 9 | rate)")
    one+=("$("$python" "$script" --size "$size" --batch "$batch" --seq 128 --steps 3 --threads 1 | rate)")
    all+=("$("$python" "$script" --size "$size" --batch "$batch" --seq 128 --steps 3 --threads "$threads" | rate)")
  done
  a=$(printf '%s\n' "${mine[@]}" | median) b=$(printf '%s\n' "${one[@]}" | median) c=$(printf '%s\n' "${all[@]}" | median)
  printf '%-6s %6s %14s %14s %14s %7s\n' "$size" "$batch" "$a" "$b" "$c" "$(awk -v a="$a" -v b="$b" -v c="$c" 'BEGIN { printf "%.2f", a / (b > c ? b : c) }')"
done
