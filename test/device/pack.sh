#!/usr/bin/env bash
# Makes the device check one archive for Linux x64 that needs no .NET: pack.sh [ARCHIVE]; by default artifacts/device/check.tar.xz.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
archive=${1:-$root/artifacts/device/check.tar.xz}
folder=$root/artifacts/device/check
rm -rf "$folder"
dotnet publish "$here/ZsMlc.DeviceCheck" -c Release -r linux-x64 --self-contained -p:DebugType=none -p:GenerateDocumentationFile=false -o "$folder" -v quiet -nologo
rm -f "$folder"/*.dbg "$folder"/*.pdb "$folder"/*.xml "$folder"/libmscord* "$folder"/libclrgc*.so "$folder"/libcoreclrtraceptprovider.so
cp "$here/check.sh" "$folder/"
mkdir -p "$(dirname "$archive")"
tar -C "$folder" -cf - . | xz -6 -T0 >"$archive"
du -h "$archive"
