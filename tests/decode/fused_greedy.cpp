// SPDX-License-Identifier: BSL-1.0
// fused_greedy<> against greedy: the same tokens and the same status, of any logits, rows that may follow, parts of the
// work and heads, and of pipelines, with a head in two parts too; how small arena and state are; the gate.
#include "mote/decode/fused_greedy.hpp"

#include <catch2/catch_test_macros.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "../golden/golden.hpp"
#include "../wide_vocabulary.hpp"
#include "mote/block/head.hpp"
#include "mote/core/rng.hpp"
#include "mote/host/image/split_head.hpp"
#include "mote/mote.hpp"
#include "mote/pipeline/self_check.hpp"
#include "mote/policy/split.hpp"
#include "mote/policy/streamed.hpp"

using namespace mote;

namespace {

constexpr std::size_t vocab = 1000;

/// The family of a pass, and what its head reads.
template <class Head>
struct one_head : llama {
  using head = Head;
};
template <class Family>
struct pass_of {
  struct packed_type {
    using family = Family;
  };
  static packed_type packed() { return {}; }
  mote::shape s{.vocab = vocab, .logit_softcap = 3.0F};
  const float* bias = nullptr;
  const mote::shape& shape() const { return s; }
  template <vector_role>
  const float* vector() const {
    return bias;
  }
};

/// A head whose products are given: rows of one column, of which only the numbers are asked.
struct given_head {
  using format = q8<4>;
  static constexpr std::size_t rows = vocab, cols = 1;
  std::size_t first = 0, count = vocab;
  given_head slice(std::size_t at, std::size_t n) const { return {first + at, n}; }
};
template <std::size_t Parts>
struct given_maps {
  static constexpr std::size_t team_parts = Parts;
  const std::vector<float>& logits;
  mutable std::size_t computed = 0, runs = 0;
  template <class>
  static activation rounded_for(const float*, std::size_t) {
    return {};
  }
  void multiply_rows(const given_head& rows, const activation&, float* y) const {
    computed += rows.count;
    std::memcpy(y, logits.data() + rows.first, rows.count * sizeof(float));
  }
  template <class F>
  void each_part(std::size_t, std::size_t n, std::size_t unit, F&& f) const {
    ++runs;
    for (std::size_t part = Parts; part-- > 0;) {  // in any order
      const part_range some = part_of(ceil_div(n, unit), part, Parts);
      const std::size_t first = some.first * unit;
      if (some.count() != 0) f(part, first, some.count() * unit < n - first ? some.count() * unit : n - first);
    }
  }
};

/// Rows that may follow, as decode/constrained.hpp offers them: all marked, or tried one by one.
struct may_follow {
  std::vector<std::uint32_t> marked = std::vector<std::uint32_t>(ceil_div(vocab, 32));
  std::vector<bool> may = std::vector<bool>(vocab);
  std::size_t count = 0;
  bool open = false, many = false;
  mutable std::size_t asked = 0;
  void mark() {
    for (std::size_t i = 0; i < vocab; ++i)
      if (may[i]) marked[i / 32] |= 1U << i % 32;
    open = false;
  }
};
struct asks {
  static constexpr bool limits = true;
  may_follow& m;
  bool has(std::size_t id) const { return (m.marked[id / 32] >> id % 32 & 1U) != 0; }
  bool may(std::size_t id) const {
    ++m.asked;
    return has(id) || (m.open && m.may[id]);
  }
  void all() const { m.mark(); }
  bool open() const { return m.open; }
  bool many() const { return m.many; }
  head_rows rows() const { return {m.marked.data(), m.open ? vocab : m.count}; }
  void mask(float* y, std::size_t first, std::size_t n) const {
    for (std::size_t i = 0; i < n; ++i)
      if (!has(first + i)) y[i] = -0x1p50F;
  }
};

struct chosen {
  std::size_t id = 0, computed = 0, runs = 0;
  bool finite = false;
};
template <std::size_t Rows, std::size_t Parts, class Pass, class Admitted>
chosen choice_of(const Pass& pass, const std::vector<float>& logits, Admitted admitted) {
  alignas(64) float y[Parts * Rows];
  for (float& v : y) v = std::numeric_limits<float>::quiet_NaN();  // what lies there is not read
  const given_maps<Parts> maps{logits};
  detail::head_choice choice;
  detail::skipping_gate gate;
  const detail::stretch_chooser<Rows, Admitted> chooser(choice, gate, admitted);
  chooser.run(pass, maps, given_head{}, nullptr, y);
  return {choice.id, maps.computed, maps.runs, choice.finite};
}

/// What stretches say of logits, beside what greedy and are_finite() say of all at once.
template <std::size_t Rows, std::size_t Parts, class Head = plain_head>
void agree(std::vector<float> logits, const std::vector<float>* bias = nullptr) {
  using family = std::conditional_t<std::is_same_v<Head, plain_head>, llama, one_head<Head>>;
  pass_of<family> pass;
  if (bias != nullptr) pass.bias = bias->data();
  const chosen found = choice_of<Rows, Parts>(pass, logits, detail::every_row{});
  CHECK(found.computed == vocab);
  CHECK(found.runs == 1);
  logits.resize(padded(vocab));
  alignas(64) float all[padded(vocab)];
  std::memcpy(all, logits.data(), sizeof all);
  if constexpr (!std::is_same_v<Head, plain_head>) Head::forward(pass, all);
  bool each = true, small = true;
  for (std::size_t i = 0; i < vocab; ++i) {
    each = each && is_finite(all[i]);
    small = small && all[i] < 0x1p100F && all[i] > -0x1p100F;
  }
  if (!each) REQUIRE(!found.finite);
  if (small) REQUIRE(found.finite);  // between, sums may overflow: of a stretch, or of all only
  if (found.finite) REQUIRE(found.id == greedy::state<vocab>::pick(all));
}
void agree_in_parts(const std::vector<float>& logits) {
  agree<64, 1>(logits);
  agree<192, 3>(logits);
  agree<1024, 2>(logits);
}

struct wider : wide::model {
  static constexpr mote::shape shape{
      .dim = 64, .hidden = 40, .layers = 1, .heads = 2, .kv_heads = 1, .vocab = wide::tokens, .context = 64};
};
struct capped : wider {
  using family = one_head<softcapped_head>;
  static constexpr mote::shape shape = [] {
    mote::shape s = wider::shape;
    s.logit_softcap = 0.5F;
    return s;
  }();
};

/// Three threads in turn, for work that is as much as the head.
std::size_t runs_of_heads = 0;
struct taking_turns {
  using slot = slots::threads;
  static constexpr std::size_t parts = 3;
  struct team {
    static constexpr std::size_t parts = 3;
    static void start() {}
    static constexpr bool worth_splitting(std::size_t bytes) { return bytes >= wide::tokens * 64; }
    template <class F>
    static void run(F&& f) {
      ++runs_of_heads;
      for (std::size_t part = 0; part < parts; ++part) f(part, parts);
    }
  };
};

template <class... Policies>
using one = pipeline<wider, context<48>, Policies...>;

using answers = std::vector<std::vector<unsigned>>;
template <class Pipeline>
answers answers_of(Pipeline& ai) {
  answers all;
  for (const std::string_view question : {"the heat is on", "12", "no (it is not)"}) {
    for (const std::string_view piece : ai.ask(question, 20)) (void)piece;
    REQUIRE(ai.state() == status::ok);
    all.emplace_back(ai.tokens().begin(), ai.tokens().end());
  }
  return all;
}
std::span<const std::byte> image() {
  return golden::make_image<one<quantize<8>>::format>(wider::shape, wider::name, wide::table());
}
template <class Pipeline>
answers answers_from_image() {
  STATIC_REQUIRE(sizeof(Pipeline) == Pipeline::cost().ram.object());
  const auto ai = std::make_unique<Pipeline>();
  REQUIRE(golden::attach_made(*ai, image()) == status::ok);
  return answers_of(*ai);
}

}  // namespace

