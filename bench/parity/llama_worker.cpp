// SPDX-License-Identifier: BSL-1.0
// llama.cpp's side of bench/parity.sh: the logits of each position of a list of tokens, with floats in its cache, no
// flash attention and one thread; of an encoder the mean of its states, of length one.
//   llama_worker MODEL TOKENS OUT      TOKENS: 32-bit ids; OUT: floats
// Refuses to cut a text: tokens are given.
#include <llama.h>

#include <cmath>
#include <cstdio>
#include <vector>

namespace {

int fail(const char* what) {
  std::fprintf(stderr, "llama_worker: %s\n", what);
  return 1;
}

}  // namespace

int main(int count, char** words) {
  if (count != 4) return fail("usage: llama_worker MODEL TOKENS OUT");
  std::vector<llama_token> tokens(4096);
  std::FILE* file = std::fopen(words[2], "rb");
  if (file == nullptr) return fail("no tokens");
  tokens.resize(std::fread(tokens.data(), sizeof(llama_token), tokens.size(), file));
  std::fclose(file);
  llama_log_set(
      [](ggml_log_level level, const char* text, void*) {
        if (level == GGML_LOG_LEVEL_ERROR) std::fputs(text, stderr);
      },
      nullptr);
  llama_backend_init();
  llama_model_params of_model = llama_model_default_params();
  of_model.n_gpu_layers = 0;
  llama_model* model = llama_model_load_from_file(words[1], of_model);
  if (model == nullptr) return fail("cannot load the model");
  const bool encodes =
      llama_model_n_ctx_train(model) > 0 && llama_vocab_type(llama_model_get_vocab(model)) == LLAMA_VOCAB_TYPE_WPM;
  llama_context_params of_context = llama_context_default_params();
  of_context.n_ctx = 512;
  of_context.n_batch = of_context.n_ubatch = 512;
  of_context.n_threads = of_context.n_threads_batch = 1;
  of_context.type_k = of_context.type_v = GGML_TYPE_F32;
  of_context.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_DISABLED;
  of_context.embeddings = encodes;
  llama_context* context = llama_init_from_model(model, of_context);
  if (context == nullptr) return fail("cannot make a context");
  const auto n = static_cast<int>(tokens.size());
  llama_batch batch = llama_batch_init(n, 0, 1);
  batch.n_tokens = n;
  for (int i = 0; i < n; ++i) {
    batch.token[i] = tokens[static_cast<std::size_t>(i)];
    batch.pos[i] = i;
    batch.n_seq_id[i] = 1;
    batch.seq_id[i][0] = 0;
    batch.logits[i] = 1;
  }
  if ((encodes ? llama_encode(context, batch) : llama_decode(context, batch)) != 0) return fail("the pass failed");
  file = std::fopen(words[3], "wb");
  if (file == nullptr) return fail("cannot write");
  if (encodes) {
    const float* mean = llama_get_embeddings_seq(context, 0);
    if (mean == nullptr) return fail("no embedding");
    const int dim = llama_model_n_embd(model);
    double square = 0;
    for (int i = 0; i < dim; ++i) square += static_cast<double>(mean[i]) * static_cast<double>(mean[i]);
    for (int i = 0; i < dim; ++i) {
      const auto v = static_cast<float>(static_cast<double>(mean[i]) / std::sqrt(square));
      std::fwrite(&v, sizeof v, 1, file);
    }
  } else {
    const int vocab = llama_vocab_n_tokens(llama_model_get_vocab(model));
    for (int i = 0; i < n; ++i)
      std::fwrite(llama_get_logits_ith(context, i), sizeof(float), static_cast<std::size_t>(vocab), file);
  }
  std::fclose(file);
  llama_batch_free(batch);
  llama_free(context);
  llama_model_free(model);
}
