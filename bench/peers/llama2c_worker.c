/* SPDX-License-Identifier: BSL-1.0
 * llama2.c's side of bench/peers.sh: takes the program in as PEER_FILE, given by path, and calls its forward().
 *   llama2c_worker MODEL tg64x5 pp128x3    the tests and the lines of output of mote_worker.cpp
 * Refuses to be timed with printing and sampling, which llama2.c's own figure includes.
 */
#define TESTING /* leaves out main() */
#include PEER_FILE

static volatile int chosen;

static int likeliest(const float *logits, int n) {
  int at = 0;
  for (int i = 1; i < n; ++i)
    if (logits[i] > logits[at]) at = i;
  return at;
}

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  Transformer model;
  build_transformer(&model, argv[1]);
  const int vocab = model.config.vocab_size;
  for (int test = 2; test < argc; ++test) {
    char kind;
    int tokens, times;
    if (sscanf(argv[test], "%c%*c%dx%d", &kind, &tokens, &times) != 3) return 2;
    for (int n = 0; n <= times; ++n) {
      struct timespec from, to;
      clock_gettime(CLOCK_MONOTONIC, &from);
      int token = 1;
      for (int position = 0; position < tokens; ++position) {
        const float *logits = forward(&model, kind == 'p' ? (position * 7 + 1) % vocab : token, position);
        if (kind == 't' || position + 1 == tokens) token = likeliest(logits, vocab);
      }
      chosen = token;
      clock_gettime(CLOCK_MONOTONIC, &to);
      if (n != 0)
        printf("%.2s%d %d %lld\n", argv[test], tokens, tokens,
               (to.tv_sec - from.tv_sec) * 1000000000LL + (to.tv_nsec - from.tv_nsec));
    }
  }
  return 0;
}
