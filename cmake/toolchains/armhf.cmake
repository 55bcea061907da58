# 32-bit Arm Linux with hard floating point; Debian's baseline has no NEON.
set(CMAKE_SYSTEM_PROCESSOR arm)
set(MOTE_TRIPLET arm-linux-gnueabihf)
set(MOTE_QEMU qemu-arm)
include("${CMAKE_CURRENT_LIST_DIR}/cross_linux.cmake")
