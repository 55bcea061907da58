/* SPDX-License-Identifier: BSL-1.0
 * A QEMU plugin that counts the guest's instructions between calls of one function, and, if asked, how often each
 * address was run. Exact and repeatable to the last instruction. For versions 1 (QEMU 4.2 to 8.x) and 2 and newer (QEMU 9
 * and 10) of QEMU's plugin interface, whose few declarations are written out here because distributions ship no header.
 * Refuses to guess cycles: an emulator has no pipeline and no cache.
 *
 *   qemu-aarch64 -plugin ./libcount.so,mark=0x400abc,out=counts.txt[,profile=profile.txt] program
 *
 * mark=ADDRESS     the function; counting starts at its first call
 * out=FILE         one line for each further call: the instructions since the call before
 * profile=FILE     lines "address count", from the first call to the last
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum { add_u64 = 0, no_registers = 0 };

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t, void (*)(qemu_plugin_id_t, struct qemu_plugin_tb *));
/* Gone with version 2: then each block calls a function. */
__attribute__((weak)) void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *, int operation, void *where,
                                                                    uint64_t what);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *, void (*)(unsigned, void *), int registers, void *);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *, void (*)(unsigned, void *), int registers, void *);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t, void (*)(qemu_plugin_id_t, void *), void *);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *);

EXPORT int qemu_plugin_version = 1;
__attribute__((constructor)) static void choose_version(void) {
  if (!qemu_plugin_register_vcpu_tb_exec_inline) qemu_plugin_version = 2;
}

/* A block of instructions without a branch inside, as translated; it may be translated more than once. */
struct block {
  struct block *next;
  uint64_t runs, runs_at_mark;
  size_t size;
  uint64_t address[];
};

static struct block *blocks;
static uint64_t mark, now, last;
static bool started;
static FILE *out;
static const char *profile;

static void at_mark(unsigned cpu, void *data) {
  (void)cpu, (void)data;
  /* `now` has this block counted already, as it has at every mark: the difference is exact. */
  if (started && out) fprintf(out, "%" PRIu64 "\n", now - last);
  for (struct block *b = started ? NULL : blocks; b; b = b->next) b->runs = 0;
  for (struct block *b = profile ? blocks : NULL; b; b = b->next) b->runs_at_mark = b->runs;
  started = true;
  last = now;
}

static void add_size(unsigned cpu, void *size) {
  (void)cpu;
  now += (uintptr_t)size;
}
static void add_run(unsigned cpu, void *block) {
  (void)cpu;
  ++((struct block *)block)->runs;
}
/* Before the block runs, and so before a call of at_mark in it. */
static void count_at(struct qemu_plugin_tb *tb, uint64_t *where, uint64_t what, void (*call)(unsigned, void *), void *data) {
  if (qemu_plugin_register_vcpu_tb_exec_inline) qemu_plugin_register_vcpu_tb_exec_inline(tb, add_u64, where, what);
  else qemu_plugin_register_vcpu_tb_exec_cb(tb, call, no_registers, data);
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb) {
  (void)id;
  const size_t n = qemu_plugin_tb_n_insns(tb);
  count_at(tb, &now, n, add_size, (void *)(uintptr_t)n);
  if (profile) {
    struct block *b = calloc(1, sizeof *b + n * sizeof b->address[0]);
    if (!b) abort();
    b->size = n;
    for (size_t i = 0; i < n; ++i) b->address[i] = qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(tb, i));
    b->next = blocks;
    blocks = b;
    count_at(tb, &b->runs, 1, add_run, b);
  }
  for (size_t i = 0; i < n; ++i) {
    struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
    if (qemu_plugin_insn_vaddr(insn) == mark)
      qemu_plugin_register_vcpu_insn_exec_cb(insn, at_mark, no_registers, NULL);
  }
}

static void at_exit(qemu_plugin_id_t id, void *data) {
  (void)id, (void)data;
  if (out) fclose(out);
  FILE *to = profile ? fopen(profile, "w") : NULL;
  if (!to) return;
  for (struct block *b = blocks; b; b = b->next)
    for (size_t i = 0; b->runs_at_mark && i < b->size; ++i)
      fprintf(to, "%" PRIx64 " %" PRIu64 "\n", b->address[i], b->runs_at_mark);
  fclose(to);
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int count, char **words) {
  (void)info;
  for (int i = 0; i < count; ++i) {
    const char *value = strchr(words[i], '=');
    if (!value++) return 1;
    if (strncmp(words[i], "mark=", 5) == 0) {
      mark = strtoull(value, NULL, 0);
    } else if (strncmp(words[i], "out=", 4) == 0) {
      if (!(out = fopen(value, "w"))) return 1;
    } else if (strncmp(words[i], "profile=", 8) == 0) {
      if (!(profile = strdup(value))) return 1;
    } else {
      return 1;
    }
  }
  if (!mark) return 1;
  qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
  qemu_plugin_register_atexit_cb(id, at_exit, NULL);
  return 0;
}
