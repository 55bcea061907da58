// SPDX-License-Identifier: BSL-1.0
// Every format of host/packing.hpp, compiled once for a program of many files.
#define MOTE_EVERY_FORMAT
#include "mote/host/packing.hpp"
