#!/usr/bin/env bash
# Checks ZsMlc.MLNet on this machine's NVIDIA GPU: check.sh [options of ZsMlc.DeviceCheck], for example --only 4 5 --out results.
# Needs a Python PyTorch of 2.10 to 2.12 (or ZSMLC_LIBTORCH, the lib folder of such a libtorch) and nothing else.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
if [ -z "${ZSMLC_LIBTORCH:-}" ]; then
  ZSMLC_LIBTORCH=$("${PYTHON:-python3}" -c 'import importlib.util, os; print(os.path.join(os.path.dirname(importlib.util.find_spec("torch").origin), "lib"))') ||
    { echo "check.sh: python3 has no torch; set ZSMLC_LIBTORCH to the lib folder of a libtorch 2.10 to 2.12" >&2; exit 2; }
  export ZSMLC_LIBTORCH
fi
arguments=("$@")
case " $* " in *" --gpu "* | *" --cpu "*) ;; *) arguments+=(--gpu 0) ;; esac
[ -d "$here/micro" ] && case " $* " in *" --micro "*) ;; *) arguments+=(--micro "$here/micro") ;; esac
for i in "${!arguments[@]}"; do [ "${arguments[i]}" = --cpu ] && unset 'arguments[i]'; done
exec "$here/ZsMlc.DeviceCheck" "${arguments[@]}"
