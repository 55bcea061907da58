// SPDX-License-Identifier: BSL-1.0
// A tokenizer of one's own that decodes nothing.
// EXPECT: mote: this tokenizer decodes nothing; give it `std::string_view piece\(previous, token\) const` \[mote-tokenizer\]
// EXPECT: encodes_bytes
// LINES: 15
#include "little.hpp"

struct encodes_bytes {
  struct table {
    table() = default;
    explicit table(std::span<const std::byte>) {}
    static mote::status check(std::span<const std::byte> section, const mote::control_set&) {
      return section.size() == 4 ? mote::status::ok : mote::status::corrupt_vocabulary;
    }
    std::uint32_t count() const { return 256; }
  };
  encodes_bytes() = default;
  encodes_bytes(table, const mote::special_tokens&) {}
  mote::status append(std::string_view text, std::span<mote::merge_slot> slots, std::size_t& count) const {
    if (text.size() > slots.size() - count) return mote::status::too_long;
    for (char c : text) slots[count++].token = static_cast<unsigned char>(c);
    return mote::status::ok;
  }
};

#if MOTE_FAIL
struct mine : little {
  using tokenizer = encodes_bytes;
};
#else
struct bytes : encodes_bytes {
  using encodes_bytes::encodes_bytes;
  std::string_view piece(std::uint32_t, std::uint32_t token) const { return token == '\n' ? "\n" : "."; }
};
struct mine : little {
  using tokenizer = bytes;
};
#endif
using assistant = mote::pipeline<mine>;

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
