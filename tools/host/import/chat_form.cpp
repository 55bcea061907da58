// SPDX-License-Identifier: BSL-1.0
#include "mote/host/import/chat_form.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mote/core/status.hpp"
#include "mote/host/import/jinja.hpp"

namespace mote::inline v0::host {

namespace chat {  // sources of this folder are compiled as one file: these names are its own
namespace {

using form_text = basic_chat_template<std::string>;
using parts = std::vector<std::string>;

constexpr std::size_t longest_form = 8192;

struct text_out {
  std::string all;
  void literal(std::string_view text) { all += text; }
  void words(std::string_view text, turn_role) { all += text; }
};

std::string_view name_of(turn_role r) {
  switch (r) {
    case turn_role::system: return "system";
    case turn_role::user: return "user";
    case turn_role::assistant: return "assistant";
    case turn_role::tool: break;
  }
  return "tool";
}

bool takes_end(std::string& text, std::string_view end) {
  if (!text.ends_with(end)) return false;
  text.erase(text.size() - end.size());
  return true;
}
bool takes_front(std::string& text, std::string_view front) {
  if (!text.starts_with(front)) return false;
  text.erase(0, front.size());
  return true;
}

/// Finds the texts around turns from renderings of a few conversations.
class reader {
 public:
  reader(const chat_source& source, const tokenizer_text& words) : source_(source), words_(words) {}

  form_text read() {
    user_and_assistant();
    form_.user.trimmed = trims({turn::user(odd)}, {turn::user("A")});
    form_.assistant.trimmed = trims({turn::user("A"), turn::assistant(odd), turn::user("C")},
                                    {turn::user("A"), turn::assistant("A"), turn::user("C")});
    thinking();
    const form_text without = form_;
    if (system())
      form_.system.trimmed = trims({turn::system(odd), turn::user("C")}, {turn::system("A"), turn::user("C")});
    if (form_.system_in_user && !agrees_all(with_system())) form_.trims_as_one = true;
    if (form_.system.known && !agrees_all(with_system())) form_ = without_system(without);
    if (!form_.system.known) form_ = without_system(without);
    const form_text before_tools = form_;
    if (!tools() || !agrees_all(with_tools())) form_ = before_tools;
    if (!agrees_all(plain())) unknown("it renders longer conversations otherwise");
    std::size_t size = 0;
    for (const std::string* s : texts(form_)) size += s->size();
    if (size > longest_form) unknown("its texts have " + std::to_string(size) + " bytes");
    return form_;
  }

  static std::vector<const std::string*> texts(const form_text& f) {
    return {&f.opening,     &f.no_system,   &f.system.before,    &f.system.behind,
            &f.user.before, &f.user.behind, &f.assistant.before, &f.assistant.behind,
            &f.tool.before, &f.tool.behind, &f.tools_before,     &f.tools_behind,
            &f.prompt};
  }

 private:
  static constexpr std::string_view odd = " \n\t A\n ";

  [[noreturn]] void unknown(const std::string& why) const {
    throw chat_error("the chat template of " + source_.key + " is of unknown shape: " + why +
                     "; known are those that put the same texts around each turn of a role, as ChatML, Llama 2 and 3, "
                     "Gemma, Phi-3 and Zephyr do");
  }

  std::optional<std::string> theirs(std::span<const turn> all) const {
    std::vector<chat_message> messages;
    for (const turn& t : all) messages.push_back({std::string(name_of(t.role)), std::string(t.content)});
    return render_jinja(source_.text,
                        {.messages = messages, .bos_token = source_.bos_token, .eos_token = source_.eos_token});
  }
  std::optional<std::string> theirs(std::initializer_list<turn> all) const {
    return theirs(std::span(all.begin(), all.size()));
  }

  /// The texts between the turns' contents, each of which must be there once and in order.
  std::optional<parts> around(std::initializer_list<turn> all) const {
    const auto text = theirs(all);
    if (!text) return std::nullopt;
    parts out;
    std::size_t at = 0;
    for (const turn& t : all) {
      const std::size_t found = text->find(t.content, at);
      if (found == text->npos || text->find(t.content, found + 1) != text->npos) return std::nullopt;
      out.push_back(text->substr(at, found - at));
      at = found + t.content.size();
    }
    out.push_back(text->substr(at));
    return out;
  }

