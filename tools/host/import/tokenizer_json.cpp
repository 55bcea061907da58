// SPDX-License-Identifier: BSL-1.0
#include "mote/host/import/tokenizer_json.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "mote/host/file.hpp"
#include "mote/host/import/byte_symbols.hpp"
#include "mote/host/import/gguf_file.hpp"

#include "../json.hpp"

namespace mote::inline v0::host {

namespace {

using detail::shown;
using nlohmann::json;

constexpr std::string_view space_sign = "\xE2\x96\x81";  // SentencePiece's sign for a space, U+2581
constexpr std::uint64_t most_tokens = token_table_header::most;

class reader {
 public:
  reader(const json& root, const std::filesystem::path& file) : root_(root), file_(file) {}

  tokenizer_text read() {
    const json& model = object(root_, "model");
    const std::string kind = model.contains("type") ? text(model, "type") : "BPE";
    if (kind == "BPE") read_bpe(model);
    else if (kind == "Unigram") read_unigram(model);
    else if (kind == "WordPiece") read_wordpiece(model);
    else refuse("has a tokenizer of the kind " + shown(kind) + "; known are \"BPE\", \"Unigram\" and \"WordPiece\"");
    read_added();
    spell_spaces();
    read_opening();
    return std::move(out_);
  }

 private:
  [[noreturn]] void refuse(const std::string& sentence) const { fail(file_, sentence); }

  const json& object(const json& of, const char* key) const {
    if (!of.is_object() || !of.contains(key) || !of.at(key).is_object())
      refuse("has no object " + shown(key) + "; expected a tokenizer.json");
    return of.at(key);
  }
  std::string text(const json& of, const char* key) const {
    if (!of.is_object() || !of.contains(key) || !of.at(key).is_string()) refuse("has no text " + shown(key));
    return of.at(key).get<std::string>();
  }
  static bool is_set(const json& of, const char* key) { return of.contains(key) && !of.at(key).is_null(); }
  bool truth(const json& of, const char* key, bool fallback) const {
    if (!is_set(of, key)) return fallback;
    if (!of.at(key).is_boolean()) refuse(shown(key) + " is neither true nor false");
    return of.at(key).get<bool>();
  }
  std::uint32_t id_of(const json& v) const {
    if (!v.is_number_unsigned() || v.get<std::uint64_t>() >= most_tokens) refuse("has a token id that is none");
    return v.get<std::uint32_t>();
  }
  static std::string kind_of(const json& part) {
    return part.is_object() && part.contains("type") && part.at("type").is_string() ? part.at("type").get<std::string>()
                                                                                    : "none";
  }
  /// The steps of a normalizer or pre-tokenizer: those of a Sequence, or itself; none where it is null.
  std::vector<json> steps(const char* key, const char* list) const {
    if (!is_set(root_, key)) return {};
    const json& part = root_.at(key);
    if (kind_of(part) != "Sequence") return {part};
    if (!part.contains(list) || !part.at(list).is_array()) refuse("has a Sequence without " + shown(list));
    return part.at(list).get<std::vector<json>>();
  }

  std::string& place(std::uint32_t id) {
    if (id >= out_.pieces.size()) {
      out_.pieces.resize(std::size_t{id} + 1);
      out_.types.resize(std::size_t{id} + 1, token_type::unused);
    }
    return out_.pieces[id];
  }

  void read_vocabulary(const json& model) {
    const json& vocab = object(model, "vocab");
    if (vocab.empty()) refuse("has no tokens");
    if (vocab.size() > most_tokens) refuse("has too many tokens");
    for (const auto& [piece, id] : vocab.items()) {
      const std::uint32_t at = id_of(id);
      if (at >= 2 * vocab.size() + 65536)
        refuse("has the token id " + std::to_string(at) + " among " + std::to_string(vocab.size()));
      place(at) = piece;
      out_.types[at] = token_type::normal;
    }
  }

  void read_bpe(const json& model) {
    for (const char* key : {"continuing_subword_prefix", "end_of_word_suffix"})
      if (is_set(model, key) && model.at(key) != "") refuse("has the option " + shown(key) + ", which is not known");
    read_vocabulary(model);
    out_.takes_whole = truth(model, "ignore_merges", false);
    const bool byte_fallback = truth(model, "byte_fallback", false);
    read_merges(model);
    const std::vector<json> cuts = steps("pre_tokenizer", "pretokenizers");
    const bool symbols = std::any_of(cuts.begin(), cuts.end(), [](const json& j) { return kind_of(j) == "ByteLevel"; });
    if (symbols) {
      out_.kind = table_kind::byte_level;
      read_byte_level(cuts);
      for (std::size_t id = 0; id < out_.pieces.size(); ++id) {
        const auto bytes = bytes_of_symbols(out_.pieces[id]);
        if (bytes) out_.pieces[id] = *bytes;
        else undecoded_.push_back(static_cast<std::uint32_t>(id));
      }
      return;
    }
    if (!byte_fallback) refuse("has a BPE that is neither byte-level nor falls back to bytes, which is not known");
    out_.kind = table_kind::sentencepiece;
    read_sentencepiece(cuts);
    mark_bytes();
  }

