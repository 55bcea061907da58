/* SPDX-License-Identifier: BSL-1.0
 * llama2.c's side of bench/peers.sh: takes the program in as PEER_FILE, given by path, and calls its forward(). For each
 * line "passes tokens" it generates that many tokens greedily from token 1, and answers "nanoseconds tokens".
 * Refuses to be timed with printing and sampling, which llama2.c's own figure includes.
 */
#define TESTING /* leaves out main() */
#include PEER_FILE

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  Transformer model;
  build_transformer(&model, argv[1]);
  printf("0\n");
  fflush(stdout);

  long passes, tokens;
  while (scanf("%ld %ld", &passes, &tokens) == 2) {
    struct timespec from, to;
    long done = 0;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
    for (long pass = 0; pass < passes; ++pass) {
      int token = 1;
      for (int position = 0; position < tokens; ++position, ++done) {
        const float *logits = forward(&model, token, position);
        token = 0;
        for (int i = 1; i < model.config.vocab_size; ++i)
          if (logits[i] > logits[token]) token = i;
      }
    }
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
    printf("%lld %ld\n", (to.tv_sec - from.tv_sec) * 1000000000LL + (to.tv_nsec - from.tv_nsec), done);
    fflush(stdout);
  }
  return 0;
}
