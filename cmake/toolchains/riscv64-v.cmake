# 64-bit RISC-V Linux with vectors 1.0 of 128 bits (rv64gcv). Clang with Debian's cross libraries: GCC 12 has no RVV.
set(CMAKE_SYSTEM_PROCESSOR riscv64)
set(MOTE_TRIPLET riscv64-linux-gnu)
set(MOTE_QEMU qemu-riscv64)
set(MOTE_QEMU_CPU rv64,v=true,vlen=128,vext_spec=v1.0)
set(CMAKE_CXX_FLAGS_INIT "-march=rv64gcv_zvl128b -mrvv-vector-bits=zvl")
# No auto-vectorization: qemu 7.2 aborts if a vfcvt.rtz or vfncvt.rtz is the first float instruction after a vsetvli.
# Clang emits these for loops that convert floats to integers; mote's own vectors do not use them. Compile options stand
# after the -O of a build type or a preset, which would turn both on again.
add_compile_options(-fno-vectorize -fno-slp-vectorize)
include("${CMAKE_CURRENT_LIST_DIR}/cross_linux.cmake")
set(CMAKE_C_COMPILER clang-19)
set(CMAKE_CXX_COMPILER clang++-19)
set(CMAKE_C_COMPILER_TARGET ${MOTE_TRIPLET})
set(CMAKE_CXX_COMPILER_TARGET ${MOTE_TRIPLET})
