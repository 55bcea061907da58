# SPDX-License-Identifier: BSL-1.0
set_property(GLOBAL PROPERTY TARGET_SUPPORTS_SHARED_LIBS FALSE)
set(CMAKE_EXECUTABLE_SUFFIX .elf)
include(Platform/UnixPaths)  # which sets UNIX, as the Pico SDK's platform file does