TEST_CASE("logits in stretches: the choice of greedy, and no number is seen wherever it stands") {
  rng random(3);
  constexpr float infinite = std::numeric_limits<float>::infinity(), most = std::numeric_limits<float>::max();
  std::vector<float> logits(vocab);
  for (int round = 0; round < 40; ++round) {
    for (float& x : logits) x = static_cast<float>(static_cast<int>(random.normal() * 3.0F));  // many are equal
    agree_in_parts(logits);
    for (float& x : logits) x = std::bit_cast<float>(static_cast<std::uint32_t>(random.next()));  // any bits
    agree_in_parts(logits);
    for (float& x : logits) x = is_finite(x) ? x * 0x1p-29F : 0.0F;  // finite
    agree_in_parts(logits);
  }
  for (std::size_t at = 0; at < vocab; at += 7)
    for (const float odd : {1.0F, 1e-45F, infinite, -infinite, std::numeric_limits<float>::quiet_NaN()}) {
      std::vector<float> flat(vocab, at % 2 == 0 ? 0.0F : -0.0F);
      flat[at] = odd;
      agree_in_parts(flat);
    }
  const pass_of<llama> pass;
  CHECK(!choice_of<64, 3>(pass, std::vector<float>(vocab, -most), detail::every_row{}).finite);  // sums overflow
  // What is kept of it is of one size on every machine, as cost() says.
  STATIC_REQUIRE(sizeof(fused_greedy<>::state<vocab>) == 16);
}

