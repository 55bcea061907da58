#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# mote_add_model(): a stranger's project links the target, and has the type and the image, in the program or as a file; a file
# that is not there is one sentence while CMake configures. The same project with the toolchain of a 64-bit Arm Linux says the
# same under qemu, and one with a Cortex-M7's becomes a firmware with the image in it.
# Refuses to run without a model file, which is no part of this project.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
for tool in cmake g++; do command -v $tool > /dev/null || { echo "skip: $tool is not installed"; exit 77; }; done
model=${MOTE_ASSETS:-$root/../shared/assets}/gguf-stories260K/stories260K.gguf
[ -f "$model" ] || { echo "skip: $model is not there"; exit 77; }
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
mkdir "$work/program"
cat > "$work/program/CMakeLists.txt" << 'END'
cmake_minimum_required(VERSION 3.25)
project(program LANGUAGES CXX)
add_subdirectory("${MOTE}" mote EXCLUDE_FROM_ALL)
mote_add_model(teller FILE "${MODEL}" FORMATS q8 INTERLEAVE 1)
mote_add_model(filed FILE "${MODEL}" NAME story FORMATS q8 INTERLEAVE 1 EOS 2,1 IMAGE_AS_FILE)
add_executable(program main.cpp)
target_link_libraries(program PRIVATE teller filed)
END
cat > "$work/program/main.cpp" << 'END'
#include <mote/mote.hpp>

#include <cstdio>
#include <type_traits>

#include "story.hpp"
#include "story_image.hpp"
#include "teller.hpp"
#include "teller_image.hpp"

static mote::pipeline<teller, mote::context<64>, mote::interleave<1>> ai;
static_assert(story::end_tokens.size() == 1 && story::end_tokens[0] == 1);

int main() {
  std::FILE* const file = std::fopen(story_image_file, "rb");
  if (file == nullptr || std::fseek(file, 0, SEEK_END) != 0) return 2;
  if (static_cast<std::size_t>(std::ftell(file)) != teller_image().size()) return 3;
  if (std::fclose(file) != 0 || ai.attach(teller_image()) != mote::status::ok) return 4;
  for (std::string_view piece : ai.ask("Once upon a time", 12)) std::fwrite(piece.data(), 1, piece.size(), stdout);
}
END
tools=$(sh "$root/cmake/host_tools.sh")
set -- -S "$work/program" "-DMOTE=$root" -DCMAKE_BUILD_TYPE=Release -DMOTE_HOST_TOOLS="$tools"
[ ! -d "$root/build/deps/usr/include/xsimd" ] || set -- "$@" "-DMOTE_XSIMD_INCLUDE_DIR=$root/build/deps/usr/include"
{ cmake -B "$work/build" "$@" -DMODEL="$model" && cmake --build "$work/build" --target program; } > "$work/log" 2>&1 ||
  { echo "FAILED: it does not build"; tail -n 40 "$work/log"; exit 1; }
said=$("$work/build/program") || { echo "FAILED: it does not run"; exit 1; }
[ -n "$said" ] || { echo "FAILED: it says nothing"; exit 1; }
echo "ok    linked: $said"
touch "$work/build/teller_model/teller.mote"
cmake --build "$work/build" --target program > "$work/log" 2>&1
grep -q 'teller_image' "$work/log" || { echo "FAILED: a new image is not embedded anew"; cat "$work/log"; exit 1; }
echo "ok    a new image is embedded anew"
if cmake -B "$work/none" "$@" -DMODEL=none.gguf > "$work/log" 2>&1; then echo "FAILED: a missing file is no error"; exit 1; fi
tr '\n' ' ' < "$work/log" | tr -s ' ' | grep -q "mote_add_model(teller): there is no file or folder" ||
  { echo "FAILED: the message"; cat "$work/log"; exit 1; }
echo "ok    a missing file is named"

# Toolchain files as a stranger has them; the tools are those of the first build, or of the tests.
[ -n "$tools" ] || tools=$work/build/mote_tools
toolchain() {  # file, system, processor, prefix, flags
  printf 'set(CMAKE_SYSTEM_NAME %s)\nset(CMAKE_SYSTEM_PROCESSOR %s)\nset(CMAKE_CXX_COMPILER %s-g++)\n' "$2" "$3" "$4" > "$work/$1"
  printf 'set(CMAKE_CXX_FLAGS_INIT "%s")\nset(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)\n' "$5" >> "$work/$1"
}
cross() {  # name, source folder, options...
  name=$1 source=$2; shift 2
  cmake -S "$source" -B "$work/$name" "-DMOTE=$root" -DCMAKE_BUILD_TYPE=MinSizeRel "-DMOTE_HOST_TOOLS=$tools" "-DMODEL=$model" \
    "-DCMAKE_TOOLCHAIN_FILE=$work/$name.cmake" "$@" > "$work/log" 2>&1 &&
    cmake --build "$work/$name" --target program >> "$work/log" 2>&1 ||
    { echo "FAILED: $name does not build"; tail -n 40 "$work/log"; exit 1; }
}
if command -v aarch64-linux-gnu-g++ > /dev/null && command -v qemu-aarch64 > /dev/null; then
  toolchain aarch64.cmake Linux aarch64 aarch64-linux-gnu -static
  cross aarch64 "$work/program"
  there=$(qemu-aarch64 "$work/aarch64/program") || { echo "FAILED: aarch64 does not run"; exit 1; }
  [ "$there" = "$said" ] || { echo "FAILED: aarch64 says '$there', not '$said'"; exit 1; }
  echo "ok    aarch64 says the same"
else
  echo "skip  aarch64: g++-aarch64-linux-gnu and qemu-user are not installed"
fi
if command -v arm-none-eabi-g++ > /dev/null; then
  mkdir "$work/firmware"
  cat > "$work/firmware/CMakeLists.txt" << 'END'
cmake_minimum_required(VERSION 3.25)
project(firmware LANGUAGES CXX)
add_subdirectory("${MOTE}" mote EXCLUDE_FROM_ALL)
mote_add_model(teller FILE "${MODEL}" FORMATS q8 BOARD stm32h743)
add_executable(program main.cpp)
target_link_libraries(program PRIVATE teller)
END
  cat > "$work/firmware/main.cpp" << 'END'
#include <mote/boards/stm32h743.hpp>
#include <mote/mote.hpp>

#include "teller.hpp"
#include "teller_image.hpp"

static mote::pipeline<teller, mote::context<64>, mote::fit<mote::boards::stm32h743>> ai;

int main() {
  if (ai.attach(teller_image()) != mote::status::ok) return 1;
  int bytes = 0;
  for (std::string_view piece : ai.ask("Once upon a time", 12)) bytes += static_cast<int>(piece.size());
  return bytes == 0;
}
END
  toolchain cortex-m7.cmake Generic arm arm-none-eabi \
    "-mcpu=cortex-m7 -mfpu=fpv5-d16 -mfloat-abi=hard -fno-exceptions -fno-rtti -ffunction-sections --specs=nosys.specs"
  cross cortex-m7 "$work/firmware"
  arm-none-eabi-nm -S "$work/cortex-m7/program" > "$work/symbols"
  grep -q mote_image_teller "$work/symbols" || { echo "FAILED: the firmware has no image"; exit 1; }
  echo "ok    cortex-m7: a firmware of $(arm-none-eabi-size "$work/cortex-m7/program" | awk 'NR == 2 { print $1 }') bytes with the image"
else
  echo "skip  cortex-m7: gcc-arm-none-eabi is not installed"
fi
