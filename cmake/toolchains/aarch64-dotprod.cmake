# 64-bit Arm Linux with SDOT (Cortex-A55, A76 and later: Raspberry Pi 5).
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(MOTE_TRIPLET aarch64-linux-gnu)
set(MOTE_QEMU qemu-aarch64)
set(MOTE_QEMU_CPU max)
set(CMAKE_CXX_FLAGS_INIT -march=armv8.2-a+dotprod)
include("${CMAKE_CURRENT_LIST_DIR}/cross_linux.cmake")
