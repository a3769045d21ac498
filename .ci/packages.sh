#!/usr/bin/env bash
# Packs the solution, which is built, and uses what comes out as others would: the tool is installed and trains, and a console
# project that knows nothing but the packages runs the program of docs/library.md. Nothing of it stays.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
packages=$work/packages

dotnet pack -c Release --no-build -o "$packages"
for name in BareBert BareBert.Tensor BareBert.Kernels BareBert.Autograd BareBert.Bert; do
  unzip -l "$packages/$name".[0-9]*.nupkg README.md || { echo "$name has no README"; exit 1; }
  ls "$packages/$name".[0-9]*.snupkg
done

dotnet publish src/Cli -c Release -r linux-x64 --self-contained -p:PublishSingleFile=true -o "$work/single"
"$work/single/barebert" info --model tiny --task pretraining --json | grep -q parameters

# Packages of others come from where they lie already; ours, whose version stays while they change, from here alone.
export NUGET_PACKAGES=$work/nuget XDG_CACHE_HOME=$work/cache
cached=$(NUGET_PACKAGES= dotnet nuget locals global-packages --list | sed 's/^[^:]*: *//')

mkdir "$work/console"
cat >"$work/console/console.csproj" <<XML
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <Nullable>enable</Nullable>
    <ImplicitUsings>enable</ImplicitUsings>
    <RestoreAdditionalProjectSources>$packages</RestoreAdditionalProjectSources>
    <RestoreFallbackFolders>$cached</RestoreFallbackFolders>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="BareBert.Bert" Version="*" />
  </ItemGroup>
</Project>
XML
awk '/^```csharp/ { inside = 1; next } /^```/ { exit } inside' docs/library.md >"$work/console/Program.cs"
{ echo "text,label"; for i in $(seq 20); do echo "a good film $i,pos"; echo "a bad film $i,neg"; done; } >"$work/reviews.csv"
(cd "$work/console" && dotnet run -c Release -- "$work/reviews.csv" tiny "$work/run") >"$work/said"
cat "$work/said"
grep -Eq '^(pos|neg) 0\.' "$work/said"

dotnet tool install BareBert --tool-path "$work/tools" --add-source "$packages"
cd "$work"
tools/barebert pretrain --steps 2 --out "$work/tiny" --quiet
tools/barebert fill-mask --model "$work/tiny" "the [MASK] is here" --json >"$work/said"
grep -q guesses "$work/said"
