#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# mote_add_model(): a stranger's project links the target, and has the type and the image, in the program or as a file; a file
# that is not there is one sentence while CMake configures. A GGUF file with a chat template chats: the tokens are those of the text
# that the template renders. The same project with the toolchain of a 64-bit Arm Linux says the
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
if(CHAT)
  mote_add_model(chatter FILE "${CHAT}" INTERLEAVE 1)
  target_link_libraries(program PRIVATE chatter)
endif()
END
# The same file with a chat template: a key in front of the others, as long as its alignment wants.
cat > "$work/chat.py" << 'END'
import struct, sys
raw = open(sys.argv[1], "rb").read()
text = b"{{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}{{ 'Q: ' + m.content + '\\n' }}{% else %}" \
       b"{{ 'A: ' + m.content + eos_token }}{% endif %}{% endfor %}{% if add_generation_prompt %}A:{% endif %}"
def key(t):
    return struct.pack("<Q", 23) + b"tokenizer.chat_template" + struct.pack("<IQ", 8, len(t)) + t
text = b"{#" + b"-" * ((-len(key(text)) - 4) % 32) + b"#}" + text
open(sys.argv[2], "wb").write(raw[:16] + struct.pack("<Q", struct.unpack_from("<Q", raw, 16)[0] + 1) + key(text) + raw[24:])
END
chat=""
if command -v python3 > /dev/null; then
  python3 "$work/chat.py" "$model" "$work/chat.gguf"
  chat=$work/chat.gguf
fi
cat > "$work/program/main.cpp" << 'END'
#include <mote/mote.hpp>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <type_traits>

#if __has_include("chatter.hpp")
#include "chatter.hpp"
#include "chatter_image.hpp"
#endif
#include "story.hpp"
#include "story_image.hpp"
#include "teller.hpp"
#include "teller_image.hpp"

static mote::pipeline<teller, mote::context<64>, mote::interleave<1>> ai;
static_assert(story::end_tokens.size() == 1 && story::end_tokens[0] == 1);

/// A question and a reply of a model that chats; the tokens of the question are those of the text as its template renders it.
bool chats() {
#if __has_include("chatter.hpp")
  static mote::pipeline<chatter, mote::context<128>, mote::interleave<1>> speaker;
  const auto image = chatter_image();
  if (speaker.attach(image) != mote::status::ok) return false;
  auto answer = speaker.chat({mote::turn::user("Is the door closed?")}, 8);
  if (answer.state() != mote::status::ok) return false;
  using words = mote::tokenizer_of<chatter>;
  mote::container_header h;
  std::memcpy(&h, image.data(), sizeof h);
  const words w(words::table{image.subspan(h.vocabulary_offset, h.vocabulary_bytes)}, chatter::special_tokens);
  mote::merge_slot slots[96]{};
  std::size_t count = 0;
  if (w.append("Q: Is the door closed?\nA:", slots, count) != mote::status::ok) return false;
  if (speaker.tokens().size() != count + 1 || speaker.tokens()[0] != 1) return false;
  for (std::size_t i = 0; i < count; ++i)
    if (speaker.tokens()[i + 1] != slots[i].token) return false;
  std::size_t said = 0;
  for (std::string_view piece : answer) said += piece.size();
  for (std::string_view piece : speaker.reply({mote::turn::user("And the window?")}, 8)) said += piece.size();
  return said != 0 && speaker.tokens().size() > count + 8;
#else
  return true;
#endif
}

int main() {
  if (!chats()) return 5;
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
{ cmake -B "$work/build" "$@" -DMODEL="$model" "-DCHAT=$chat" && cmake --build "$work/build" --target program; } > "$work/log" 2>&1 ||
  { echo "FAILED: it does not build"; tail -n 40 "$work/log"; exit 1; }
said=$("$work/build/program") || { echo "FAILED: it does not run"; exit 1; }
[ -n "$said" ] || { echo "FAILED: it says nothing"; exit 1; }
echo "ok    linked: $said"
[ -n "$chat" ] && echo "ok    a file with a chat template chats" || echo "skip  chat: python3 is not installed"
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
  cmake -S "$source" -B "$work/$name" "-DMOTE=$root" -DCMAKE_BUILD_TYPE=MinSizeRel "-DMOTE_HOST_TOOLS=$tools" "-DMODEL=$model" "-DCHAT=$chat" \
    "-DCMAKE_TOOLCHAIN_FILE=$work/$name.cmake" "$@" > "$work/log" 2>&1 &&
    cmake --build "$work/$name" --target program >> "$work/log" 2>&1 ||
    { echo "FAILED: $name does not build"; tail -n 40 "$work/log"; exit 1; }
}
if [ "${MOTE_TEST_ALL:-ON}" != ON ]; then
  echo "left to --all: aarch64"
elif command -v aarch64-linux-gnu-g++ > /dev/null && command -v qemu-aarch64 > /dev/null; then
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
