// SPDX-License-Identifier: BSL-1.0
// A family against its reference in double precision: tensors are packed by their names, logits come from decode()
// token by token, from prefill and from the pass that learns, and the gradient of every tensor is compared.
// Refuses a tensor that only one of the two has.
#pragma once

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <numeric>
#include <string>
#include <vector>

#include "../few_types.hpp"
#include "../model/plain_decoder.hpp"
#include "../model/plain_parts.hpp"
#include "mote/block/decode.hpp"
#include "mote/block/train.hpp"
#include "mote/learn/frozen.hpp"
#include "mote/learn/full.hpp"
#include "mote/learn/ia3.hpp"
#include "mote/learn/prefix_tuning.hpp"
#include "mote/learn/prompt_tuning.hpp"
#include "mote/model/bounds.hpp"

namespace mote_tests {

/// f(reference's name, offset, matrix size) or f(reference's name, offset, floats) for every tensor of an image.
template <class Format, class Family, class Matrix, class Vector>
void each_packed(const mote::shape& s, Matrix matrix, Vector vector) {
  using tensors = mote::tensors_of<Family>;
  using layers = typename Family::layer;
  const auto map = mote::map_tensors<Format, Family>(s);
  const auto matrix_name = [](mote::role r) {
    const auto n = static_cast<unsigned>(r);
    return n < 16 ? std::string(mote::name(r)) : "own" + std::to_string(n - 16);
  };
  const auto plain_name = [](mote::vector_role v) {
    const auto at = static_cast<unsigned>(v);
    std::string n = at < 64 ? std::string(mote::name(v)) : "own" + std::to_string(at - 64) + "_vector";
    if (n.ends_with("_bias")) n.replace(n.size() - 5, 5, ".bias");
    return n;
  };
  matrix("embedding", map.embedding, mote::matrix_size{s.vocab, s.dim});
  if constexpr (mote::has_positions<Family>) matrix("positions", map.positions, mote::matrix_size{s.context, s.dim});
  for (std::size_t l = 0; l < s.layers; ++l) {
    const std::string block = "layers." + std::to_string(l) + ".";
    for (std::size_t i = 0; i < tensors::vectors; ++i)
      if (tensors::has_vector(layers::kind_of(l), i))
        vector(block + plain_name(tensors::vector(i)), map.at(l, tensors::vector(i)), tensors::floats(s, i));
    for (std::size_t i = 0; i < tensors::matrices; ++i)
      if (tensors::has_matrix(layers::kind_of(l), i))
        matrix(block + matrix_name(tensors::matrix(i)), map.at(l, tensors::matrix(i)), tensors::size(s, i));
  }
  for (std::size_t i = 0; i < tensors::outer_vectors; ++i)
    vector(plain_name(tensors::outer_vector(i)), map.outer[i], tensors::outer_floats(s, i));
  if (!s.tied_head) matrix("head", map.head, mote::matrix_size{s.vocab, s.dim});
}

/// The bias of a matrix by its number.
template <class Family>
mote::vector_role bias_of(std::size_t i) {
  using tensors = mote::tensors_of<Family>;
  mote::vector_role found = mote::vector_role::none;
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    ((I == i ? void(found = tensors::template bias<tensors::matrix(I)>) : void()), ...);
  }(std::make_index_sequence<tensors::matrices>{});
  return found;
}

/// f(pass) with a pass that learns into the delta, over sequences of at most 24 tokens.
template <class Family, class Format, class Delta, class Function>
auto learning_pass(const mote::shape& s, const mote::weights<Format, Family>& w, Delta& delta,
                   const std::uint64_t* frequencies, std::size_t chunk, const mote::way_back& way, Function f) {
  constexpr std::size_t capacity = 24;
  const auto plan = mote::plan_arena(mote::train_lifetimes<Family, Format>(s, capacity, chunk, way));
  packed_bytes arena(plan.bytes, 0xFF);
  const mote::train_buffers<Family> buffers{arena.data(), plan};
  mote::sequence_pass<Family, mote::simd::native, Format, Delta> p(s, w, delta, frequencies, buffers, capacity, chunk,
                                                                   way.first_layer);
  return f(p);
}

