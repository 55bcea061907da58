/* SPDX-License-Identifier: BSL-1.0
 * llama2.c's side: run.c or runq.c is taken in as PEER_FILE, given by path, and its forward() called for TOKENS tokens
 * from token 1, the likeliest chosen by its own sample_argmax(). The model file is linked in as MODEL_FILE, so that the
 * same program runs without files.
 * Refuses to count loading.
 */
#include <stddef.h>
#define TESTING /* leaves out main() */
#if defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 77
#define CLOCK_REALTIME 0 /* newlib has none; only the part that prints speeds wants it */
#endif
#include PEER_FILE

#if defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 77 /* M: no system, so malloc() gets a block of the RAM */
void *_sbrk(ptrdiff_t more) {
  static _Alignas(8) char heap[2 << 20];
  static size_t used;
  if (used + (size_t)more > sizeof heap) return (void *)-1;
  used += (size_t)more;
  return heap + used - (size_t)more;
}
void _init(void) {}
void _fini(void) {}
#endif

#include "mark.h"

__asm__(".pushsection .rodata.mote_image.model,\"a\"\n.balign 64\n.global llama2c_model\nllama2c_model:\n"
        ".incbin \"" MODEL_FILE "\"\n.popsection");
extern char llama2c_model[];

int main(void) {
  static Transformer model;
#if PEER_IS_QUANTIZED
  memcpy(&model.config, llama2c_model + 8, sizeof(Config));
  memcpy(&GS, llama2c_model + 8 + sizeof(Config) + 1, sizeof GS);
  memory_map_weights(&model.weights, &model.config, llama2c_model + 256, llama2c_model[8 + sizeof(Config)]);
#else
  memcpy(&model.config, llama2c_model, sizeof(Config));
  memory_map_weights(&model.weights, &model.config, (float *)(llama2c_model + sizeof(Config)), 1);
#endif
  malloc_run_state(&model.state, &model.config);
  int token = 1;
  for (int position = 0; position < TOKENS; ++position) {
    instruction_mark();
    token = sample_argmax(forward(&model, token, position), model.config.vocab_size);
  }
  instruction_mark();
  return 0;
}
