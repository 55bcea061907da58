/* SPDX-License-Identifier: BSL-1.0
 * The names that run.c and runq.c want of this header where there is no operating system. What uses them, the reading of
 * files, is never called there and is not linked.
 */
#pragma once
#include <stddef.h>
#define PROT_READ 1
#define MAP_PRIVATE 2
#define MAP_FAILED ((void *)-1)
void *mmap(void *, size_t, int, int, int, long);
int munmap(void *, size_t);
