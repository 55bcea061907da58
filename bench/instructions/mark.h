/* SPDX-License-Identifier: BSL-1.0
 * The function whose calls count.c sees. One call before each token, one after the last.
 */
#pragma once

#if defined(__cplusplus)
extern "C"
#endif
__attribute__((noinline, used)) void instruction_mark(void);
void instruction_mark(void) { __asm__ volatile(""); }
