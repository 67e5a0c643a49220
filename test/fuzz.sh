#!/usr/bin/env bash
# Coverage-guided fuzzing of the parsers of foreign files with AFL++ (Debian: apt-get install afl++) and SharpFuzz.
# usage: test/fuzz.sh TARGET SECONDS [FOLDER]    with a target of safetensors, torchscript, coco, tokenizer
# Works in FOLDER (default artifacts/fuzz), prints executions, paths and findings, and ends with 1 where there are any.
# A finding is repeated by: dotnet FOLDER/bin/ZsMlc.Fuzz.dll TARGET FOLDER/TARGET/default/crashes/id...
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
target=${1:?usage: fuzz.sh TARGET SECONDS [FOLDER]} seconds=${2:?usage: fuzz.sh TARGET SECONDS [FOLDER]}
folder=$(realpath -m "${3:-$here/../artifacts/fuzz}")
command -v afl-fuzz > /dev/null || { echo "fuzz.sh: afl-fuzz is missing; install afl++." >&2; exit 2; }
mkdir -p "$folder"

# One instrumented build serves all targets.
exec 9> "$folder/build.lock"
flock 9
if [ ! -e "$folder/bin/instrumented" ]; then
  dotnet build "$here/ZsMlc.Fuzz" -c Release -v quiet -nologo
  rm -rf "$folder/bin"
  cp -rL "$here/ZsMlc.Fuzz/bin/Release/net10.0" "$folder/bin"
  [ -x "$folder/tool/sharpfuzz" ] || dotnet tool install SharpFuzz.CommandLine --version 2.3.0 --tool-path "$folder/tool"
  # Only the parsers: what runs before the fuzzer does must not be instrumented.
  "$folder/tool/sharpfuzz" "$folder/bin/ZsMlc.Torch.dll" ZsMlc.Torch.Checkpoints ZsMlc.Torch.Clip
  "$folder/tool/sharpfuzz" "$folder/bin/ZsMlc.MLNet.dll" ZsMlc.MLNet.Datasets
  dotnet "$folder/bin/ZsMlc.Fuzz.dll" seeds "$folder/seeds"
  touch "$folder/bin/instrumented"
fi
flock -u 9

# Inputs may take 5 s; the runtime reserves more addresses than it uses, so memory is limited by its own heap.
export AFL_SKIP_BIN_CHECK=1 AFL_NO_UI=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_SKIP_CPUFREQ=1 AFL_NO_AFFINITY=1 AFL_FORKSRV_INIT_TMOUT=120000
export DOTNET_GCHeapHardLimit=0x20000000 TMPDIR="$folder/tmp-$target"
mkdir -p "$TMPDIR"
afl-fuzz -i "$folder/seeds/$target" -o "$folder/$target" -t 5000 -m none -V "$seconds" -- dotnet "$folder/bin/ZsMlc.Fuzz.dll" "$target" > "$folder/$target.log" 2>&1 || { tail -20 "$folder/$target.log"; exit 2; }
stats="$folder/$target/default/fuzzer_stats"
echo "$target"
grep -E '^(run_time|execs_done|execs_per_sec|corpus_count|edges_found|saved_crashes|saved_hangs)' "$stats"
! grep -qE '^saved_(crashes|hangs) *: [1-9]' "$stats"
