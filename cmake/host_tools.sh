#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Prints the folder of the host tools that a build of the tests has made (build/host-gcc/tools), for MOTE_HOST_TOOLS.
# Refuses tools that are older than a source: it prints nothing, and the caller compiles its own.
set -eu
cd "$(dirname "$0")/.."
tools=$PWD/build/host-gcc/tools
for tool in repack_image import_model; do
  [ -x "$tools/$tool" ] && [ -z "$(find include tools -type f -newer "$tools/$tool" -print -quit)" ] || exit 0
done
echo "$tools"
