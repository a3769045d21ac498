#!/usr/bin/env bash
# What the multiply's innermost loops become on Arm, on any machine: the .NET AOT compiler's arm64 code, counted. Downloads the compiler.
# A row a height of the tile and a layout of A: vector registers, multiply-adds, loads, copies of a lane to all, uses of the stack.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/arm64.csproj" <<EOF
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><RuntimeIdentifier>linux-arm64</RuntimeIdentifier>
    <PublishAot>true</PublishAot><AllowUnsafeBlocks>true</AllowUnsafeBlocks><ImplicitUsings>enable</ImplicitUsings>
  </PropertyGroup>
  <ItemGroup>
    <ProjectReference Include="$root/src/Kernels/BareBert.Kernels.csproj" />
    <IlcArg Include="--codegenopt:JitDisasm=Run" /><IlcArg Include="--codegenopt:JitStdOutFile=$work/listing" /><IlcArg Include="--parallelism:1" />
  </ItemGroup>
</Project>
EOF
cat >"$work/Program.cs" <<'EOF'
using BareBert.Kernels;
unsafe
{
    using var team = new ThreadTeam(1);
    using var gemm = new Gemm(team, width: 4);
    float* x = stackalloc float[48];
    gemm.Run(new GemmCall { M = 4, N = 4, K = 4, A = x, Lda = 4, B = x + 16, Ldb = 4, C = x + 32, Ldc = 4 });
}
EOF
# Linking fails where there is no Arm linker; by then the code is written.
dotnet publish "$work" -c Release >"$work/log" 2>&1 || true
[ -s "$work/listing" ] || { cat "$work/log" >&2; exit 1; }
awk '
  /^; Assembly listing/ {
    kernel = ""; best = 0
    if (match($0, /MicroKernel:Run\[.*Simd128.*Rows[0-9]+/)) {
      match($0, /Rows[0-9]+/); kernel = substr($0, RSTART, RLENGTH) ($0 ~ /DepthPanel/ ? " A transposed" : " A row-major ")
      split("", used); count = 0; fmla = loads = dup = stack = 0
    }
  }
  kernel && /^G_M/ { fmla = loads = dup = stack = 0 }
  kernel {
    line = $0
    while (match(line, /[vq][0-9]+[., ]/)) {
      register = substr(line, RSTART + 1, RLENGTH - 2); if (!(register in used)) { used[register]; count++ }
      line = substr(line, RSTART + RLENGTH)
    }
    if (/ fmla /) fmla++; else if (/ ld[rp] /) loads++; else if (/ dup /) dup++
    if (/\[(sp|fp)/) stack++
    if (fmla >= best) { best = fmla; row = sprintf("%2d registers, %2d fmla, %2d loads, %d dup, %d stack", count, fmla, loads, dup, stack) }
  }
  kernel && /Total bytes/ { print kernel ": " row; kernel = "" }
' "$work/listing" | sort -V
