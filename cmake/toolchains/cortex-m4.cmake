# Cortex-M4F (STM32F4, nRF52): SMLAD, single-precision FPU.
set(MOTE_CPU_FLAGS -mcpu=cortex-m4 -mfloat-abi=hard -mfpu=fpv4-sp-d16)
set(MOTE_MACHINE mps2-an386)
include("${CMAKE_CURRENT_LIST_DIR}/cortex_m.cmake")
