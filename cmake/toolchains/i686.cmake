# 32-bit x86 Linux with SSE2 (old industrial PCs): floats in SSE registers, since x87 rounds its own way.
set(CMAKE_SYSTEM_PROCESSOR i686)
set(MOTE_TRIPLET i686-linux-gnu)
set(MOTE_QEMU qemu-i386)
set(CMAKE_CXX_FLAGS_INIT "-march=pentium4 -mfpmath=sse")
include("${CMAKE_CURRENT_LIST_DIR}/cross_linux.cmake")