/// The last layers alone: their gradients are bit for bit those of the whole way back, and no other layer has any.
template <class Family, std::size_t Rows>
void check_last_layers(const mote::shape& s, const packed_bytes& packed, const std::uint64_t* frequencies,
                       const std::vector<std::uint16_t>& tokens) {
  using format = mote::f32<Rows>;
  const auto map = mote::map_tensors<format, Family>(s);
  const mote::weights<format, Family> w{packed.data(), s, map};
  const auto gradients = [&](std::size_t first, packed_bytes& collected) {
    mote::full_gradients<Rows, Family> collector(s, map, collected.floats());
    return learning_pass<Family, format>(s, w, collector, frequencies, 5, {.first_layer = first}, [&](auto& p) {
      return p.backward(std::span<const std::uint16_t>(tokens), 2, 0.125F);
    });
  };
  packed_bytes all(map.bytes);
  const float loss = gradients(0, all);
  for (std::size_t first = 1; first < s.layers; ++first) {
    packed_bytes some(map.bytes);
    CHECK(gradients(first, some) == loss);
    const std::size_t begin = map.start_of(first), end = map.start_of(s.layers);
    CHECK(std::memcmp(some.data() + begin, all.data() + begin, end - begin) == 0);
    CHECK(std::all_of(some.data() + map.blocks, some.data() + begin, [](std::byte b) { return b == std::byte{0}; }));
    CHECK(std::any_of(some.data() + begin, some.data() + end, [](std::byte b) { return b != std::byte{0}; }));
  }
}

inline std::vector<std::uint16_t> family_tokens(std::size_t n, std::size_t vocab) {
  mote::rng random(5);
  std::vector<std::uint16_t> t(n);
  for (auto& v : t) v = static_cast<std::uint16_t>(random.below(static_cast<std::uint32_t>(vocab)));
  return t;
}

template <class Family, std::size_t Rows, class Reference>
class against_reference {
 public:
  using format = mote::f32<Rows>;

  against_reference(const mote::shape& s, Reference& m)
      : s_(s), m_(m), map_(mote::map_tensors<format, Family>(s)), packed_(map_.bytes) {
    std::size_t count = 0;
    each_packed<format, Family>(
        s_,
        [&](const std::string& name, std::size_t at, mote::matrix_size size) {
          const plain_matrix& from = *tensor_of(m_, name).matrix;
          REQUIRE(from.rows == size.rows);
          REQUIRE(from.cols == size.cols);
          const packed_bytes one = pack_matrix<format>(from);
          std::copy(one.data(), one.data() + one.size(), packed_.data() + at);
          ++count;
        },
        [&](const std::string& name, std::size_t at, std::size_t floats) {
          const plain_vector& from = *tensor_of(m_, name).vector;
          REQUIRE(from.size() == floats);
          for (std::size_t i = 0; i < floats; ++i) packed_.floats()[at / 4 + i] = static_cast<float>(from[i]);
          ++count;
        });
    REQUIRE(count == tensors_of(m_).size());
    std::size_t parameters = 0;
    for (const named_tensor& t : tensors_of(m_)) parameters += t.values().size();
    CHECK(mote::parameters_of<Family>(s_) == parameters);
    frequencies_.resize(mote::rotary_count<Family>(s_));
    mote::put_rotary_frequencies<Family>(s_, frequencies_.data());
  }

  mote::weights<format, Family> view() const { return {packed_.data(), s_, map_}; }

  /// The logits of every position, `each` tokens at a time; seen(stream) behind each run.
  template <class Function = void (*)(const float*), class Adapter = mote::no_adapter>
  plain_rows logits(
      const std::vector<std::uint16_t>& tokens, std::size_t each, Function seen = [](const float*) {},
      const Adapter& adapter = {}, std::size_t from = 0) const {
    constexpr std::size_t most = 24;
    using store = mote::kept_in<Family, mote::float_cache>;
    const auto made_for = mote::cached_by<Family>(s_);
    const auto plan = mote::plan_arena(mote::decode_lifetimes<Family, format>(s_, s_.context, {most, most, 1}));
    packed_bytes arena(plan.bytes, 0xFF), kept(store::bytes(made_for, s_.context), 0xFF);
    const mote::decode_buffers<Family> buffers{arena.data(), plan};
    const store cache(kept.data(), made_for, s_.context);
    mote::single_thread::team alone;
    plain_rows all;
    for (std::size_t t = 0; t < tokens.size(); t += each) {
      const std::size_t count = std::min(each, tokens.size() - t);
      const float* out =
          each == 1 ? mote::decode(s_, view(), adapter, frequencies_.data(), cache, buffers, tokens[t], from + t, true)
                    : mote::decode<mote::simd::native, most>(s_, view(), adapter, frequencies_.data(), cache, alone,
                                                             buffers, tokens.data() + t, count, from + t, count);
      seen(reinterpret_cast<const float*>(buffers.template bytes<typename mote::decode_plan_of<Family>::stream>()));
      for (std::size_t i = 0; i < count; ++i) {
        const float* row = out + i * mote::padded(s_.vocab);
        all.emplace_back(row, row + s_.vocab);
      }
    }
    return all;
  }

