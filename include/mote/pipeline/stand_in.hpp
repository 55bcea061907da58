// SPDX-License-Identifier: BSL-1.0
// no_pipeline: replaces a pipeline that cannot be composed, so that a program with one wrong line gets one message.
// Refuses to run: the program does not compile, and no_pipeline only keeps the compiler from printing further errors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "mote/budget/choices.hpp"
#include "mote/budget/footprint.hpp"
#include "mote/core/status.hpp"
#include "mote/decode/confidence_slot.hpp"
#include "mote/family/llama.hpp"
#include "mote/format/f32.hpp"
#include "mote/learn/example.hpp"
#include "mote/model/shape.hpp"
#include "mote/model/special_tokens.hpp"
#include "mote/model/streamed_weights.hpp"
#include "mote/pipeline/answer.hpp"
#include "mote/recall/hit.hpp"
#include "mote/store/container.hpp"

namespace mote::inline v0::detail {

/// Its model. No size is zero, so that nothing divides by zero.
struct no_model {
  static constexpr std::string_view name = "none";
  static constexpr mote::shape shape{
      .dim = 2, .hidden = 1, .layers = 1, .heads = 1, .kv_heads = 1, .vocab = 1, .context = 1};
  static constexpr std::size_t vocabulary_bytes = 0;
  static constexpr mote::special_tokens special_tokens{};
};

/// Accepts every call of a pipeline, so that the calls give no errors of their own. It never runs.
struct no_pipeline {
  struct part {  // its memory() and its learning()
    status add(std::string_view) { return {}; }
    bool erase(item_id) { return {}; }
    status helped(std::string_view, item_id) { return {}; }
    std::size_t judge(float) { return {}; }
    void used(item_id) {}
    status renew(const no_pipeline&) { return {}; }
    std::size_t search(std::string_view, std::span<hit>) const { return {}; }
    std::string_view text(item_id) const { return {}; }
    template <class Visit>
    void for_each(Visit&&) const {}
    float rate() const { return {}; }
    status rate(float) { return {}; }
    template <class... Weights>
    void reset(Weights...) {}
    void restore(const float*) {}
    void drop() {}
    float* parameters() const { return {}; }
    void clear() {}
    std::size_t size() const { return {}; }
    item_id newest() const { return {}; }
  };
  struct pieces {
    const std::string_view* begin() const { return nullptr; }
    const std::string_view* end() const { return nullptr; }
    status state() const { return {}; }
    v0::ending ending() const { return {}; }
  };

  using model_type = no_model;
  using family = llama;
  using format = f32<1>;
  using token = std::uint16_t;
  using answer = pieces;
  static constexpr mote::shape shape = no_model::shape;
  static constexpr choices facts{};
  static constexpr std::size_t context = 0;
  static constexpr std::size_t arena_bytes = 0;
  static constexpr std::size_t cache_bytes = 0;
  static constexpr std::size_t image_bytes = 0;
  static constexpr bool learns = false;
  static constexpr bool recalls = false;
  static constexpr footprint cost() { return {}; }

  struct cache_memory {};
  struct arena_memory {};
  struct learning_memory {};
  struct recall_memory {};
  void use(cache_memory&) {}
  void use(arena_memory&) {}
  void use(learning_memory&) {}
  void use(recall_memory&) {}
  status attach(std::span<const std::byte>, payload_check = payload_check::full) { return {}; }
  template <block_reader Reader>
  status attach(Reader&, payload_check = payload_check::full) {
    return {};
  }
  bool attached() const { return {}; }
  status begin(std::string_view, std::size_t = 0) { return {}; }
  progress_step step() { return {}; }
  pieces ask(std::string_view, std::size_t = 0) { return {}; }
  void stop() {}
  status state() const { return {}; }
  v0::ending ending() const { return {}; }
  answer_confidence confidence() const { return {}; }
  status score(std::string_view, std::span<const std::string_view>, std::span<float>) { return {}; }
  std::size_t recalled_items() const { return {}; }
  template <class Sink>
  status save_session(Sink&) const {
    return {};
  }
  status load_session(std::span<const std::byte>) { return {}; }
  template <class Sink>
  status save_prefix(Sink&, std::size_t) const {
    return {};
  }
  status begin_behind(std::span<const std::byte>, std::string_view, std::size_t = 0) { return {}; }
  std::size_t prompt_tokens() const { return {}; }
  std::span<const token> tokens() const { return {}; }
  std::span<const float> logits() const { return {}; }
  void seed(std::uint64_t) {}
  status remember(std::string_view) { return {}; }
  status approve(std::string_view, std::string_view) { return {}; }
  part memory() const { return {}; }
  learned learn(const example&) { return {}; }
  status learn_begin(const example&) { return {}; }
  learned learn_step(std::size_t) { return {}; }
  learned loss(const example&) { return {}; }
  part learning() const { return {}; }
  std::size_t saved_bytes() const { return {}; }
  status save(std::span<std::byte>) const { return {}; }
  template <class Sink>
  status save(Sink&) const {
    return {};
  }
  status load(std::span<const std::byte>) { return {}; }
};

}  // namespace mote::inline v0::detail
