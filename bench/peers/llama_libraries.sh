#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Prints what a linker wants of a build of llama.cpp: llama_libraries.sh FOLDER, its source folder with a build/ in it.
# Refuses to build it.
set -eu
for name in llama ggml ggml-cpu ggml-base; do
  file=$(find "$1/build" -name "lib$name.so" -o -name "lib$name.a" | sort | head -n 1)
  [ -n "$file" ] || { echo "there is no lib$name in $1/build: build libllama first" >&2; exit 2; }
  printf '%s ' "$file"
  case $file in *.so) printf '%s ' "-Wl,-rpath,$(dirname "$file")" ;; esac
done
printf '%s\n' "-fopenmp -ldl"