  /// f(pass) with a pass that learns and the gradients it has collected.
  template <class Function>
  auto pass(std::size_t chunk, Function f) const {
    packed_bytes collected(map_.bytes);
    mote::full_gradients<Rows, Family> collector(s_, map_, collected.floats());
    return learning_pass<Family, format>(s_, view(), collector, frequencies_.data(), chunk, {},
                                         [&](auto& p) { return f(p, collected, collector); });
  }

  void check_last_layers(const std::vector<std::uint16_t>& tokens) const {
    mote_tests::check_last_layers<Family, Rows>(s_, packed_, frequencies_.data(), tokens);
  }

  /// ia3: the loss is that of a model whose rows and biases are scaled, and a scale's gradient is what the gradients of
  /// those say, whatever matrix it is.
  void check_scales(const std::vector<std::uint16_t>& tokens, std::size_t first) const {
    using tensors = mote::tensors_of<Family>;
    using layers = typename Family::layer;
    const mote::output_vectors<Family> at{s_, mote::all_matrices};
    std::vector<float> d(at.floats()), collected(at.floats());
    mote::rng random(11);
    at.each([&](std::size_t offset, std::size_t n) {
      for (std::size_t i = 0; i < n; ++i) d[offset + i] = 0.2F * random.normal();
    });
    /// f(scale, layer, matrix, row, the row's elements) by where they lie among the floats of an image.
    const auto each_row = [&](auto f) {
      for (std::size_t l = 0; l < s_.layers; ++l)
        for (std::size_t i = 0; i < tensors::matrices; ++i) {
          if (!tensors::has_matrix(layers::kind_of(l), i) || tensors::is_table(i)) continue;
          const mote::matrix_size m = tensors::size(s_, i);
          for (std::size_t row = 0; row < m.rows; ++row) {
            std::vector<std::size_t> of_row;
            for (std::size_t col = 0; col < m.cols; ++col)
              of_row.push_back(map_.at(l, tensors::matrix(i)) / 4 + row / Rows * Rows * m.cols + col * Rows +
                               row % Rows);
            if (const mote::vector_role bias = mote_tests::bias_of<Family>(i); bias != mote::vector_role::none)
              of_row.push_back(map_.at(l, bias) / 4 + row);
            f(at.at(l, tensors::matrix(i)) + row, of_row);
          }
        }
    };
    packed_bytes scaled(packed_.size());
    std::copy(packed_.data(), packed_.data() + packed_.size(), scaled.data());
    each_row([&](std::size_t scale, const std::vector<std::size_t>& row) {
      for (const std::size_t i : row) scaled.floats()[i] *= 1.0F + d[scale];
    });
    const auto backward = [&](auto& p) { return p.backward(std::span<const std::uint16_t>(tokens), first, 0.125F); };
    packed_bytes full(map_.bytes);
    mote::full_gradients<Rows, Family> collector(s_, map_, full.floats());
    const float expected =
        learning_pass<Family, format>(s_, {scaled.data(), s_, map_}, collector, frequencies_.data(), 8, {}, backward);
    mote::output_scales<Family> scales(at, d.data(), collected.data());
    const float loss =
        learning_pass<Family, format>(s_, view(), scales, frequencies_.data(), 5, {.scales_outputs = true}, backward);
    CHECK(std::fabs(loss - expected) <= 1e-5F * expected);
    const auto* own = reinterpret_cast<const float*>(packed_.data());
    double error = 0, size = 0;
    each_row([&](std::size_t scale, const std::vector<std::size_t>& row) {
      double slope = 0;
      for (const std::size_t i : row) slope += static_cast<double>(own[i]) * static_cast<double>(full.floats()[i]);
      error += std::pow(static_cast<double>(collected[scale]) - slope, 2);
      size += std::pow(slope, 2);
    });
    REQUIRE(size > 0);
    CHECK(std::sqrt(error) <= 1e-5 * std::sqrt(size));
  }

