// SPDX-License-Identifier: BSL-1.0
#if __has_include(<mote/mote.hpp>)
#include <mote/mote.hpp>
#else
#include <mote/core/arena.hpp>
#include <mote/version.hpp>
#endif

#include <xsimd/config/xsimd_config.hpp>

// Bytes that two tensors need which never live at the same time: the larger one's.
constexpr auto plan = mote::plan_arena<2>({mote::lifetime{256, 0, 1}, mote::lifetime{128, 2, 3}});
static_assert(plan.bytes == 256);

int main(int arguments, char**) {
  volatile float a = 1.0F + 0x1p-12F, b = -1.0F - 0x1p-11F;
  const float squared_and_added = a * a + b;  // 0 when rounded twice; a fused one would keep 2^-24
  return plan.bytes == 256 && squared_and_added == 0.0F && MOTE_VERSION_MAJOR == 0 && arguments == 1 ? 0 : 1;
}
