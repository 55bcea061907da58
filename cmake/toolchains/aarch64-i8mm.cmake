# 64-bit Arm Linux with SDOT and SMMLA (Cortex-A510, A710, Neoverse V1, N2 and later).
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(MOTE_TRIPLET aarch64-linux-gnu)
set(MOTE_QEMU qemu-aarch64)
set(MOTE_QEMU_CPU max)
set(CMAKE_CXX_FLAGS_INIT -march=armv8.2-a+dotprod+i8mm)
include("${CMAKE_CURRENT_LIST_DIR}/cross_linux.cmake")
