// SPDX-License-Identifier: BSL-1.0
// What a C library has, those of its headers that are here: a program may include any of them before mote.
// Refuses <complex.h>: its `I` is a template parameter of xsimd, which has to come first (hostile_macros.hpp has it),
// and <curses.h>: its function `meta` is range-v3's namespace.
#pragma once

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1  // all words of newlib and glibc, as -std=gnu++23 has them
#endif

#if __has_include(<sys/types.h>)
#include <sys/types.h>
#endif
#if __has_include(<sys/param.h>)
#include <sys/param.h>
#endif
#if __has_include(<sys/cdefs.h>)
#include <sys/cdefs.h>
#endif
#if __has_include(<sys/stat.h>)
#include <sys/stat.h>
#endif
#if __has_include(<sys/time.h>)
#include <sys/time.h>
#endif
#if __has_include(<sys/select.h>)
#include <sys/select.h>
#endif
#if __has_include(<sys/queue.h>)
#include <sys/queue.h>
#endif
#if __has_include(<sys/unistd.h>)
#include <sys/unistd.h>
#endif
#if __has_include(<unistd.h>)
#include <unistd.h>
#endif
#if __has_include(<fcntl.h>)
#include <fcntl.h>
#endif
#if __has_include(<pthread.h>)
#include <pthread.h>
#endif
#if __has_include(<sched.h>)
#include <sched.h>
#endif
#if __has_include(<regex.h>)
#include <regex.h>
#endif
#if __has_include(<search.h>)
#include <search.h>
#endif
#if __has_include(<strings.h>)
#include <strings.h>
#endif
#if __has_include(<malloc.h>)
#include <malloc.h>
#endif
#if __has_include(<alloca.h>)
#include <alloca.h>
#endif
#if __has_include(<endian.h>)
#include <endian.h>
#endif
#if __has_include(<machine/endian.h>)
#include <machine/endian.h>
#endif
#if defined(__linux__)  // newlib has some of these for systems that it does not serve
#if __has_include(<sys/sysmacros.h>)
#include <sys/sysmacros.h>
#endif
#if __has_include(<sys/mman.h>)
#include <sys/mman.h>
#endif
#if __has_include(<sys/socket.h>)
#include <sys/socket.h>
#endif
#if __has_include(<netinet/in.h>)
#include <netinet/in.h>
#endif
#if __has_include(<arpa/inet.h>)
#include <arpa/inet.h>
#endif
#if __has_include(<netdb.h>)
#include <netdb.h>
#endif
#if __has_include(<termios.h>)
#include <termios.h>
#endif
#if __has_include(<poll.h>)
#include <poll.h>
#endif
#if __has_include(<semaphore.h>)
#include <semaphore.h>
#endif
#if __has_include(<dirent.h>)
#include <dirent.h>
#endif
#endif
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <fenv.h>
#include <float.h>
#include <inttypes.h>
#include <iso646.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>
#include <wctype.h>

#include <chrono>
#include <iostream>
#include <memory>
#include <string>
