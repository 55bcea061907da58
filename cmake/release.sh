#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# What a release has, in OUT: the archive, the single header, an SBOM (SPDX 2.3), checksums. Then all of it is tried as a stranger
# would who has these files alone: checksums hold, the archive installs, a program of each compiles and runs.
#   cmake/release.sh OUT [COMMIT]       COMMIT: HEAD, whose version.hpp says the version
# Refuses a folder that has something, and to keep what did not pass: OUT is empty then. It tags and uploads nothing.
set -eu
[ $# -ge 1 ] && [ $# -le 2 ] || { echo "usage: $0 OUT [COMMIT]" >&2; exit 2; }
root=$(cd "$(dirname "$0")/.." && pwd)
commit=$(git -C "$root" rev-parse --verify --quiet "${2:-HEAD}^{commit}") || { echo "release: there is no commit '$2'" >&2; exit 2; }
mkdir -p "$1"
out=$(cd "$1" && pwd)
[ -z "$(ls -A "$out")" ] || { echo "release: $out is not empty" >&2; exit 2; }
work=$(mktemp -d)
passed=no
finish() { rm -rf "$work"; [ "$passed" = yes ] || find "$out" -mindepth 1 -delete; }
trap finish EXIT

version=$(git -C "$root" show "$commit:include/mote/version.hpp" | awk '/define MOTE_VERSION_/ { v = v dot $3; dot = "." } END { print v }')
name=mote-$version
git -C "$root" show "$commit:CHANGELOG.md" | grep -q "^## $version" ||
  echo "release: note: CHANGELOG.md has no section of $version yet"
# The same bytes whoever makes it: times are the commit's, and gzip keeps none.
git -C "$root" archive --format=tar --prefix="$name/" "$commit" | gzip -9n > "$out/$name.tar.gz"
tar xzf "$out/$name.tar.gz" -C "$work"
sh "$work/$name/cmake/amalgamate.sh" "$out/mote.hpp"

sum() { sha256sum "$1" | cut -d ' ' -f 1; }
created=$(TZ=UTC git -C "$root" log -1 --date=format-local:%Y-%m-%dT%H:%M:%SZ --format=%cd "$commit")
cat > "$out/$name.spdx.json" << END
{
  "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": "$name",
  "documentNamespace": "urn:mote:$version:$(sum "$out/$name.tar.gz")",
  "creationInfo": {"created": "$created", "creators": ["Tool: cmake/release.sh"]},
  "packages": [
    {"name": "mote", "SPDXID": "SPDXRef-mote", "versionInfo": "$version", "downloadLocation": "NOASSERTION",
     "filesAnalyzed": false, "licenseConcluded": "BSL-1.0", "licenseDeclared": "BSL-1.0", "copyrightText": "NOASSERTION",
     "packageFileName": "$name.tar.gz", "checksums": [{"algorithm": "SHA256", "checksumValue": "$(sum "$out/$name.tar.gz")"}]},
    {"name": "xsimd", "SPDXID": "SPDXRef-xsimd", "versionInfo": ">=13.2", "downloadLocation": "NOASSERTION", "filesAnalyzed": false,
     "licenseConcluded": "BSD-3-Clause", "licenseDeclared": "BSD-3-Clause", "copyrightText": "NOASSERTION",
     "comment": "headers that a program includes where mote/config.hpp sets MOTE_WITH_XSIMD: x86, Arm with NEON, WebAssembly; not on a Cortex-M"}
  ],
  "relationships": [
    {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-mote"},
    {"spdxElementId": "SPDXRef-xsimd", "relationshipType": "OPTIONAL_DEPENDENCY_OF", "relatedSpdxElement": "SPDXRef-mote"}
  ]
}
END
(cd "$out" && sha256sum "$name.tar.gz" mote.hpp "$name.spdx.json" > SHA256SUMS)

# ---- as a stranger: a folder that has the files, and no other of this tree
stranger=$work/stranger
mkdir "$stranger"
cp "$out"/* "$stranger"
cd "$stranger"
sha256sum --check --quiet SHA256SUMS
tar xzf "$name.tar.gz"
xsimd=""
for folder in "$root/build/deps/usr/include" /usr/include /usr/local/include; do
  if [ -d "$folder/xsimd" ]; then xsimd=$folder; break; fi
done
cmake -S "$name" -B b ${xsimd:+"-DMOTE_XSIMD_INCLUDE_DIR=$xsimd"} > log 2>&1 && cmake --install b --prefix prefix >> log 2>&1 ||
  { cat log; echo "release: the archive does not install" >&2; exit 1; }
[ "$xsimd" != /usr/include ] || xsimd=""
models=$stranger/$name/models/hearth
for include in "$stranger/prefix/include" "$stranger/one"; do
  [ -d "$include" ] || { mkdir -p one/mote; mv mote.hpp one/mote/; }
  c++ -std=c++23 -O1 -ffp-contract=off "-I$include" ${xsimd:+-isystem "$xsimd"} "-I$models" "-Wa,-I$models" \
    "-DEXPECTED_VERSION=\"$version\"" "$name/tests/install/main.cpp" -o program > log 2>&1 ||
    { cat log; echo "release: a program does not compile" >&2; exit 1; }
  ./program > log 2>&1 || { cat log; echo "release: a program does not run" >&2; exit 1; }
done
passed=yes
echo "release: $name in $out: installed, and a program of the headers and one of the single header ran"
(cd "$out" && wc -c ./* | sed '$d')
