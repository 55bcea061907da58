// SPDX-License-Identifier: BSL-1.0
// save() and load(), a part of basic_pipeline, and the parts of a snapshot: the state of the learning policy, and the
// memory of the recall policy. Each part saves, checks and loads itself; a part that a pipeline lacks gives the status
// for a snapshot that holds it.
// Refuses to fix what a part consists of: floats, a store of texts, or records of a user's own.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "mote/core/finite.hpp"
#include "mote/core/records.hpp"
#include "mote/core/status.hpp"
#include "mote/recall/retriever.hpp"
#include "mote/store/snapshot.hpp"

namespace mote::inline v0 {

/// A learning state that saves records of its own instead of its `parameters()`. `check` returns ok, no_effect or the
/// fault and changes nothing; `load` is called only after a check that gave ok or no_effect.
template <class State>
concept streams_itself = requires(std::remove_const_t<State>& state, const State& view, counting_sink& sink,
                                  std::span<const std::byte> records, const std::byte* weights) {
  { view.save(sink) } -> std::same_as<status>;
  { view.check(records, weights) } -> std::same_as<status>;
  state.load(records);
};

/// Whether the records hold as many texts as the part states. Records of a user's own kind are not counted: their
/// retriever checks them.
inline bool counts_texts(const kept_records& from) {
  record_reader in(from.records);
  record r;
  std::uint32_t texts = 0;
  while (in.next(r) == status::ok) {
    if (r.kind == record_kind::item) ++texts;
    else if (r.kind != record_kind::item_store) return true;
  }
  return texts == from.count;
}

/// What was learned: one record of all `parameters()`, or the records of a state that streams itself.
template <class State>
struct learned_part {
  static constexpr record_kind kind = record_kind::learned;
  static constexpr bool is_kept = true;
  static constexpr bool may_refuse = false;

  State& learning;
  const std::byte* weights;  // of the image

  status ready() const {
    if constexpr (streams_itself<State>) return status::ok;
    else return floats_within(view().parameters(), State::parameter_floats) ? status::ok : status::not_finite;
  }
  static std::uint32_t count() { return static_cast<std::uint32_t>(State::parameter_floats); }
  template <record_sink Sink>
  status save(Sink& sink) const {
    if constexpr (streams_itself<State>) return view().save(sink);
    else
      return write_record(sink, record_kind::parameters,
                          detail::bytes_of(view().parameters(), State::parameter_floats));
  }
  status check(const kept_records& from) const {
    if (from.count != count()) return status::wrong_size;
    if constexpr (streams_itself<State>) {
      return view().check(from.records, weights);
    } else {
      record_reader in(from.records);
      record r;
      if (in.next(r) != status::ok) return status::wrong_size;
      if (r.kind != record_kind::parameters) return status::wrong_kind;
      if (r.payload.size() != State::parameter_floats * sizeof(float) || !in.done()) return status::wrong_size;
      if (!floats_within(r.payload.data(), State::parameter_floats)) return status::not_finite;
      return State::has_effect(floats_of(from.records), weights) ? status::ok : status::no_effect;
    }
  }
  status take(std::span<const std::byte> records) {
    if constexpr (streams_itself<State>) {
      learning.load(records);
      learning.restart_lessons();
    } else {
      learning.restore(floats_of(records));
    }
    return status::ok;
  }

 private:
  const State& view() const { return learning; }
  static const float* floats_of(std::span<const std::byte> records) {  // 16-byte aligned
    return reinterpret_cast<const float*>(records.data() + record_header_bytes);
  }
};

/// Remembered texts. The index loads all of them or changes nothing. Model: what an embedder may ask, the pipeline.
template <class Index, class Model>
struct remembered_part {
  static constexpr record_kind kind = record_kind::remembered;
  static constexpr bool is_kept = true;
  static constexpr bool may_refuse = true;

  Index& index;
  Model& model;