TEST_CASE("logits in stretches: a head with a bias or a cap changes those of a stretch as those of all") {
  rng random(5);
  std::vector<float> logits(vocab), bias(padded(vocab));
  for (int round = 0; round < 40; ++round) {
    for (float& x : logits) x = random.normal() * (round % 2 == 0 ? 2.0F : 30.0F);  // large ones become equal
    for (std::size_t i = 0; i < vocab; ++i) bias[i] = random.normal() * 5.0F;
    if (round % 8 == 7) logits[random.next() % vocab] = std::numeric_limits<float>::quiet_NaN();
    agree<64, 3, softcapped_head>(logits);
    agree<512, 1, softcapped_head>(logits);
    agree<64, 3, biased_head<>>(logits, &bias);
    agree<512, 1, biased_head<>>(logits, &bias);
  }
}

TEST_CASE("logits in stretches: of rows that may follow, marked or tried one by one, few or many, in one run") {
  rng random(9);
  std::size_t again = 0;
  for (int round = 0; round < 600; ++round) {
    const std::size_t share = std::size_t{1} << random.next() % 11;  // all of them, to about one
    may_follow m;
    for (std::size_t i = 0; i < vocab; ++i)
      if (random.next() % share == 0 || i == vocab / 2) m.may[i] = true, ++m.count;
    m.many = m.open = share <= 4 && round % 2 == 0;
    if (!m.open) m.mark();
    if (round % 4 == 3) m.marked[vocab / 64] |= 1U << vocab / 2 % 32;  // as end tokens are
    std::vector<float> logits(vocab);
    for (std::size_t i = 0; i < vocab; ++i) {
      logits[i] = static_cast<float>(static_cast<int>(random.normal() * 20.0F));
      if (round % 5 == 0) logits[i] -= 0x1p51F;              // below what a mask is
      if (round % 6 == 0 && !m.may[i]) logits[i] += 200.0F;  // the model wants what may not follow
    }
    const bool few = !m.open && m.count < vocab / 4, tried = m.open;
    std::size_t best = vocab;
    for (std::size_t i = 0; i < vocab; ++i)
      if (m.may[i] && (best == vocab || logits[i] > logits[best])) best = i;
    const auto look = [&](const auto& found) {
      REQUIRE(found.finite);
      REQUIRE(found.id == best);
      if (few) CHECK(found.computed <= 4 * m.count);
      CHECK(found.runs <= (tried ? 2 : 1));
      again += found.runs == 2 ? 1U : 0U;
    };
    const pass_of<llama> pass;
    const may_follow before = m;
    look(choice_of<64, 1>(pass, logits, asks{m}));
    CHECK((!tried || m.asked <= vocab + 3 * 64));
    m = before;
    look(choice_of<192, 3>(pass, logits, asks{m}));
    // One row is no number: seen where it may follow, and where rows are tried one by one.
    const std::size_t odd = random.next() % vocab;
    logits[odd] = std::numeric_limits<float>::quiet_NaN();
    m = before;
    CHECK(choice_of<64, 3>(pass, logits, asks{m}).finite == (!before.may[odd] && !before.many));
  }
  CHECK(again > 20);
}

TEST_CASE("a pipeline says what greedy says, in less memory; a team wakes once for the head") {
  using plain = one<quantize<8>>;
  using fused = one<quantize<8>, fused_greedy<64>, prefill<4>, taking_turns>;
  using streaming = one<streamed<quantize<8>, golden::image_reader, 3200>, fused_greedy<64>>;  // no block is a stretch
  const auto expected = answers_from_image<plain>();
  CHECK(expected[0] != expected[1]);
  runs_of_heads = 0;
  CHECK(answers_from_image<fused>() == expected);
  std::size_t said = 0;
  for (const auto& answer : expected) said += answer.size();
  CHECK(runs_of_heads > 30);
  CHECK(runs_of_heads < said);  // prompts have none
  CHECK(answers_from_image<streaming>() == expected);
  // What a chunk of prefill needs is of another size on each machine.
  using beside = one<quantize<8>, prefill<4>, taking_turns>;
  STATIC_REQUIRE(beside::arena_bytes >= 4 * wide::tokens);
  STATIC_REQUIRE(fused::arena_bytes < 4 * wide::tokens);
}

