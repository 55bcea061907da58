# Cortex-M55 (STM32N6, Ensemble): Helium.
set(MOTE_CPU_FLAGS -mcpu=cortex-m55 -mfloat-abi=hard)
set(MOTE_MACHINE mps3-an547)
include("${CMAKE_CURRENT_LIST_DIR}/cortex_m.cmake")
