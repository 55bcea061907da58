// SPDX-License-Identifier: BSL-1.0
// Which values the model that is shipped copies out of a note, by kind: said freely, as a span of the note (copied<>),
// and as a span in a field of JSON. The note with the value is the only one.
//   bench_copied_values IMAGE [values a kind]
// IMAGE has rows by 1, as models/hearth/hearth.mote. "right": the answer is the value, without the full stop; "in it":
// the value stands in the answer.
// Refuses to tune: notes and questions have three wordings, which were written before the first run.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "../models/hearth/hearth.hpp"
#include "mote/core/rng.hpp"
#include "mote/mote.hpp"

namespace {

using recall = mote::rag<mote::bm25<>>;
using as_it_says = mote::pipeline<hearth, recall, mote::interleave<1>>;
using as_a_span = mote::pipeline<hearth, recall, mote::interleave<1>, mote::copied<1, 48>>;
using value_field = mote::schema::object<mote::schema::field<"value", mote::schema::copied<1, 48>>>;
using in_json = mote::pipeline<hearth, recall, mote::interleave<1>, mote::json<value_field>>;

mote::rng random_of(7);
char one_of(std::string_view of) { return of[random_of.below(static_cast<std::uint32_t>(of.size()))]; }
/// # a digit, 1 a digit that is not 0, A a capital, a a letter, x a hexadecimal digit; the others as they are.
std::string drawn(std::string_view pattern) {
  std::string s;
  for (const char c : pattern) {
    if (c == '#') s += one_of("0123456789");
    else if (c == '1') s += one_of("123456789");
    else if (c == 'A') s += one_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    else if (c == 'a') s += one_of("bcdfghklmnprstvw");
    else if (c == 'e') s += one_of("aeiou");
    else if (c == 'x') s += one_of("0123456789abcdef");
    else s += c;
  }
  return s;
}
std::string any_of(const std::vector<std::string>& of) {
  return of[random_of.below(static_cast<std::uint32_t>(of.size()))];
}

struct kind {
  const char* name;
  const char* thing;  // what has the value
  std::function<std::string()> value;
};

const std::vector<std::string> names{"Jos\xC3\xA9",  "Zo\xC3\xAB",    "Ren\xC3\xA9", "S\xC3\xB8ren", "\xC5\x81ukasz",
                                     "Chlo\xC3\xA9", "J\xC3\xBCrgen", "No\xC3\xABl", "Bj\xC3\xB6rk", "In\xC3\xA8s"};
const std::vector<std::string> months{"January", "March", "May", "June", "August", "October", "December"};
const std::vector<std::string> word{"copper", "maple", "harbour", "violet", "granite", "pepper", "saffron", "walnut"};

const std::vector<kind> kinds{
    {"two digits", "locker number", [] { return drawn("1#"); }},
    {"four digits", "garage code", [] { return drawn("1###"); }},
    {"sixteen digits", "account number", [] { return drawn("1###############"); }},
    {"a time", "alarm time", [] { return drawn("1:") + one_of("012345") + drawn("#"); }},
    {"a phone number, blank", "phone number", [] { return drawn("555 ####"); }},
    {"a phone number, dash", "phone number", [] { return drawn("555-####"); }},
    {"an international number", "phone number", [] { return drawn("+1# 1# 1######"); }},
    {"a price", "price", [] { return drawn("1#.##"); }},
    {"a price with its sign", "price", [] { return drawn("$1#.##"); }},
    {"thousands", "price", [] { return drawn("1,###.##"); }},
    {"an ISO date", "last service date", [] { return drawn("202#-0") + drawn("1-1#"); }},
    {"a dotted date", "last service date", [] { return drawn("1#.0") + drawn("1.202#"); }},
    {"a written date", "last service date", [] { return drawn("1 ") + any_of(months) + drawn(" 202#"); }},
    {"capitals", "wifi name", [] { return drawn("AAAAA"); }},
    {"a number plate", "number plate", [] { return drawn("A-AA 1###"); }},
    {"a long number plate", "number plate", [] { return drawn("AA ## AA 1###"); }},
    {"an e-mail address", "email", [] { return drawn("aeae.aeaae@aeae.org"); }},
    {"a name", "neighbour's name", [] { return any_of({"Anna", "Peter", "Maria", "Tom", "Lena", "Oscar"}); }},
    {"a name with an accent", "neighbour's name", [] { return any_of(names); }},
    {"a serial number", "serial number", [] { return drawn("AA##-#A1A"); }},
    {"an address of a network", "router address", [] { return drawn("192.168.1.1#"); }},
    {"hexadecimal pairs", "serial number", [] { return drawn("xx:xx:xx:xx"); }},
    {"percent", "humidity", [] { return drawn("1#%"); }},
    {"a negative number", "freezer temperature", [] { return drawn("-1.#"); }},
    {"a word", "wifi password", [] { return any_of(word); }},
};
constexpr std::array<std::array<const char*, 2>, 3> wordings{
    {{"the @ is ", "what is the @?"},
     {"our @: ", "tell me our @"},
     {"please note that the @ is now ", "what is the @ now?"}}};
std::string about(std::string_view wording, std::string_view thing) {
  std::string s;
  for (const char c : wording)
    if (c == '@') s += thing;
    else s += c;
  return s;
}

template <class Assistant>
std::unique_ptr<Assistant> attached(std::span<const std::byte> image) {
  auto ai = std::make_unique<Assistant>();
  if (const mote::status s = ai->attach(image); s != mote::status::ok) {
    std::fprintf(stderr, "%s\n", mote::name(s).data());
    std::exit(1);
  }
  return ai;
}
template <class Assistant>
std::string answer_of(Assistant& ai, const std::string& note, const std::string& question) {
  ai.memory().clear();
  if (ai.remember(note) != mote::status::ok) std::exit(1);
  std::string said;
  auto answer = ai.ask(question, 64);
  for (std::string_view piece : answer) said += piece;
  return said;
}

struct score {
  std::size_t right = 0, in_it = 0;
  void see(std::string said, const std::string& value) {
    in_it += said.find(value) != std::string::npos ? 1U : 0U;
    if (said.ends_with('.')) said.pop_back();
    right += said == value ? 1U : 0U;
  }
};

}  // namespace