  /// Whether white space at the ends of an odd content is left out: the template does it, does not, or neither.
  bool trims(std::initializer_list<turn> with_odd, std::initializer_list<turn> with_plain) const {
    const auto is = theirs(with_odd);
    const auto trimmed = theirs(with_plain);
    if (!is || !trimmed) unknown("it refuses white space");
    if (*is == *trimmed) return true;
    std::string whole = *trimmed;  // the plain content is "A", alone between two texts
    const std::size_t at = is->find(odd);
    if (at == is->npos || whole.size() + odd.size() != is->size() + 1 || whole.compare(0, at, *is, 0, at) != 0 ||
        whole.substr(at + 1) != is->substr(at + odd.size()))
      unknown("it changes the white space of a turn");
    return false;
  }

  /// Places in `text` at which a control token begins, but not its start; then those at which one ends.
  std::vector<std::size_t> token_edges(std::string_view text) const {
    std::vector<std::size_t> all;
    std::vector<std::size_t> ends;
    for (std::size_t id = 0; id < words_.pieces.size(); ++id) {
      if (words_.types[id] != token_type::control || words_.pieces[id].empty()) continue;
      for (std::size_t at = 0; (at = text.find(words_.pieces[id], at)) != text.npos; ++at) {
        if (at != 0) all.push_back(at);
        ends.push_back(at + words_.pieces[id].size());
      }
    }
    std::sort(all.begin(), all.end());
    std::sort(ends.begin(), ends.end());
    all.insert(all.end(), ends.begin(), ends.end());
    return all;
  }
  /// The first place where a text may be cut: at a control token if it may be, else the first or the last of all.
  template <class May>
  std::optional<std::size_t> cut(std::string_view text, bool first, May&& may) const {
    for (const std::size_t at : token_edges(text))
      if (may(at)) return at;
    for (std::size_t i = 0; i <= text.size(); ++i) {
      const std::size_t at = first ? i : text.size() - i;
      if (may(at)) return at;
    }
    return std::nullopt;
  }

  void user_and_assistant() {
    const auto one = around({turn::user("Aw")});
    const auto three = around({turn::user("Aw"), turn::assistant("Bx"), turn::user("Cy")});
    if (!one || !three || (*one)[0] != (*three)[0] || (*one)[1] != (*three)[3])
      unknown("it does not put the words of user and assistant one after another");
    const std::string& front = (*one)[0];
    const std::string& end = (*one)[1];
    const std::string& to_answer = (*three)[1];
    const std::string& to_user = (*three)[2];
    const auto again = around({turn::user("Aw"), turn::user("Bx")});
    std::string behind, before;
    if (again && (*again)[0] == front && (*again)[2] == end) {
      const std::string& between = (*again)[1];
      const auto at = cut(between, true, [&](std::size_t k) {
        const std::string_view head = std::string_view(between).substr(0, k),
                               tail = std::string_view(between).substr(k);
        return end.starts_with(head) && to_answer.starts_with(head) && front.ends_with(tail) && to_user.ends_with(tail);
      });
      if (!at) unknown("a turn of the user depends on the turn before it");
      behind = between.substr(0, *at);
      before = between.substr(*at);
    } else {
      form_.alternates = true;
      const auto here = cut(to_answer, false,
                            [&](std::size_t k) { return end.starts_with(std::string_view(to_answer).substr(0, k)); });
      const auto there =
          cut(to_user, true, [&](std::size_t k) { return front.ends_with(std::string_view(to_user).substr(k)); });
      behind = to_answer.substr(0, here.value_or(0));
      before = to_user.substr(there.value_or(to_user.size()));
    }
    form_.user = {before, behind, true, false};
    form_.assistant = {to_answer.substr(behind.size()), to_user.substr(0, to_user.size() - before.size()), true, false};
    form_.prompt = end.substr(behind.size());
    form_.opening = front.substr(0, front.size() - before.size());
  }

  void thinking() {
    const std::string_view thought = "<think>\nT\n</think>\n\nBx";
    const auto is = theirs({turn::user("Aw"), turn::assistant(thought), turn::user("Cy")});
    for (const bool drops : {false, true}) {
      form_.drops_thinking = drops;
      if (is && render_form(form_, std::array{turn::user("Aw"), turn::assistant(thought), turn::user("Cy")}) == is)
        return;
    }
    unknown("it changes an answer in which the model thinks");
  }

  static form_text without_system(form_text f) {
    f.system = {};
    f.system_in_user = f.system_anywhere = f.trims_as_one = false;
    return f;
  }

