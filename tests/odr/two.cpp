// SPDX-License-Identifier: BSL-1.0
// The other half; see one.cpp.
#include "all_headers.hpp"

int versions_of_two();
int versions_of_two() { return MOTE_VERSION_MAJOR * 100 + MOTE_VERSION_MINOR; }