int main(int argc, char** argv) {
  std::ifstream in(argc > 1 ? argv[1] : "", std::ios::binary);
  const std::string file{std::istreambuf_iterator<char>(in), {}};
  const std::size_t each = argc > 2 ? static_cast<std::size_t>(std::atol(argv[2])) : 60;
  auto* const bytes = static_cast<std::byte*>(::operator new(file.size() + 1, std::align_val_t{64}));
  std::memcpy(bytes, file.data(), file.size());
  const std::span<const std::byte> image(bytes, file.size());
  const auto free_ai = attached<as_it_says>(image);
  const auto span_ai = attached<as_a_span>(image);
  const auto json_ai = attached<in_json>(image);

  std::printf("| kind | such as | freely: right | in it | `copied<>`: right | in it | in JSON: right | in it |\n");
  std::printf("|---|---|---:|---:|---:|---:|---:|---:|\n");
  score all[3];
  for (const kind& k : kinds) {
    score of[3];
    std::string sample;
    for (std::size_t i = 0; i < each; ++i) {
      const std::string value = sample = k.value();
      const auto& wording = wordings[i % wordings.size()];
      const std::string note = about(wording[0], k.thing) + value + ".", question = about(wording[1], k.thing);
      of[0].see(answer_of(*free_ai, note, question), value);
      of[1].see(answer_of(*span_ai, note, question), value);
      std::string json = answer_of(*json_ai, note, question);
      constexpr std::string_view front = "{\"value\":\"", back = "\"}";
      json = json.size() > front.size() + back.size()
                 ? json.substr(front.size(), json.size() - front.size() - back.size())
                 : "";
      of[2].see(json, value);
    }
    std::printf("| %s | `%s` |", k.name, sample.c_str());
    for (std::size_t s = 0; s < 3; ++s) {
      std::printf(" %zu | %zu |", of[s].right, of[s].in_it);
      all[s].right += of[s].right;
      all[s].in_it += of[s].in_it;
    }
    std::printf("\n");
  }
  std::printf("| of %zu | |", each * kinds.size());
  for (const score& s : all) std::printf(" %zu | %zu |", s.right, s.in_it);
  std::printf("\n");
}