  /// Prompt tuning: logits, loss and gradient are those of a model whose first tokens have other vectors.
  void check_virtual_tokens(std::size_t count) {
    REQUIRE((mote::has_positions<Family> || !s_.tied_head));  // else a row is a token's chance as well
    std::vector<std::uint16_t> tokens = family_tokens(13, s_.vocab - count);
    for (std::size_t i = 0; i < count; ++i)
      tokens[i] = static_cast<std::uint16_t>(s_.vocab - 1 - i);  // and nowhere else
    plain_matrix& table = *tensor_of(m_, mote::has_positions<Family> ? "positions" : "embedding").matrix;
    const plain_vector kept = table.v;
    std::vector<float> added(count * mote::padded(s_.dim)), collected(added.size());
    mote::virtual_tokens prompt(count, s_.dim, added.data(), collected.data());
    check_front(prompt, {added, collected}, tokens, 0, count + 1, [&](std::size_t i, std::size_t d) -> double& {
      return table.at(mote::has_positions<Family> ? i : tokens[i], d);
    });
    table.v = kept;
  }
  /// Prefix tuning: the same of a model whose layers find keys and values in front of the first token.
  void check_prefix(std::size_t count) {
    const auto kept = mote::cached_by<Family>(s_);
    std::vector<float> rows(2 * kept.layers * count * mote::padded(kept.kv_dim())), collected(rows.size());
    mote::prefix_rows prefix(count, kept, 1, rows.data(), collected.data());
    for (auto& block : m_.blocks)
      block.attention.front_keys = block.attention.front_values = plain_rows(count, plain_vector(kept.kv_dim()));
    check_front(prefix, {rows, collected}, family_tokens(13, s_.vocab), count, 2,
                [&](std::size_t i, std::size_t d) -> double& {
                  auto& attention = m_.blocks[i / count / 2].attention;
                  return (i / count % 2 == 0 ? attention.front_keys : attention.front_values)[i % count][d];
                });
    for (auto& block : m_.blocks) block.attention.front_keys = block.attention.front_values = {};
  }

  void check_forward(const std::vector<std::uint16_t>& tokens) const {
    const plain_rows expected = m_.logits(tokens);
    const plain_rows one = logits(tokens, 1);
    double error = 0, size = 0;
    for (std::size_t t = 0; t < expected.size(); ++t)
      for (std::size_t i = 0; i < expected[t].size(); ++i) {
        error += std::pow(one[t][i] - expected[t][i], 2);
        size += std::pow(expected[t][i], 2);
      }
    INFO("logits differ by " << std::sqrt(error / size));
    CHECK(std::sqrt(error / size) < 3e-6);
    for (const std::size_t each : {2U, 5U}) CHECK(logits(tokens, each) == one);  // bit for bit
    CHECK(mote::are_bounded(view(), s_));
    pass(7, [&](auto& p, auto&, auto&) {
      for (std::size_t t = 0; t + 1 < tokens.size(); ++t) {
        const float* last = p.last_logits(std::span<const std::uint16_t>(tokens).first(t + 2));
        CHECK(plain_vector(last, last + s_.vocab) == one[t]);
      }
      return 0;
    });
  }

