#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# views.hpp under the flags of a firmware: without exceptions and run-time types, with NDEBUG and without.
# Refuses to run where range-v3 or the build's flags are not there: exit 77.
set -eu
flags=${MOTE_BUILD_DIR:?}/tests/headers/flags.rsp
[ -f "$flags" ] || exit 77
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/use.cpp" <<'CPP'
#include <mote/mote.hpp>
#include <mote/views.hpp>
#include <range/v3/view/take.hpp>

struct some_model {
  static constexpr std::string_view name = "some_model";
  static constexpr mote::shape shape{
      .dim = 32, .hidden = 48, .layers = 2, .heads = 4, .kv_heads = 2, .vocab = 64, .context = 256};
  static constexpr std::size_t vocabulary_bytes = 600;
  static constexpr mote::special_tokens special_tokens{};
};
static mote::pipeline<some_model, mote::rag<mote::bm25<>>> ai;

std::size_t use(std::string_view text) {
  std::size_t n = 0;
  for (std::string_view s : mote::views::sentences(text)) n += ai.remember(s) == mote::status::ok ? 1U : 0U;
  for (const mote::views::found& f : mote::views::hits(ai.memory(), text)) n += f.text.size();
  for (std::string_view piece : mote::views::pieces(ai, text) | ranges::views::take(4)) n += piece.size();
  return n;
}
CPP
echo '#include <range/v3/version.hpp>' > "$work/there.cpp"
tried=0
for compiler in g++ clang++-19; do
  command -v "$compiler" > /dev/null || continue
  "$compiler" "@$flags" -fsyntax-only "$work/there.cpp" 2> /dev/null || continue
  tried=$((tried + 1))
  case ${MOTE_TEST_ALL:-ON}:$compiler in  # for every change one of them by each compiler
    ON:*) levels="-DNDEBUG -UNDEBUG" ;;
    *:g++) levels=-UNDEBUG ;;
    *) levels=-DNDEBUG ;;
  esac
  for debug in $levels; do
    "$compiler" "@$flags" -fsyntax-only -Werror -fno-exceptions -fno-rtti $debug "$work/use.cpp"
    echo "ok  $compiler $debug"
  done
done
[ $tried -gt 0 ] || exit 77