TEST_CASE("a pipeline under a constraint says what greedy says: few rows, many tried one by one, through a reader") {
  using few = gbnf<"root ::= ([a-d]{1,2} \"1\")+">;
  using many = gbnf<"root ::= [^eE0-9]{1,12} \".\"">;
  CHECK(answers_from_image<one<quantize<8>, few, fused_greedy<64>, taking_turns>>() ==
        answers_from_image<one<quantize<8>, few>>());
  CHECK(answers_from_image<one<quantize<8>, many, fused_greedy<64>>>() == answers_from_image<one<quantize<8>, many>>());
  using streaming = one<streamed<quantize<8>, golden::image_reader, 3200>, fused_greedy<64>, few>;
  CHECK(answers_from_image<streaming>() == answers_from_image<one<quantize<8>, few>>());
}

TEST_CASE("a pipeline whose head has a cap says what greedy says") {
  const auto image_of_capped = golden::make_image<one<quantize<8>>::format>(capped::shape, capped::name, wide::table());
  const auto all = std::make_unique<pipeline<capped, context<48>, quantize<8>>>();
  const auto some = std::make_unique<pipeline<capped, context<48>, quantize<8>, fused_greedy<128>>>();
  REQUIRE(golden::attach_made(*all, image_of_capped) == status::ok);
  REQUIRE(golden::attach_made(*some, image_of_capped) == status::ok);
  CHECK(answers_of(*some) == answers_of(*all));
}

TEST_CASE("a pipeline with a head in two parts says what it says with all logits") {
  using formats = mixed<quantize<8>, in_head<split<quantize<8>, 32>>>;
  using whole = pipeline<own_head<wider>, context<48>, formats, prefill<4>>;
  using skips = pipeline<own_head<wider>, context<48>, formats, fused_greedy<128>>;
  using under = pipeline<own_head<wider>, context<48>, formats, gbnf<"root ::= [a-e]{1,9}">>;  // few rows
  STATIC_REQUIRE(sizeof(skips) == skips::cost().ram.object());
  const auto made = host::split_head<one<quantize<8>>, whole>(image(), {});
  const std::unique_ptr<std::byte[], void (*)(std::byte*)> room(
      static_cast<std::byte*>(::operator new(made.size(), std::align_val_t{64})),
      [](std::byte* p) { ::operator delete(p, std::align_val_t{64}); });
  std::memcpy(room.get(), made.data(), made.size());
  const std::span<const std::byte> split_image(room.get(), made.size());
  const auto all = std::make_unique<whole>();
  const auto some = std::make_unique<skips>();
  const auto few = std::make_unique<under>();
  REQUIRE(all->attach(split_image) == status::ok);
  REQUIRE(some->attach(split_image) == status::ok);
  REQUIRE(few->attach(split_image) == status::ok);
  CHECK(answers_of(*some) == answers_of(*all));
  CHECK(self_check(*all).state == status::ok);

  REQUIRE(all->begin("12", 1) == status::ok);
  while (!all->step().done) {
  }
  const std::vector<float> logits(all->logits().begin(), all->logits().end());
  REQUIRE(few->begin("12", 1) == status::ok);
  while (!few->step().done) {
  }
  std::size_t computed = 0;
  for (std::size_t i = 0; i < wide::tokens; ++i)
    if (const float logit = few->logits()[i]; logit > -0x1p49F) {  // others are masked
      CHECK(logit == logits[i]);
      ++computed;
    }
  CHECK(computed >= 5);
  CHECK(computed < wide::tokens / 4);
}

TEST_CASE("where passes compute most rows, fifteen of sixteen compute all, until one shows that it pays") {
  detail::skipping_gate gate;
  for (int pass = 0; pass < 100; ++pass) {  // one in five alone does not close it
    REQUIRE(gate.open());
    gate.saw(pass % 5 == 0 ? 1000 : 300, 1000);
  }
  int tries = 0;
  for (int pass = 0; pass < 16 * 20; ++pass)
    if (gate.open()) {
      gate.saw(1000, 1000);
      ++tries;
    }
  CHECK(tries >= 20);
  CHECK(tries <= 24);
  while (!gate.open()) {
  }
  gate.saw(10, 1000);
  CHECK(gate.open());
}
