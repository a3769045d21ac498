#!/usr/bin/env bash
# Fetches NVIDIA's PTX assembler (CUDA 11.8, Debian's nvidia-cuda-toolkit) without installing it, and prints the
# path of the binary. Usage: export BAREBERT_PTXAS=$(.ci/ptxas.sh [folder])
#
# The toolkit lies in the archive's non-free section, which most systems leave switched off: this takes the
# system's own package sources into a private folder, adds the section there, and unpacks the one package that
# holds the assembler. Nothing outside the folder changes; no root needed.
set -euo pipefail

home=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/barebert/ptxas}
binary=$home/root/usr/bin/ptxas

if [[ ! -x $binary ]]; then
  mkdir -p "$home"/{sources,lists/partial,cache/archives/partial,root}
  for source in /etc/apt/sources.list.d/debian.sources; do
    [[ -f $source ]] || { echo "ptxas.sh: no $source; need Debian's package sources to find the toolkit" >&2; exit 1; }
    sed 's/^Components:.*/Components: main non-free/' "$source" > "$home/sources/debian.sources"
  done
  apt=(apt-get -qq
    -o Dir::Etc::SourceList=/dev/null
    -o Dir::Etc::SourceParts="$home/sources"
    -o Dir::State::Lists="$home/lists"
    -o Dir::Cache="$home/cache"
    -o APT::Sandbox::User=)
  "${apt[@]}" update >&2
  (cd "$home" && "${apt[@]}" download nvidia-cuda-toolkit >&2)
  dpkg -x "$home"/nvidia-cuda-toolkit_*.deb "$home/root"
  rm -rf "$home"/nvidia-cuda-toolkit_*.deb "$home/lists" "$home/cache"
fi

echo "$binary"
