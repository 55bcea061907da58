# 64-bit RISC-V Linux (rv64gc).
set(CMAKE_SYSTEM_PROCESSOR riscv64)
set(MOTE_TRIPLET riscv64-linux-gnu)
set(MOTE_QEMU qemu-riscv64)
include("${CMAKE_CURRENT_LIST_DIR}/cross_linux.cmake")
