/* SPDX-License-Identifier: BSL-1.0
 * Writes the 8-bit file (version 2, groups of 32) that llama2.c's runq.c wants from a legacy file of floats. Where the
 * hidden width is no multiple of 32 it is padded with zeros, which changes no answer: runq.c refuses stories260K else.
 * Refuses a model with a head of its own.
 *   make_q8 MODEL.bin MODEL_Q8.bin
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { group = 32 };
static FILE *from, *to;

static float *take(size_t n) {
  float *v = malloc(n * sizeof *v);
  if (!v || fread(v, sizeof *v, n, from) != n) exit(fprintf(stderr, "make_q8: the file is too short\n") && 1);
  return v;
}
static void put(const void *p, size_t bytes) {
  if (fwrite(p, 1, bytes, to) != bytes) exit(fprintf(stderr, "make_q8: cannot write\n") && 1);
}

/* layers matrices (rows, cols), each as integers and then scales, padded to (new_rows, new_cols). */
static void put_matrices(const float *v, size_t layers, size_t rows, size_t cols, size_t new_rows, size_t new_cols) {
  const size_t n = new_rows * new_cols;
  float *wide = malloc(n * sizeof *wide), *scale = malloc(n / group * sizeof *scale);
  int8_t *q = malloc(n);
  if (!wide || !scale || !q) exit(1);
  for (size_t l = 0; l < layers; ++l, v += rows * cols) {
    for (size_t i = 0; i < n; ++i) {
      const size_t r = i / new_cols, c = i % new_cols;
      wide[i] = r < rows && c < cols ? v[r * cols + c] : 0.0F;
    }
    for (size_t g = 0; g < n / group; ++g) {
      float most = 0;
      for (size_t i = g * group; i < (g + 1) * group; ++i) most = fabsf(wide[i]) > most ? fabsf(wide[i]) : most;
      scale[g] = most / 127.0F;
      for (size_t i = g * group; i < (g + 1) * group; ++i) q[i] = (int8_t)(most > 0 ? roundf(wide[i] / scale[g]) : 0);
    }
    put(q, n);
    put(scale, n / group * sizeof *scale);
  }
  free(wide), free(scale), free(q);
}

int main(int count, char **words) {
  if (count != 3 || !(from = fopen(words[1], "rb")) || !(to = fopen(words[2], "wb"))) return 2;
  int32_t shape[7]; /* dim, hidden, layers, heads, kv heads, vocab, context */
  if (fread(shape, sizeof shape, 1, from) != 1 || shape[5] < 0) return 1;
  const size_t dim = (size_t)shape[0], hidden = (size_t)shape[1], layers = (size_t)shape[2], vocab = (size_t)shape[5];
  const size_t kv = dim * (size_t)shape[4] / (size_t)shape[3], wide = (hidden + group - 1) / group * group;

  const float *embedding = take(vocab * dim), *attention_norm = take(layers * dim);
  const float *wq = take(layers * dim * dim), *wk = take(layers * dim * kv), *wv = take(layers * dim * kv);
  const float *wo = take(layers * dim * dim), *ffn_norm = take(layers * dim), *w1 = take(layers * dim * hidden);
  const float *w2 = take(layers * dim * hidden), *w3 = take(layers * dim * hidden), *last_norm = take(dim);

  const uint32_t start[2] = {0x616B3432, 2};
  const uint8_t shared = 1, rest[256] = {0};
  const int32_t group_size = group;
  shape[1] = (int32_t)wide;
  put(start, sizeof start), put(shape, sizeof shape), put(&shared, 1), put(&group_size, 4);
  put(rest, 256 - sizeof start - sizeof shape - 1 - 4);
  put(attention_norm, layers * dim * 4), put(ffn_norm, layers * dim * 4), put(last_norm, dim * 4);
  put_matrices(embedding, 1, vocab, dim, vocab, dim);
  put_matrices(wq, layers, dim, dim, dim, dim);
  put_matrices(wk, layers, kv, dim, kv, dim);
  put_matrices(wv, layers, kv, dim, kv, dim);
  put_matrices(wo, layers, dim, dim, dim, dim);
  put_matrices(w1, layers, hidden, dim, wide, dim);
  put_matrices(w2, layers, dim, hidden, dim, wide);
  put_matrices(w3, layers, hidden, dim, wide, dim);
  return fclose(to) == 0 ? 0 : 1;
}
