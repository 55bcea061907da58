// SPDX-License-Identifier: BSL-1.0
// Every key that files of the families use to describe a model: GGUF's, and those of Hugging Face's config.json. A key
// is read by an importer; it has no effect on answers; it must have one value, because another is a model that no
// family here computes; or it is refused with a reason. Importers ask this table what a key is, and nothing else knows.
// Refuses to let a key pass that is not listed: an importer that finds one names it and stops.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace mote::inline v0::host {

/// What an importer does with a key.
enum class key_use : std::uint8_t { read, no_effect, fixed, refused };

/// A key. `value`, if it is fixed: its only value, as JSON writes it; if it is refused: what is wrong with it, and what
/// would work. A name that ends with * stands for all that begin so.
struct model_key {
  std::string_view name;
  key_use use = key_use::read;
  std::string_view value{};

  constexpr bool is(std::string_view key) const {
    return name.ends_with('*') ? key.starts_with(name.substr(0, name.size() - 1)) : key == name;
  }
};

/// The keys of one kind of model: its architecture in GGUF, its model_type in config.json; empty: there is none. Those
/// of GGUF stand behind the architecture and a point.
struct family_keys {
  std::string_view gguf, config;
  std::span<const model_key> in_gguf, in_config;
};

/// The kinds of models that the families compute.
std::span<const family_keys> all_family_keys();
/// The keys of any GGUF file.
std::span<const model_key> common_gguf_keys();
/// Those of any decoder, behind the architecture and a point; a kind's own list goes before it.
std::span<const model_key> decoder_gguf_keys();
/// The keys of any config.json; a kind's own list goes before it.
std::span<const model_key> common_config_keys();

/// The entry of a kind of model; null if no family computes it.
const family_keys* keys_of_gguf(std::string_view architecture);
const family_keys* keys_of_config(std::string_view model_type);

/// A key of a GGUF file of that architecture; null if it is not listed.
const model_key* find_gguf_key(const family_keys& of, std::string_view key);
/// A key of a config.json of that model_type; null if it is not listed.
const model_key* find_config_key(const family_keys& of, std::string_view key);

}  // namespace mote::inline v0::host
