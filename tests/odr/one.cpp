// SPDX-License-Identifier: BSL-1.0
// Half of a program whose two halves include every header: a definition that is not inline would clash when linked.
#include "all_headers.hpp"

int versions_of_two();

int main() { return versions_of_two() == MOTE_VERSION_MAJOR * 100 + MOTE_VERSION_MINOR ? 0 : 1; }
