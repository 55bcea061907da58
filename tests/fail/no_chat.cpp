// SPDX-License-Identifier: BSL-1.0
// A conversation with a model whose type has no chat template.
// EXPECT: mote: this model has no chat template; import it .*\[mote-no-chat\]
#include "little.hpp"

#if MOTE_FAIL
using chatty = little;
#else
struct chatty : little {
  static constexpr mote::chat_template chat_template{
      .user = {"<user>", "", true}, .assistant = {"<answer>", "</s>", true}, .prompt = "<answer>", .alternates = true};
  static constexpr std::array<mote::chat_token, 3> chat_tokens{{{"<user>", 259}, {"<answer>", 260}, {"</s>", 2}}};
};
#endif
using assistant = mote::pipeline<chatty>;

static assistant ai;

void use(std::span<const std::byte> image);
void use(std::span<const std::byte> image) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.chat({mote::turn::user("Is anybody at home?")})) (void)piece.size();
  if (ai.begin_chat({mote::turn::user("And now?")}) != mote::status::ok) return;
  if (ai.continue_chat({mote::turn::user("Hello?")}) != mote::status::ok) return;
  for (std::string_view piece : ai.reply({mote::turn::user("Where?")}, 32)) (void)piece.size();
}