  void read_merges(const json& model) {
    if (!model.contains("merges") || !model.at("merges").is_array()) refuse("has no merges");
    std::unordered_map<std::string_view, std::uint32_t> ids;
    for (std::size_t id = 0; id < out_.pieces.size(); ++id)
      if (!out_.pieces[id].empty()) ids.emplace(out_.pieces[id], static_cast<std::uint32_t>(id));
    const auto find = [&](std::string_view piece) {
      const auto at = ids.find(piece);
      if (at == ids.end()) refuse("has a merge of " + shown(piece) + ", which is not one of its tokens");
      return at->second;
    };
    for (const json& merge : model.at("merges")) {
      if (merge.is_string()) {
        const std::string& both = merge.get_ref<const std::string&>();
        const std::size_t at = both.find(' ', 1);
        if (at == std::string::npos) refuse("has the merge " + shown(both) + ", which is not two tokens");
        out_.merges.emplace_back(find(std::string_view(both).substr(0, at)),
                                 find(std::string_view(both).substr(at + 1)));
      } else if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
        out_.merges.emplace_back(find(merge[0].get_ref<const std::string&>()),
                                 find(merge[1].get_ref<const std::string&>()));
      } else {
        refuse("has a merge that is not two tokens");
      }
    }
  }

  void read_byte_level(const std::vector<json>& cuts) {
    struct known {
      std::string_view pattern;
      pre_tokenizer cut;
    };
    static constexpr std::array patterns{
        known{
            R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
            pre_tokenizer::llama3},
        known{
            R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
            pre_tokenizer::qwen2}};
    for (const json& step : steps("normalizer", "normalizers")) {
      if (kind_of(step) != "NFC")
        refuse("has the normalizer " + shown(kind_of(step)) + ", which is not known for byte-level BPE");
      out_.composes = true;
    }
    bool found = false;
    bool digits = false;
    for (const json& step : cuts) {
      const std::string kind = kind_of(step);
      if (kind == "ByteLevel") {
        if (truth(step, "add_prefix_space", true))
          refuse("puts a space before a text of byte-level BPE, which is not known");
        if (!truth(step, "use_regex", true)) continue;
        if (found) refuse("cuts a text by two patterns, which are not known together");
        out_.cut = digits ? pre_tokenizer::starcoder : pre_tokenizer::gpt2;
        found = true;
      } else if (kind == "Digits" && !found && truth(step, "individual_digits", false)) {
        digits = true;
      } else if (kind == "Split" && !found && !digits) {
        const json& pattern = object(step, "pattern");
        const std::string regex = is_set(pattern, "Regex") ? text(pattern, "Regex") : text(pattern, "String");
        const auto* const hit =
            std::find_if(patterns.begin(), patterns.end(), [&](const known& k) { return k.pattern == regex; });
        if (hit == patterns.end() || text(step, "behavior") != "Isolated" || truth(step, "invert", false))
          refuse("cuts a text by the pattern " + shown(regex) + ", which is not known");
        out_.cut = hit->cut;
        found = true;
      } else {
        refuse("has the pre-tokenizer " + shown(kind) + ", which is not known here");
      }
    }
    if (!found) refuse("does not say how byte-level BPE cuts a text");
  }

  /// SentencePiece's rules: a space becomes its sign, and one may be put in front.
  void read_sentencepiece(const std::vector<json>& cuts) {
    out_.space_before = false;
    bool replaced = false;
    for (const json& step : steps("normalizer", "normalizers")) {
      const std::string kind = kind_of(step);
      if (kind == "Prepend" && text(step, "prepend") == space_sign) out_.space_before = true;
      else if (kind == "Replace" && is_set(step, "pattern") && is_set(step.at("pattern"), "String") &&
               text(step.at("pattern"), "String") == " " && text(step, "content") == space_sign)
        replaced = true;
      else refuse("has the normalizer " + shown(kind) + ", which is not known for SentencePiece");
    }
    for (const json& step : cuts) {
      const std::string kind = kind_of(step);
      if (kind == "Metaspace") {
        if (is_set(step, "replacement") && text(step, "replacement") != space_sign)
          refuse("has another sign for a space");
        const std::string scheme = is_set(step, "prepend_scheme") ? text(step, "prepend_scheme") : "always";
        if (is_set(step, "split") && truth(step, "split", true))
          refuse("cuts a text at spaces before it merges, which is not known");
        out_.space_before = scheme != "never" && truth(step, "add_prefix_space", true);
        replaced = true;
      } else if (kind == "Split" && replaced && is_set(object(step, "pattern"), "String") &&
                 text(step.at("pattern"), "String") == " ") {
        continue;  // no space is left to split at
      } else {
        refuse("has the pre-tokenizer " + shown(kind) + ", which is not known for SentencePiece");
      }
    }
    if (!replaced) refuse("does not write spaces as SentencePiece does");
  }

