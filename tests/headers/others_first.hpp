// SPDX-License-Identifier: BSL-1.0
// What mote includes that only some targets have. The rest of it stands behind this file, taken from the headers.
#pragma once

#include <mote/config.hpp>  // macros only

#if MOTE_WITH_XSIMD
#include <xsimd/xsimd.hpp>
#endif
#if MOTE_WITH_DSP
#include <arm_acle.h>
#endif
#if MOTE_WITH_MVE
#include <arm_mve.h>
#endif
#if MOTE_WITH_RVV
#include <riscv_vector.h>
#endif
#if !defined(__arm__) || defined(__linux__)
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#if defined(__linux__)
#include <sys/xattr.h>
#endif
#include <time.h>
#include <unistd.h>
#endif