  bool system() {
    const auto su = around({turn::system("Sz"), turn::user("Aw")});
    if (!su) return false;
    const std::string front = form_.opening;  // with what stands there without a system
    std::string first = (*su)[0];
    std::string between = (*su)[1];
    if (!between.ends_with(form_.user.before)) {  // in the user's turn
      if (!takes_front(first, front + form_.user.before)) return false;
      form_.system = {first, between, true, false};
      form_.system_in_user = true;
      return true;
    }
    takes_end(between, form_.user.before);
    form_.system = {"", between, true, false};
    const auto mid = around({turn::user("Aw"), turn::system("Sz"), turn::user("Cy")});
    std::string again = mid ? (*mid)[1] : "";
    if (mid && takes_front(again, form_.user.behind) && takes_end(first, again) && front.starts_with(first) &&
        (*mid)[2] == (*su)[1]) {
      form_.system_anywhere = true;
      form_.system.before = again;
      form_.opening = first;
      form_.no_system = front.substr(first.size());
      return true;
    }
    first = (*su)[0];
    if (first.starts_with(front)) {
      form_.system.before = first.substr(front.size());
    } else {
      form_.system.before = first;
      form_.opening.clear();
      form_.no_system = front;
    }
    return true;
  }

  bool tools() {
    const std::string_view words = "T\"v\"\nw";
    const auto one = around({turn::user("Aw"), turn::assistant("Bx"), turn::tool(words)});
    const auto two = around({turn::user("Aw"), turn::assistant("Bx"), turn::tool(words), turn::tool("Uq")});
    if (!one || !two) return false;
    std::string first = (*one)[2];
    std::string last = (*one)[3];
    const std::string& between = (*two)[3];
    if (!takes_front(first, form_.assistant.behind) || !takes_end(last, form_.prompt)) return false;
    std::size_t same = 0;
    while (same < first.size() && same < between.size() &&
           first[first.size() - 1 - same] == between[between.size() - 1 - same])
      ++same;
    form_.tool = {first.substr(first.size() - same), between.substr(0, between.size() - same), true, false};
    form_.tools_before = first.substr(0, first.size() - same);
    form_.tools_behind = last;
    if (!takes_front(form_.tools_behind, form_.tool.behind)) return false;
    const auto padded = theirs({turn::user("A"), turn::assistant("B"), turn::tool(odd)});
    for (const bool trimmed : {false, true}) {
      form_.tool.trimmed = trimmed;
      if (padded && render_form(form_, std::array{turn::user("A"), turn::assistant("B"), turn::tool(odd)}) == padded)
        return true;
    }
    return false;
  }

  // ---- conversations on which the form is compared with the template ----

  using conversations = std::vector<std::vector<turn>>;

  bool agrees_all(const conversations& all) const {
    return std::all_of(all.begin(), all.end(), [&](const std::vector<turn>& c) {
      const auto ours = render_form(form_, c);
      return !ours || ours == theirs(c);  // what the form refuses, it does not render wrongly
    });
  }
  static conversations plain() {
    using t = turn;
    return {{t::user("")},
            {t::user("Hello, \"you\" \\ <|im_end|> </s> {{ x }} {% y %}")},
            {t::user("a"), t::assistant("b"), t::user("c"), t::assistant("d"), t::user("e")},
            {t::user("a\n\nb\n"), t::assistant("\n c \xC3\xBC"), t::user("\xE2\x80\x83 d \xC2\xA0")},
            {t::user("a"), t::assistant(""), t::user("b")},
            {t::user("a"), t::user("b"), t::assistant("c"), t::assistant("d"), t::user("e")},
            {t::user("a"), t::assistant("<think>b</think>c"), t::user("d"), t::assistant("e</think>\n\n\nf"),
             t::user("g")}};
  }
  static conversations with_system() {
    using t = turn;
    return {{t::system("Be short."), t::user("a")},
            {t::system(" Be\nshort. "), t::user(" a "), t::assistant("b"), t::user("c")},
            {t::system(""), t::user("a")},
            {t::user("a"), t::system("b"), t::user("c")},
            {t::user("a"), t::assistant("b"), t::system("c"), t::user("d"), t::assistant("e"), t::user("f")},
            {t::system("a"), t::system("b"), t::user("c")}};
  }
  conversations with_tools() const {
    using t = turn;
    conversations all{{t::user("a"), t::assistant("b"), t::tool("c"), t::assistant("d"), t::user("e")},
                      {t::user("a"), t::assistant("b"), t::tool("c"), t::tool("\"d\"\n"), t::tool("")},
                      {t::user("a"), t::assistant("b"), t::tool("{\"c\": 1}"), t::user("d")}};
    if (form_.system.known)
      all.push_back({t::system("s"), t::user("a"), t::assistant("b"), t::tool("c"), t::tool("d")});
    return all;
  }

