# 64-bit RISC-V Linux with vectors 1.0 of 128 bits (rv64gcv). Clang with Debian's cross libraries: GCC 12 has no RVV.
set(CMAKE_SYSTEM_PROCESSOR riscv64)
set(MOTE_TRIPLET riscv64-linux-gnu)
set(MOTE_QEMU qemu-riscv64)
set(MOTE_QEMU_CPU rv64,v=true,vlen=128,vext_spec=v1.0)
set(CMAKE_CXX_FLAGS_INIT "-march=rv64gcv_zvl128b -mrvv-vector-bits=zvl")
# qemu 7.2 stops at a vfcvt.rtz or vfncvt.rtz that is the first instruction of floats behind a vsetvli. Clang makes them of
# loops that turn floats to integers, and mote's own vectors have none. Behind -O3, because -O3 turns both on again.
set(CMAKE_CXX_FLAGS_RELEASE "-O3 -DNDEBUG -fno-vectorize -fno-slp-vectorize" CACHE STRING "Flags of a release")
include("${CMAKE_CURRENT_LIST_DIR}/cross_linux.cmake")
set(CMAKE_C_COMPILER clang-19)
set(CMAKE_CXX_COMPILER clang++-19)
set(CMAKE_C_COMPILER_TARGET ${MOTE_TRIPLET})
set(CMAKE_CXX_COMPILER_TARGET ${MOTE_TRIPLET})
