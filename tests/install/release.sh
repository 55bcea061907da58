#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# cmake/release.sh: what it makes holds its checksums and is the commit's files and no others; a folder in use and a commit that is
# none are refused; where what it made cannot be used, nothing stays.
# Refuses to pass without a history to release from: it is skipped (77).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
git -C "$root" rev-parse --quiet --verify HEAD > /dev/null 2>&1 || { echo "skip: this tree has no history"; exit 77; }
for tool in sha256sum gzip c++ cmake; do command -v $tool > /dev/null || { echo "skip: $tool is not installed"; exit 77; }; done
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
wrong() { echo "FAILED: $1"; cat "$work/log"; exit 1; }
sh "$root/cmake/release.sh" "$work/out" > "$work/log" 2>&1 || wrong "it makes no release"
cd "$work/out"
[ "$(wc -l < SHA256SUMS)" -eq 3 ] && sha256sum --check --quiet SHA256SUMS || wrong "checksums"
tar tzf mote-*.tar.gz | grep -v '/$' | sed 's|^[^/]*/||' | sort > "$work/inside"
git -C "$root" ls-tree -r --name-only HEAD | sort | diff - "$work/inside" > "$work/log" || wrong "the archive has other files"
grep -q "$(sha256sum mote-*.tar.gz | cut -d ' ' -f 1)" mote-*.spdx.json || wrong "the SBOM names another archive"
cd "$work"
cp -R out before
sh "$root/cmake/release.sh" out > log 2>&1 && wrong "a folder in use was taken"
grep -q 'is not empty' log && diff -r out before || wrong "a folder in use"
sh "$root/cmake/release.sh" other nothing > log 2>&1 && wrong "a commit that is none was taken"
[ ! -e other ] || wrong "a folder was made for nothing"
mkdir broken && printf '#!/bin/sh\nexit 1\n' > broken/c++ && chmod +x broken/c++
PATH=$work/broken:$PATH sh "$root/cmake/release.sh" other > log 2>&1 && wrong "a compiler that fails passed"
grep -q 'release: .* does not ' log && [ -z "$(ls other)" ] || wrong "what did not pass stayed"
echo "ok    an archive of $(wc -l < inside) files, the single header, an SBOM; what is refused leaves nothing"
