// SPDX-License-Identifier: BSL-1.0
// The version of mote.
// Refuses a second place that states it: CMake and the package files read it from here.
#pragma once

#define MOTE_VERSION_MAJOR 0
#define MOTE_VERSION_MINOR 1
#define MOTE_VERSION_PATCH 0
