// SPDX-License-Identifier: BSL-1.0
// The start-up code and the fault handler of any Cortex-M from M0 to M55: vector table, FPU, .data, .bss, stack guard,
// initializers, main(). A vendor's start-up code can take its place.
// Refuses to return from main(): the result goes to the debugger or emulator as the exit code.

#include "startup.hpp"

#include <array>
#include <cstdint>

#include "semihosting.hpp"

int main();

extern "C" {
// Symbols of the linker script: only their addresses count. As arrays, so that no compiler assumes single objects.
extern std::uint32_t mote_stack_low[];
extern std::uint32_t mote_stack_top[];
extern const std::uint32_t mote_data_source[];
extern std::uint32_t mote_data_begin[];
extern std::uint32_t mote_data_end[];
extern std::uint32_t mote_bss_begin[];
extern std::uint32_t mote_bss_end[];
using initializer = void();
extern initializer* const mote_init_begin[];
extern initializer* const mote_init_end[];

[[noreturn]] void Reset_Handler();
[[noreturn]] void HardFault_Handler() noexcept;
// By CMSIS' names; an operating system defines its own. Without one they are faults.
[[noreturn, gnu::weak, gnu::alias("HardFault_Handler")]] void SVC_Handler() noexcept;
[[noreturn, gnu::weak, gnu::alias("HardFault_Handler")]] void PendSV_Handler() noexcept;
[[noreturn, gnu::weak, gnu::alias("HardFault_Handler")]] void SysTick_Handler() noexcept;
[[noreturn]] void mote_start();
[[noreturn]] void mote_fault();

// The firmware never ends, so the destructors of statics are not registered.
void* __dso_handle = nullptr;
int __aeabi_atexit(void*, void (*)(void*), void*) { return 0; }
int __cxa_atexit(void (*)(void*), void*, void*) { return 0; }
// Objects of libgcc refer to the unwinder by these names; defining them keeps the unwinder out of the image.
void __aeabi_unwind_cpp_pr0() {}
void __aeabi_unwind_cpp_pr1() {}
}

namespace {

/// The pattern of unused stack. It is odd, so it equals no pointer to a word.
constexpr std::uint32_t paint = 0xC0FFEE55U;

/// Registers of the system control block (Armv7-M and Armv8-M Architecture Reference Manuals, "SCB").
volatile std::uint32_t& scb(std::uint32_t address) {
  return *reinterpret_cast<volatile std::uint32_t*>(static_cast<std::uintptr_t>(address));
}
constexpr std::uint32_t vtor = 0xE000ED08U;  // vector table offset
constexpr std::uint32_t cfsr = 0xE000ED28U;  // fault status
constexpr std::uint32_t bfar = 0xE000ED38U;  // bus fault address
#if defined(__ARM_FEATURE_MVE)
constexpr std::uint32_t ccr = 0xE000ED14U;  // configuration and control
#endif
#if __ARM_ARCH < 7
void guard_stack() {}  // Armv6-M has no stack limit, and its MPU is optional
constexpr std::uint32_t overflow_faults = 0;
#elif __ARM_ARCH < 8
constexpr std::uint32_t mpu_control = 0xE000ED94U;
constexpr std::uint32_t mpu_region = 0xE000ED98U;
constexpr std::uint32_t mpu_address = 0xE000ED9CU;
constexpr std::uint32_t mpu_attributes = 0xE000EDA0U;

/// Armv7-M has no stack limit register, so the MPU forbids the 4 KiB below the RAM, where the stack would overflow to.
/// That costs no RAM. Without it some boards read zeros there, and a function returns to address 0 after an overflow.
void guard_stack() {
  scb(mpu_region) = 0;
  scb(mpu_address) = static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(mote_stack_low)) - 4096U;
  scb(mpu_attributes) = (1U << 28U) | (11U << 1U) | 1U;  // execute never, no access, 2^(11 + 1) bytes, enabled
  scb(mpu_control) = (1U << 2U) | 1U;                    // enabled, with the default map for all other addresses
  __asm__ volatile("dsb\n isb");
}
constexpr std::uint32_t overflow_faults = (1U << 12U) | (1U << 4U) | (1U << 1U);  // STKERR MSTKERR DACCVIOL
#else
void guard_stack() {}                                                 // MSPLIM is set in Reset_Handler
constexpr std::uint32_t overflow_faults = (1U << 20U) | (1U << 12U);  // STKOF STKERR
#endif