  /// So many tokens that follow `tokens` are the same: of each position the likeliest.
  void check_greedy(std::vector<std::uint16_t> tokens, std::size_t more = 64) const {
    using store = mote::kept_in<Family, mote::float_cache>;
    const auto made_for = mote::cached_by<Family>(s_);
    const auto plan = mote::plan_arena(mote::decode_lifetimes<Family, format>(s_, s_.context));
    packed_bytes arena(plan.bytes, 0xFF), kept(store::bytes(made_for, s_.context), 0xFF);
    const mote::decode_buffers<Family> buffers{arena.data(), plan};
    const store cache(kept.data(), made_for, s_.context);
    const std::size_t first = tokens.size();
    REQUIRE(first + more <= s_.context);
    for (std::size_t t = 0; t + 1 < first + more; ++t) {
      const float* out =
          mote::decode(s_, view(), mote::no_adapter{}, frequencies_.data(), cache, buffers, tokens[t], t, true);
      if (t + 1 >= first) tokens.push_back(static_cast<std::uint16_t>(std::max_element(out, out + s_.vocab) - out));
    }
    const plain_rows expected = m_.logits(tokens);
    for (std::size_t t = first; t < tokens.size(); ++t)
      CHECK(std::max_element(expected[t - 1].begin(), expected[t - 1].end()) - expected[t - 1].begin() == tokens[t]);
  }

  void check_gradients(const std::vector<std::uint16_t>& tokens, std::size_t first) {
    const float weight = 1.0F / static_cast<float>(tokens.size() - 1 - first);
    const auto run = [&](std::size_t chunk) {
      return pass(chunk, [&](auto& p, packed_bytes& collected, auto& collector) {
        const float loss = p.backward(std::span<const std::uint16_t>(tokens), first, weight);
        return std::tuple(loss, std::move(collected), collector.norm());
      });
    };
    auto [loss, collected, norm] = run(8);
    const auto mean = [&](Reference& m) { return m.loss(tokens, first); };
    CHECK(std::fabs(static_cast<double>(loss) - mean(m_)) <= 2e-6 * mean(m_));
    for (const std::size_t chunk : {1U, 5U, 24U}) {
      const auto other = run(chunk);
      CHECK(std::get<0>(other) == loss);
      CHECK(std::memcmp(std::get<1>(other).data(), collected.data(), collected.size()) == 0);
    }

    double squares = 0;
    mote::rng random(7);
    const auto compare = [&](const std::string& name, auto value) {
      plain_vector& values = tensor_of(m_, name).values();
      double size = 0;
      std::vector<double> got(values.size());
      for (std::size_t i = 0; i < values.size(); ++i) {
        got[i] = static_cast<double>(value(i));
        size += got[i] * got[i];
      }
      REQUIRE(std::isfinite(size));
      squares += size;
      size = std::sqrt(size);
      // Softmax does not see what all keys share: that gradient is nought, and rounding is all that there is.
      const bool nought = name.ends_with(".key.bias") && size < 1e-6;
      // Along random signs a wrong number is seen wherever it stands, and what is right errs by its share of all
      // numbers.
      for (int direction = 0; direction < (mote_tests::few_types ? 1 : 3); ++direction) {
        std::vector<double> sign(values.size());
        for (double& s : sign) s = random.below(2) == 0 ? -1 : 1;
        const double expected = slope_along(values, sign, [&] { return mean(m_); });
        const double error = std::fabs(std::inner_product(got.begin(), got.end(), sign.begin(), 0.0) - expected);
        INFO(name << ": |error| " << error << " along a direction, of |gradient| " << size);
        if (nought) {
          CHECK(error < 1e-6);
        } else {
          REQUIRE(std::fabs(expected) > 0);
          CHECK(error <= 6e-5 * size);  // three times the error that all numbers have together
        }
      }
    };
    const float* g = collected.floats();
    each_packed<format, Family>(
        s_,
        [&](const std::string& name, std::size_t at, mote::matrix_size size) {
          const mote::matrix<format> m{collected.data() + at, size.rows, size.cols};
          std::vector<float> row(size.cols);
          compare(name, [&](std::size_t i) {
            m.decode_row(i / size.cols, row.data());
            return row[i % size.cols];
          });
        },
        [&](const std::string& name, std::size_t at, std::size_t) {
          compare(name, [&](std::size_t i) { return g[at / 4 + i]; });
        });
    CHECK(std::fabs(static_cast<double>(norm) - std::sqrt(squares)) <= 2e-5 * std::sqrt(squares));
  }