  void mark_bytes() {
    for (std::size_t id = 0; id < out_.pieces.size(); ++id) {
      const std::string& p = out_.pieces[id];
      if (p.size() == 6 && p.starts_with("<0x") && p[5] == '>') out_.types[id] = token_type::byte;
    }
  }

  void read_unigram(const json& model) {
    out_.kind = table_kind::unigram;
    if (!model.contains("vocab") || !model.at("vocab").is_array() || model.at("vocab").empty()) refuse("has no tokens");
    for (const json& entry : model.at("vocab")) {
      if (!entry.is_array() || entry.size() != 2 || !entry[0].is_string() || !entry[1].is_number())
        refuse("has a token that is not a text and a score");
      const auto score = entry[1].get<double>();
      if (!std::isfinite(score)) refuse("has a score that is not finite");
      out_.pieces.push_back(entry[0].get<std::string>());
      out_.types.push_back(token_type::normal);
      out_.scores.push_back(static_cast<float>(score));
    }
    if (is_set(model, "unk_id")) {
      out_.unknown = static_cast<int>(id_of(model.at("unk_id")));
      if (static_cast<std::size_t>(out_.unknown) >= out_.pieces.size()) refuse("has an unknown token that is none");
      out_.types[static_cast<std::size_t>(out_.unknown)] = token_type::unknown;
    }
    if (truth(model, "byte_fallback", false)) mark_bytes();
    refuse("is a Unigram tokenizer in a tokenizer.json, whose normalizers are not read yet; a GGUF file of it is");
  }

  void read_wordpiece(const json& model) {
    out_.kind = table_kind::word_pieces;
    if (is_set(model, "continuing_subword_prefix") && text(model, "continuing_subword_prefix") != "##")
      refuse("continues words by another sign than ##");
    if (is_set(model, "max_input_chars_per_word") && model.at("max_input_chars_per_word") != 100)
      refuse("\"max_input_chars_per_word\" is not 100, the only value that is supported");
    read_vocabulary(model);
    const std::vector<json> norms = steps("normalizer", "normalizers");
    if (norms.size() != 1 || kind_of(norms[0]) != "BertNormalizer" || !truth(norms[0], "clean_text", true) ||
        !truth(norms[0], "handle_chinese_chars", true) || !truth(norms[0], "lowercase", true) ||
        !truth(norms[0], "strip_accents", true))
      refuse("has another normalizer than that of BERT without case");
    for (const json& step : steps("pre_tokenizer", "pretokenizers"))
      if (kind_of(step) != "BertPreTokenizer")
        refuse("has the pre-tokenizer " + shown(kind_of(step)) + ", which is not known for WordPiece");
    for (std::size_t id = 0; id < out_.pieces.size(); ++id) {
      std::string& p = out_.pieces[id];
      if (p.empty()) continue;
      if (p.starts_with("##") && p.size() > 2) p.erase(0, 2);
      else p.insert(0, " ");
    }
    if (is_set(model, "unk_token")) unknown_text_ = " " + text(model, "unk_token");
  }

  void read_added() {
    if (is_set(root_, "added_tokens")) {
      if (!root_.at("added_tokens").is_array()) refuse("has added tokens that are no list");
      for (const json& each : root_.at("added_tokens")) {
        if (!each.is_object() || !each.contains("id")) refuse("has an added token without an id");
        const std::uint32_t id = id_of(each.at("id"));
        if (id > out_.pieces.size() + 65536)
          refuse("has the added token " + std::to_string(id) + ", far behind the others");
        place(id) = text(each, "content");
        out_.types[id] = truth(each, "special", false) ? token_type::control : token_type::user_defined;
        std::erase(undecoded_, id);
      }
    }
    if (!undecoded_.empty())
      refuse("has the token " + shown(out_.pieces[undecoded_[0]]) + ", which is not of byte-level symbols");
    for (std::size_t id = 0; id < out_.pieces.size(); ++id)
      if (!unknown_text_.empty() && (out_.pieces[id] == unknown_text_ || " " + out_.pieces[id] == unknown_text_)) {
        out_.unknown = static_cast<int>(id);
        out_.types[id] = token_type::control;
      }
  }

