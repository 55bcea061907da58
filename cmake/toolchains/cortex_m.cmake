# Bare-metal Arm and an emulated board with semihosting. The file that includes this sets MOTE_CPU_FLAGS and
# MOTE_MACHINE; linker script and start-up code are the firmware's own.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR arm)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_C_COMPILER arm-none-eabi-gcc)
set(CMAKE_CXX_COMPILER arm-none-eabi-g++)
set(CMAKE_ASM_COMPILER arm-none-eabi-gcc)
string(JOIN " " mote_flags ${MOTE_CPU_FLAGS} -mthumb -ffunction-sections -fdata-sections)
set(CMAKE_C_FLAGS_INIT "${mote_flags}")
set(CMAKE_ASM_FLAGS_INIT "${mote_flags}")
set(CMAKE_CXX_FLAGS_INIT "${mote_flags} -fno-exceptions -fno-rtti -fno-threadsafe-statics")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-Wl,--gc-sections")
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-system-arm -machine ${MOTE_MACHINE} -display none -monitor none -serial none
  -semihosting-config enable=on,target=native -kernel)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
