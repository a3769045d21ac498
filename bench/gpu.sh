#!/usr/bin/env bash
# Measures an NVIDIA GPU: results of every operation against Reference, multiplies against cuBLAS, operations against a copy, the training
# step against PyTorch, a pretraining run. Writes the tables to gpu-results.md.
# usage: bench/gpu.sh [options]      the options of `bench -- gpu`; a wrong one lists them all
#        bench/gpu.sh --pack FOLDER  puts a single file (linux-x64, no .NET needed) and this script into a folder, to be copied to a GPU machine
# On a machine with nothing but NVIDIA's driver: FOLDER/gpu.sh [options]. The file is the command line too: barebert-bench barebert pretrain …
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

pack() { # folder
  command -v dotnet >/dev/null || { echo "gpu.sh: no dotnet: packing needs the .NET 10 SDK; run --pack where it is" >&2; exit 1; }
  out=$(mktemp -d) # not local: the trap comes when the function is over
  trap 'rm -rf "$out"' EXIT
  dotnet publish -c Release "$here/BareBert.Bench.csproj" -r linux-x64 --self-contained -p:PublishSingleFile=true \
    -p:EnableCompressionInSingleFile=true -p:IncludeNativeLibrariesForSelfExtract=true -p:DebugType=none -o "$out" >&2
  mkdir -p "$1"
  mv "$out/BareBert.Bench" "$1/barebert-bench"
  cp "$here/gpu.sh" "$1/"
  du -h "$1/barebert-bench" >&2
}

if [[ ${1:-} == --pack ]]; then
  pack "${2:?usage: gpu.sh --pack FOLDER}"
elif [[ -x $here/barebert-bench ]]; then
  exec "$here/barebert-bench" gpu "$@"
elif command -v dotnet >/dev/null; then
  dotnet build -c Release "$here/BareBert.Bench.csproj" >/dev/null
  exec dotnet "$here/bin/Release/net10.0/BareBert.Bench.dll" gpu "$@"
else
  echo "gpu.sh: neither barebert-bench beside it nor dotnet: make the file with 'bench/gpu.sh --pack FOLDER' where the .NET 10 SDK is" >&2
  exit 1
fi