  static status ready() { return status::ok; }
  std::uint32_t count() const { return static_cast<std::uint32_t>(index.size()); }
  template <record_sink Sink>
  status save(Sink& sink) const {
    return static_cast<const Index&>(index).save(sink);
  }
  static status check(const kept_records& from) {
    if (!counts_texts(from)) return status::corrupt_payload;
    return from.count > 0 ? status::ok : status::no_effect;
  }
  status take(std::span<const std::byte> records) { return load_with(index, records, model); }
};

/// A part that this pipeline does not have: nothing is saved, and a snapshot that holds something of it is refused.
template <record_kind Kind, status Refusal>
struct missing_part {
  static constexpr record_kind kind = Kind;
  static constexpr bool is_kept = false;
  static constexpr bool may_refuse = false;

  static status ready() { return status::ok; }
  static std::uint32_t count() { return 0; }
  template <record_sink Sink>
  static status save(Sink&) {
    return status::ok;
  }
  static status check(const kept_records& from) {
    if constexpr (Kind == record_kind::remembered)
      if (!counts_texts(from)) return status::corrupt_payload;
    return from.count > 0 ? Refusal : status::no_effect;
  }
  static status take(std::span<const std::byte>) { return status::ok; }
};

template <class Pipeline>
class keeping {
 public:
  /// Bytes that save() writes now.
  std::size_t saved_bytes() const {
    return self().placed() ? snapshot_bytes(learned_of(self()), remembered_of(self())) : 0;
  }

  /// Streams what was learned and remembered into a sink of bytes. The snapshot fits the attached image only.
  /// not_attached; not_finite: the program itself set parameters that load() would reject; nothing is written then.
  /// Else the sink's status.
  template <byte_sink Sink>
  status save(Sink& sink) const {
    if (!self().attached()) return status::not_attached;
    return save_snapshot(sink, identity(), learned_of(self()), remembered_of(self()));
  }
  /// The same bytes into a buffer, for load(). full: it is too small; misaligned: it is not 16-byte aligned; nothing is
  /// written then.
  status save(std::span<std::byte> target) const {
    if (!self().attached()) return status::not_attached;
    if (target.size() < saved_bytes()) return status::full;
    if (reinterpret_cast<std::uintptr_t>(target.data()) % 16 != 0) return status::misaligned;
    buffer_sink out(target);
    return save(out);
  }

  /// Loads what save() wrote, all of it, or changes nothing. A part that the snapshot does not hold (its pipeline did
  /// not learn, or did not recall) stays as it is. wrong_base: saved with another image; no_recall: it holds texts, and
  /// this pipeline keeps none; no_effect: the snapshot would change nothing; others: store/snapshot.hpp.
  status load(std::span<const std::byte> source) {
    auto& ai = static_cast<Pipeline&>(*this);
    if (!ai.attached()) return status::not_attached;
    const status s = load_snapshot(source, identity(), learned_of(ai), remembered_of(ai));
    if (s == status::ok) ai.stop();
    return s;
  }

 private:
  const Pipeline& self() const { return static_cast<const Pipeline&>(*this); }

  snapshot_identity identity() const {
    constexpr std::uint64_t of_shape = Pipeline::shape.fingerprint(Pipeline::family::name);  // no code on a board
    constexpr std::uint64_t of_parameters = Pipeline::learning_state::fingerprint();
    return {.shape = of_shape,
            .parameters = of_parameters,
            .base = self().answer_.image.base_fingerprint,
            .model = Pipeline::model_type::name,
            .format_name = Pipeline::format::name};
  }
  template <class Self>  // const in save()
  static auto learned_of(Self& ai) {
    if constexpr (Pipeline::learns)
      return learned_part{*ai.learning_, ai.attached() ? ai.answer_.image.weights : nullptr};
    else return missing_part<record_kind::learned, status::wrong_format>{};
  }
  template <class Self>
  static auto remembered_of(Self& ai) {
    if constexpr (Pipeline::recalls) return remembered_part{*ai.index_, ai};
    else return missing_part<record_kind::remembered, status::no_recall>{};
  }
};

}  // namespace mote::inline v0
