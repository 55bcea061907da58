# 64-bit Arm Linux: Raspberry Pi 3 and later, i.MX8, Jetson.
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(MOTE_TRIPLET aarch64-linux-gnu)
set(MOTE_QEMU qemu-aarch64)
include("${CMAKE_CURRENT_LIST_DIR}/cross_linux.cmake")
