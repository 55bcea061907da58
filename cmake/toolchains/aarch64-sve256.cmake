# 64-bit Arm Linux with SVE of 256 bits (Neoverse V1).
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(MOTE_TRIPLET aarch64-linux-gnu)
set(MOTE_QEMU qemu-aarch64)
set(MOTE_QEMU_CPU max,sve256=on,sve512=off)
set(CMAKE_CXX_FLAGS_INIT "-march=armv8.2-a+dotprod+sve -msve-vector-bits=256")
include("${CMAKE_CURRENT_LIST_DIR}/cross_linux.cmake")
