// SPDX-License-Identifier: BSL-1.0
// mote's side of bench/peers.sh: for each line "passes tokens" on its input it generates that many tokens from the
// model's first token, and answers "nanoseconds tokens". Each token is a step() of the pipeline: the model, the likeliest
// token, its text.
// Refuses to print what it generates.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

#include <cstddef>
#include <cstdio>

#include "mote/pipeline.hpp"
#include MOTE_MODEL_HEADER

using generator = mote::pipeline<MOTE_MODEL, mote::quantize<MOTE_BITS>>;
static generator model;

int main(int count, char** words) {
  const int fd = count == 2 ? open(words[1], O_RDONLY) : -1;
  struct stat facts {};
  if (fd < 0 || fstat(fd, &facts) != 0) return std::fprintf(stderr, "usage: mote_worker IMAGE\n"), 2;
  const auto size = static_cast<std::size_t>(facts.st_size);
  const void* image = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (image == MAP_FAILED) return std::fprintf(stderr, "mote_worker: cannot map the image\n"), 1;
  if (const auto s = model.attach({static_cast<const std::byte*>(image), size}); s != mote::status::ok)
    return std::fprintf(stderr, "mote_worker: %s\n", name(s).data()), 1;
  std::printf("%zu\n", sizeof model);
  std::fflush(stdout);

  long passes = 0;
  long tokens = 0;
  while (std::scanf("%ld %ld", &passes, &tokens) == 2) {
    timespec from{};
    timespec to{};
    long done = 0;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
    for (long pass = 0; pass < passes; ++pass) {
      if (model.begin("") != mote::status::ok) return 1;
      for (long i = 0; i < tokens && !model.step().done; ++i) ++done;
    }
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
    std::printf("%lld %ld\n", (to.tv_sec - from.tv_sec) * 1'000'000'000LL + (to.tv_nsec - from.tv_nsec), done);
    std::fflush(stdout);
  }
}
