# 32-bit Arm Linux with NEON (Cortex-A7, A9, A53 in 32 bits: Raspberry Pi 2 and later).
set(CMAKE_SYSTEM_PROCESSOR arm)
set(MOTE_TRIPLET arm-linux-gnueabihf)
set(MOTE_QEMU qemu-arm)
set(CMAKE_CXX_FLAGS_INIT -march=armv7-a+neon-vfpv4)
include("${CMAKE_CURRENT_LIST_DIR}/cross_linux.cmake")