using handler = void();
struct vector_table {
  std::uint32_t* initial_stack;
  std::array<handler*, 15> system;
};

}  // namespace

extern "C" [[gnu::section(".vectors"), gnu::used, gnu::aligned(128)]] const vector_table mote_vectors{
    mote_stack_top,
    {Reset_Handler, HardFault_Handler, HardFault_Handler, HardFault_Handler, HardFault_Handler, HardFault_Handler,
     HardFault_Handler, nullptr, nullptr, nullptr, SVC_Handler, HardFault_Handler, nullptr, PendSV_Handler,
     SysTick_Handler}};

// Naked: a bootloader may leave any stack pointer, and a compiled prologue could use the FPU before it is on.
extern "C" [[gnu::naked, noreturn]] void Reset_Handler() {
  __asm__ volatile(
      "cpsid i\n"
      "ldr r0, =mote_stack_top\n"
      "mov sp, r0\n"
#if __ARM_ARCH >= 8
      "ldr r0, =mote_stack_low\n"
      "msr msplim, r0\n"  // Armv8-M checks the stack pointer against this
#endif
#if __ARM_ARCH >= 7
      "ldr r0, =0xE000ED88\n"  // CPACR: full access to CP10 and CP11, the FPU and Helium
      "ldr r1, [r0]\n"
      "orr r1, r1, #0x00F00000\n"
      "str r1, [r0]\n"
      "dsb\n"
      "isb\n"
#endif
      "b mote_start\n");
}

// GCC turns the loops below into memcpy and memset of the C library, which need no initialization.
extern "C" void mote_start() {
#if __ARM_ARCH >= 7
  scb(vtor) = static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(&mote_vectors));
#endif
#if defined(__ARM_FEATURE_MVE)
  scb(ccr) = scb(ccr) | (1U << 19U);  // LOB: enables the loop and branch info cache, for low-overhead loops
#endif
  const std::uint32_t* from = mote_data_source;
  for (std::uint32_t* to = mote_data_begin; to != mote_data_end;) *to++ = *from++;
  for (std::uint32_t* to = mote_bss_begin; to != mote_bss_end;) *to++ = 0;
  guard_stack();
  firmware::paint_stack();
  __asm__ volatile("cpsie i");
  for (initializer* const* init = mote_init_begin; init != mote_init_end; ++init) (*init)();
  semihosting::exit(main());
}

// Naked: after a stack overflow there is no stack left, so the handler starts again at its top.
extern "C" [[gnu::naked, noreturn]] void HardFault_Handler() noexcept {
  __asm__ volatile(
      "ldr r0, =mote_stack_top\n"
      "mov sp, r0\n"
      "b mote_fault\n");
}

extern "C" void mote_fault() {
  const std::uint32_t why = scb(cfsr);
  semihosting::print("fault: CFSR ");
  semihosting::print_hex(why);
  if ((why & (1U << 15U)) != 0) {  // BFARVALID
    semihosting::print(" at address ");
    semihosting::print_hex(scb(bfar));
  }
  if ((why & overflow_faults) != 0) semihosting::print(" (stack overflow)");
  semihosting::print("\n");
  semihosting::exit(firmware::exit_after_fault);
}

namespace firmware {

// The margin leaves out registers that the compiler may save after `here` was read. volatile: the loop must not become
// a call of memset, whose frame would be in the painted area.
[[gnu::noinline]] void paint_stack() {
  constexpr std::size_t margin_words = 16;
  std::uint32_t* here = nullptr;
  __asm__ volatile("mov %0, sp" : "=r"(here));
  for (volatile std::uint32_t* p = mote_stack_low; p + margin_words < here; ++p) *p = paint;
}

std::size_t stack_bytes() { return static_cast<std::size_t>(mote_stack_top - mote_stack_low) * sizeof(std::uint32_t); }

std::size_t stack_high_water() {
  const volatile std::uint32_t* p = mote_stack_low;
  while (p != mote_stack_top && *p == paint) ++p;
  return static_cast<std::size_t>(mote_stack_top - p) * sizeof(std::uint32_t);
}

}  // namespace firmware