 private:
  /// d loss() / dt of values + t * sign. The values are as before when this returns.
  template <class Loss>
  static double slope_along(plain_vector& values, const std::vector<double>& sign, Loss loss) {
    const plain_vector kept = values;
    const double scale = 1 / std::sqrt(static_cast<double>(values.size()));  // together as far as one alone
    double t = 0;
    const double slope = slope_of(t, [&] {
      for (std::size_t i = 0; i < values.size(); ++i) values[i] = kept[i] + t * scale * sign[i];
      return loss();
    });
    values = kept;
    return slope / scale;
  }
  template <class Loss>
  static double slope_of(double& parameter, Loss loss) {
    if constexpr (requires { Reference::difference_step; })
      return central_difference(parameter, loss, Reference::difference_step).slope;
    else return central_difference(parameter, loss).slope;
  }
  struct front_floats {
    std::vector<float>&parameters, &gradients;
  };
  /// A delta that owns the first positions, of which `from` have no tokens, and value(row, d) in the reference: in runs
  /// and in portions of any length.
  template <class Delta, class Value>
  void check_front(Delta& delta, front_floats floats, const std::vector<std::uint16_t>& tokens, std::size_t from,
                   std::size_t first, Value value) {
    mote::rng random(13);
    std::size_t row = 0;
    delta.each([&](std::size_t at, std::size_t n) {
      for (std::size_t d = 0; d < n; ++d) {
        floats.parameters[at + d] = 0.4F * random.normal();
        value(row, d) += static_cast<double>(floats.parameters[at + d]);
      }
      ++row;
    });
    const plain_rows expected = m_.logits(tokens);
    const auto nothing = [](const float*) {};
    const plain_rows one = logits(tokens, 1, nothing, delta, from);
    CHECK_FALSE(logits(tokens, 1) == one);
    double error = 0, size = 0;
    for (std::size_t t = 0; t < expected.size(); ++t)
      for (std::size_t i = 0; i < expected[t].size(); ++i) {
        error += std::pow(one[t][i] - expected[t][i], 2);
        size += std::pow(expected[t][i], 2);
      }
    CHECK(std::sqrt(error / size) < 3e-6);
    for (const std::size_t each : {2U, 5U, 13U}) CHECK(logits(tokens, each, nothing, delta, from) == one);

    const auto mean = [&] { return m_.loss(tokens, first); };
    const auto learns = [&](std::size_t chunk, auto f) {
      return learning_pass<Family, format>(s_, view(), delta, frequencies_.data(), chunk, {.prefix = from}, f);
    };
    const auto run = [&](std::size_t chunk) {
      std::fill(floats.gradients.begin(), floats.gradients.end(), 0.0F);
      return learns(chunk, [&](auto& p) {
        return p.backward(std::span<const std::uint16_t>(tokens), first,
                          1.0F / static_cast<float>(tokens.size() - 1 - first));
      });
    };
    const float loss = run(8);
    const std::vector<float> gradient = floats.gradients;
    CHECK(std::fabs(static_cast<double>(loss) - mean()) <= 2e-6 * mean());
    for (const std::size_t chunk : {1U, 5U, 24U}) {
      CHECK(run(chunk) == loss);
      CHECK(floats.gradients == gradient);
    }
    learns(7, [&](auto& p) {
      for (std::size_t t = 0; t + 1 < tokens.size(); ++t) {
        const float* last = p.last_logits(std::span<const std::uint16_t>(tokens).first(t + 2));
        CHECK(plain_vector(last, last + s_.vocab) == one[t]);
      }
      return 0;
    });
    row = 0;
    delta.each([&](std::size_t at, std::size_t n) {
      error = size = 0;
      for (std::size_t d = 0; d < n; ++d) {
        const double slope = slope_of(value(row, d), mean);
        error += std::pow(static_cast<double>(gradient[at + d]) - slope, 2);
        size += std::pow(slope, 2);
      }
      INFO("row " << row << ": |error| " << std::sqrt(error) << " of |gradient| " << std::sqrt(size));
      REQUIRE(size > 0);
      CHECK(std::sqrt(error) <= 2e-5 * std::sqrt(size));
      for (std::size_t d = n; d < mote::padded(n); ++d) CHECK(gradient[at + d] == 0);
      ++row;
    });
  }

  mote::shape s_;
  Reference& m_;
  mote::tensor_map_of<format, Family> map_;
  packed_bytes packed_;
  std::vector<std::uint64_t> frequencies_;
};

}  // namespace mote_tests
