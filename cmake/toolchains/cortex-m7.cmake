# Cortex-M7F (STM32H7, i.MX RT): SMLAD, caches; the emulated core has single precision like the smaller parts.
set(MOTE_CPU_FLAGS -mcpu=cortex-m7 -mfloat-abi=hard -mfpu=fpv5-sp-d16)
set(MOTE_MACHINE mps2-an500)
include("${CMAKE_CURRENT_LIST_DIR}/cortex_m.cmake")
