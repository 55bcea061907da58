// SPDX-License-Identifier: BSL-1.0
#include <mote/mote.hpp>

constexpr auto plan = mote::plan_arena<2>({mote::lifetime{256, 0, 1}, mote::lifetime{128, 2, 3}});
static_assert(plan.bytes == 256);

int main() { return 0; }