  void spell_spaces() {
    if (out_.kind != table_kind::sentencepiece && out_.kind != table_kind::unigram) return;
    for (std::size_t id = 0; id < out_.pieces.size(); ++id) {
      if (out_.types[id] == token_type::control || out_.types[id] == token_type::byte) continue;
      std::string& p = out_.pieces[id];
      for (std::size_t at = 0; (at = p.find(space_sign, at)) != std::string::npos; ++at)
        p.replace(at, space_sign.size(), " ");
    }
  }

  /// The special tokens in front of a text and behind it, by the template of the post-processor.
  void read_opening() {
    if (!is_set(root_, "post_processor")) return;
    std::vector<json> all{root_.at("post_processor")};
    if (kind_of(all[0]) == "Sequence" && all[0].contains("processors") && all[0].at("processors").is_array())
      all = all[0].at("processors").get<std::vector<json>>();
    std::size_t before = 0, texts = 0, behind = 0;
    for (const json& p : all) {
      if (kind_of(p) == "BertProcessing") {
        ++before, ++texts, ++behind;
        out_.bos = named_token(p, "cls");
        out_.eos = named_token(p, "sep");
      }
      if (kind_of(p) != "TemplateProcessing" || !p.contains("single") || !p.at("single").is_array()) continue;
      for (const json& part : p.at("single")) {
        if (part.is_object() && part.contains("Sequence"))
          texts += text(part.at("Sequence"), "id") == "A" ? 1 : 2;  // B is the second text of a pair
        if (!part.is_object() || !part.contains("SpecialToken")) continue;
        const std::string name = text(part.at("SpecialToken"), "id");
        const auto at = std::find(out_.pieces.begin(), out_.pieces.end(), name);
        if (at == out_.pieces.end())
          refuse("opens or ends a text with " + shown(name) + ", which is not one of its tokens");
        (texts == 0 ? out_.bos : out_.eos) = static_cast<int>(at - out_.pieces.begin());
        ++(texts == 0 ? before : behind);
      }
    }
    if (before > 1 || texts > 1 || behind > 1)
      refuse("puts other than one token before a text and one behind it, which is not known");
  }

  /// The id of a token that a BertProcessing names: ["[CLS]", 101].
  int named_token(const json& of, const char* key) const {
    if (!of.contains(key) || !of.at(key).is_array() || of.at(key).size() != 2) refuse("has no " + shown(key));
    const std::uint32_t id = id_of(of.at(key)[1]);
    const json& name = of.at(key)[0];
    const std::string called = name.is_string() ? name.get<std::string>() : std::string();
    if (id >= out_.pieces.size() || called.empty() || (out_.pieces[id] != called && out_.pieces[id] != " " + called))
      refuse("has a " + shown(key) + " that is not one of its tokens");
    return static_cast<int>(id);
  }

  const json& root_;
  const std::filesystem::path& file_;
  tokenizer_text out_;
  std::vector<std::uint32_t> undecoded_;
  std::string unknown_text_;
};

}  // namespace

tokenizer_text parse_tokenizer_json(std::span<const std::byte> bytes, const std::filesystem::path& file) {
  const char* const begin = reinterpret_cast<const char*>(bytes.data());
  json root;
  try {
    root = json::parse(begin, begin + bytes.size());
  } catch (const json::exception& e) {
    fail(file, std::string("is no JSON: ") + shown(e.what()));
  }
  if (!root.is_object()) fail(file, "is JSON, but no object; expected a tokenizer.json");
  return reader(root, file).read();
}

tokenizer_text parse_vocab_txt(std::span<const std::byte> bytes, const std::filesystem::path& file) {
  tokenizer_text out;
  out.kind = table_kind::word_pieces;
  std::unordered_map<std::string_view, std::size_t> lines;
  std::string_view rest(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    const auto id = static_cast<int>(out.pieces.size());
    if (out.pieces.size() >= most_tokens) fail(file, "has too many tokens");
    if (const auto [same, is_new] = lines.emplace(line, out.pieces.size() + 1); !is_new && !line.empty())
      fail(file, "has " + shown(line) + " in line " + std::to_string(same->second) + " and in line " +
                     std::to_string(out.pieces.size() + 1));
    const bool control = line == "[UNK]" || line == "[CLS]" || line == "[SEP]" || line == "[PAD]" || line == "[MASK]";
    if (line == "[UNK]") out.unknown = id;
    if (line == "[CLS]") out.bos = id;
    if (line == "[SEP]") out.eos = id;
    const bool goes_on = line.starts_with("##") && line.size() > 2;
    out.pieces.push_back(control || line.empty() ? std::string(line)
                         : goes_on               ? std::string(line.substr(2))
                                                 : " " + std::string(line));
    out.types.push_back(control ? token_type::control : line.empty() ? token_type::unused : token_type::normal);
  }
  if (out.bos < 0 || out.eos < 0 || out.unknown < 0) fail(file, "has no [CLS], no [SEP] or no [UNK]; expected BERT's");
  return out;
}

}  // namespace mote::inline v0::host
