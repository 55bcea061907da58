# Cortex-M33F (RP2350, STM32U5, nRF54): SMLAD, single-precision FPU.
set(MOTE_CPU_FLAGS -mcpu=cortex-m33 -mfloat-abi=hard -mfpu=fpv5-sp-d16)
set(MOTE_MACHINE mps2-an505)
include("${CMAKE_CURRENT_LIST_DIR}/cortex_m.cmake")