  const chat_source& source_;
  const tokenizer_text& words_;
  form_text form_;
};

/// The added tokens that the texts of a form spell.
std::vector<chat_form::spelled> tokens_in(const form_text& form, const tokenizer_text& words, bool strips) {
  std::vector<chat_form::spelled> all;
  for (std::uint32_t id = 0; id < words.pieces.size(); ++id) {
    const std::string& piece = words.pieces[id];
    if ((words.types[id] != token_type::control && words.types[id] != token_type::user_defined) || piece.size() < 2)
      continue;
    if (piece.find_first_not_of(" \n\t") == piece.npos) continue;  // a run of white space joins with the words
    for (const std::string* text : reader::texts(form))
      if (text->find(piece) != text->npos) {
        const bool opens = piece == "<s>" || piece == "<unk>" || piece == "<|endoftext|>";
        all.push_back({piece, id, strips && !opens && words.types[id] == token_type::control});
        break;
      }
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return a.spelling.size() != b.spelling.size() ? a.spelling.size() > b.spelling.size() : a.id < b.id;
  });
  return all;
}

std::string literal(std::string_view s) {
  std::string out = "\"";
  for (const char c : s) {
    const auto u = static_cast<unsigned char>(c);
    if (c == '\n') out += "\\n";
    else if (c == '"' || c == '\\') out += {'\\', c};
    else if (c == '?') out += "\\?";  // no trigraph
    else if (u < 0x20 || u >= 0x7F)
      out += {'\\', static_cast<char>('0' + (u >> 6U)), static_cast<char>('0' + (u >> 3U & 7U)),
              static_cast<char>('0' + (u & 7U))};
    else out += c;
  }
  return out + '"';
}

}  // namespace
}  // namespace chat

std::optional<std::string> render_form(const basic_chat_template<std::string>& form, std::span<const turn> all) {
  chat::text_out out;
  if (render_turns(form, all, false, out) != status::ok) return std::nullopt;
  return out.all;
}

chat_form read_chat_form(const chat_source& source, const tokenizer_text& words) {
  chat_form out;
  try {
    out.form = chat::reader(source, words).read();
  } catch (const jinja_error& e) {
    throw chat_error("the chat template of " + source.key + " cannot be read: it " + e.what());
  }
  out.tokens = chat::tokens_in(out.form, words, source.strips);
  return out;
}

chat_reading try_chat_form(const chat_source& source, const tokenizer_text& words) {
  if (source.text.empty()) return {};
  try {
    return {.form = read_chat_form(source, words)};
  } catch (const chat_error& e) {
    return {.refused = e.what()};
  }
}

int chat_form::end_of_turn() const {
  std::size_t first = form.assistant.behind.size();
  int id = -1;
  for (const spelled& t : tokens)
    if (const std::size_t at = form.assistant.behind.find(t.spelling); at < first) {
      first = at;
      id = static_cast<int>(t.id);
    }
  return id;
}

std::string chat_form::header_text() const {
  std::string t = "  static constexpr mote::chat_template chat_template{\n";
  const auto text = [&](const char* name, const std::string& s) {
    if (!s.empty()) t += std::string("      .") + name + " = " + chat::literal(s) + ",\n";
  };
  const auto frame = [&](const char* name, const basic_turn_frame<std::string>& f) {
    if (f.known)
      t += std::string("      .") + name + " = {" + chat::literal(f.before) + ", " + chat::literal(f.behind) +
           ", true" + (f.trimmed ? ", true" : "") + "},\n";
  };
  const auto flag = [&](const char* name, bool is) {
    if (is) t += std::string("      .") + name + " = true,\n";
  };
  text("opening", form.opening);
  text("no_system", form.no_system);
  frame("system", form.system);
  frame("user", form.user);
  frame("assistant", form.assistant);
  frame("tool", form.tool);
  text("tools_before", form.tools_before);
  text("tools_behind", form.tools_behind);
  text("prompt", form.prompt);
  flag("system_in_user", form.system_in_user);
  flag("trims_as_one", form.trims_as_one);
  flag("system_anywhere", form.system_anywhere);
  flag("alternates", form.alternates);
  flag("drops_thinking", form.drops_thinking);
  t += "  };\n";
  t += "  static constexpr std::array<mote::chat_token, " + std::to_string(tokens.size()) + "> chat_tokens{";
  for (const spelled& s : tokens)
    t += std::string(t.back() == '{' ? "{\n" : ",\n") + "      {" + chat::literal(s.spelling) + ", " +
         std::to_string(s.id) + (s.strips ? ", true}" : "}");
  t += tokens.empty() ? "};\n" : "}};\n";
  return t;
}

}  // namespace mote::inline v0::host
