// SPDX-License-Identifier: BSL-1.0
// Every format of host/image/packing.hpp, compiled once for a program of many files.
#define MOTE_EVERY_FORMAT
#include "mote/host/image/packing.hpp"
