// SPDX-License-Identifier: BSL-1.0
#include "mote/host/import/jinja.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../json.hpp"
#include "mote/model/chat_template.hpp"

namespace mote::inline v0::host {

namespace jinja {  // sources of this folder are compiled as one file: these names are its own
namespace {

constexpr std::size_t most_depth = 64;
constexpr std::size_t most_steps = 1U << 20U;
constexpr std::size_t most_output = 1U << 16U;
constexpr std::size_t most_source = 1U << 18U;

[[noreturn]] void refuse(const std::string& what) { throw jinja_error(what); }
struct raised {};  // by raise_exception

// ---- values ---------------------------------------------------------------------------------------------------------

enum class kind : std::uint8_t { undefined, none, boolean, number, text, list, map };

struct value {
  kind is = kind::undefined;
  std::int64_t n = 0;  // number or boolean
  std::string s{};
  std::shared_ptr<std::vector<value>> items{};
  std::shared_ptr<std::map<std::string, value>> fields{};  // a namespace is shared, as in Jinja

  static value of(bool b) { return {.is = kind::boolean, .n = b ? 1 : 0}; }
  static value of(std::int64_t n) { return {.is = kind::number, .n = n}; }
  static value of(std::size_t n) { return of(static_cast<std::int64_t>(n)); }
  static value of(std::string s) { return {.is = kind::text, .s = std::move(s)}; }
  static value list(std::vector<value> v) {
    return {.is = kind::list, .items = std::make_shared<std::vector<value>>(std::move(v))};
  }
  static value map(std::map<std::string, value> m) {
    return {.is = kind::map, .fields = std::make_shared<std::map<std::string, value>>(std::move(m))};
  }

  bool truth() const {
    switch (is) {
      case kind::boolean:
      case kind::number: return n != 0;
      case kind::text: return !s.empty();
      case kind::list: return !items->empty();
      case kind::map: return !fields->empty();
      case kind::undefined:
      case kind::none: break;
    }
    return false;
  }
  bool numeric() const { return is == kind::number || is == kind::boolean; }
  bool same(const value& o) const {
    if (numeric() && o.numeric()) return n == o.n;
    if (is != o.is) return false;
    if (is == kind::text) return s == o.s;
    if (is == kind::list)
      return std::equal(items->begin(), items->end(), o.items->begin(), o.items->end(),
                        [](const value& a, const value& b) { return a.same(b); });
    if (is == kind::map) return fields == o.fields;
    return true;
  }
  std::string print() const {
    switch (is) {
      case kind::undefined: return {};
      case kind::none: return "None";
      case kind::boolean: return n != 0 ? "True" : "False";
      case kind::number: return std::to_string(n);
      case kind::text: return s;
      case kind::list:
      case kind::map: break;
    }
    refuse("prints a list or a map");
  }
};

std::string json_of(const value& v) {
  if (v.is == kind::none) return "null";
  if (v.is == kind::boolean) return v.n != 0 ? "true" : "false";
  if (v.is == kind::number) return std::to_string(v.n);
  if (v.is != kind::text) refuse("writes a list or a map as JSON");
  try {
    return nlohmann::json(v.s).dump();
  } catch (const nlohmann::json::exception&) {
    refuse("writes what is no UTF-8 as JSON");
  }
}

// ---- tokens ---------------------------------------------------------------------------------------------------------

struct token {
  enum class kind : std::uint8_t { name, text, number, sign, end } is = kind::end;
  std::string s;
  std::int64_t n = 0;
};

/// A piece of the source: text, {{ }} or {% %}.
struct part {
  enum class kind : std::uint8_t { text, output, statement } is{};
  std::string text;
  std::vector<token> tokens;
};

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v'; }
bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}
bool is_digit(char c) { return c >= '0' && c <= '9'; }

class lexer {
 public:
  explicit lexer(std::string_view source) : in_(source) {
    if (in_.ends_with('\n')) in_.remove_suffix(1);
  }
  std::vector<part> read() {
    std::vector<part> parts;
    while (at_ < in_.size()) {
      const std::size_t open = next_open();
      std::string text(in_.substr(at_, open - at_));
      const bool dropped = drop_newline_ && text.starts_with('\n');
      const bool at_line = at_ == 0 || dropped;
      if (dropped) text.erase(0, 1);
      if (strip_front_) text.erase(0, front_space(text));
      drop_newline_ = strip_front_ = false;
      at_ = open;
      if (open == in_.size()) {
        if (!text.empty()) parts.push_back({part::kind::text, std::move(text), {}});
        break;
      }
      const char what = in_[open + 1];
      at_ += 2;
      const char mark = at_ < in_.size() ? in_[at_] : ' ';
      if (mark == '-') text.erase(text.size() - back_space(text));
      else if (what != '{' && mark != '+') strip_line(text, at_line);
      if (mark == '-' || mark == '+') ++at_;
      if (!text.empty()) parts.push_back({part::kind::text, std::move(text), {}});
      if (what == '#') {
        const std::size_t end = in_.find("#}", at_);
        if (end == in_.npos) refuse("has a comment without an end");
        close_with(end > at_ && in_[end - 1] == '-', true);
        at_ = end + 2;
        continue;
      }
      part p{what == '{' ? part::kind::output : part::kind::statement, {}, {}};
      tokens(p.tokens, what == '{' ? "}}" : "%}");
      p.tokens.push_back({});
      parts.push_back(std::move(p));
    }
    return parts;
  }

 private:
  static std::size_t front_space(std::string_view s) {
    std::size_t n = 0;
    while (n < s.size() && is_space(s[n])) ++n;
    return n;
  }
  static std::size_t back_space(std::string_view s) {
    std::size_t n = 0;
    while (n < s.size() && is_space(s[s.size() - 1 - n])) ++n;
    return n;
  }
  /// lstrip_blocks: white space between the start of the line and a block is not printed.
  static void strip_line(std::string& text, bool at_line) {
    std::size_t n = text.size();
    while (n > 0 && (text[n - 1] == ' ' || text[n - 1] == '\t')) --n;
    if (n == 0 ? at_line : text[n - 1] == '\n') text.erase(n);
  }
  std::size_t next_open() const {
    for (std::size_t i = at_; i + 1 < in_.size(); ++i)
      if (in_[i] == '{' && (in_[i + 1] == '{' || in_[i + 1] == '%' || in_[i + 1] == '#')) return i;
    return in_.size();
  }
  void close_with(bool minus, bool block) {
    strip_front_ = minus;
    drop_newline_ = block && !minus;
  }
  void tokens(std::vector<token>& out, std::string_view end) {
    for (;;) {
      while (at_ < in_.size() && is_space(in_[at_])) ++at_;
      if (at_ >= in_.size()) refuse("has a tag without an end");
      const std::string_view rest = in_.substr(at_);
      const bool minus = rest.starts_with('-') && rest.substr(1).starts_with(end);
      if (minus || (rest.starts_with(end) && !(end == "}}" && braces_ > 0))) {
        at_ += minus ? 3 : 2;
        close_with(minus, end == "%}");
        braces_ = 0;
        return;
      }
      out.push_back(one(rest));
    }
  }
  token one(std::string_view rest) {
    const char c = rest[0];
    if (c == '"' || c == '\'') return quoted(c);
    if (is_digit(c)) {
      std::int64_t n = 0;
      for (; at_ < in_.size() && is_digit(in_[at_]); ++at_) {
        if (n > 1'000'000) refuse("has a large number");
        n = n * 10 + (in_[at_] - '0');
      }
      return {token::kind::number, {}, n};
    }
    if (is_name_char(c)) {
      std::size_t n = 0;
      while (n < rest.size() && is_name_char(rest[n])) ++n;
      at_ += n;
      return {token::kind::name, std::string(rest.substr(0, n)), 0};
    }
    for (const std::string_view sign : {"==", "!=", "<=", ">=", "//", "**"})
      if (rest.starts_with(sign)) {
        at_ += 2;
        return {token::kind::sign, std::string(sign), 0};
      }
    if (std::string_view("()[]{},:.|~+-*/%<>=").find(c) == std::string_view::npos)
      refuse("has the character " + std::to_string(static_cast<unsigned char>(c)) + " in a tag");
    ++at_;
    if (c == '{') ++braces_;
    if (c == '}' && braces_ > 0) --braces_;
    return {token::kind::sign, std::string(1, c), 0};
  }
  token quoted(char quote) {
    std::string s;
    for (++at_; at_ < in_.size() && in_[at_] != quote; ++at_) {
      if (in_[at_] != '\\') {
        s += in_[at_];
        continue;
      }
      if (++at_ >= in_.size()) break;
      constexpr std::string_view from = "ntr\\'\"\n", to = "\n\t\r\\'\"";
      const std::size_t which = from.find(in_[at_]);
      if (which == from.npos) refuse("has an escape in a text that is not known");
      if (which < to.size()) s += to[which];
    }
    if (at_ >= in_.size()) refuse("has a text without an end");
    ++at_;
    return {token::kind::text, std::move(s), 0};
  }

  std::string_view in_;
  std::size_t at_ = 0;
  std::size_t braces_ = 0;
  bool strip_front_ = false;
  bool drop_newline_ = false;
};

// ---- statements -----------------------------------------------------------------------------------------------------

struct node {
  enum class kind : std::uint8_t { text, output, choice, loop, set, set_block } is{};
  std::string text{};           // text; of a set its name
  std::string field{};          // of a namespace
  std::vector<token> tokens{};  // an expression
  std::vector<std::string> names{};
  std::vector<node> body{};
  std::vector<node> otherwise{};
};

class parser {
 public:
  explicit parser(std::vector<part> parts) : parts_(std::move(parts)) {}
  std::vector<node> read() {
    std::vector<node> all = block(0);
    if (at_ < parts_.size()) refuse("has {% " + word() + " %} where nothing is to end");
    return all;
  }

 private:
  std::string word() const {
    const token& t = parts_[at_].tokens[0];
    return t.is == token::kind::name ? t.s : "";
  }
  static std::vector<token> rest_of(const std::vector<token>& all, std::size_t from) {
    return {all.begin() + static_cast<std::ptrdiff_t>(std::min(from, all.size() - 1)), all.end()};
  }
  bool stands(std::initializer_list<std::string_view> words) const {
    if (at_ >= parts_.size() || parts_[at_].is != part::kind::statement) return false;
    return std::find(words.begin(), words.end(), word()) != words.end();
  }
  std::vector<node> block(std::size_t depth) {
    if (depth > most_depth) refuse("is too deep");
    std::vector<node> all;
    while (at_ < parts_.size()) {
      if (stands({"elif", "else", "endif", "endfor", "endset"})) return all;
      if (stands({"generation", "endgeneration"})) {
        ++at_;
        continue;
      }
      part& p = parts_[at_];
      if (p.is == part::kind::text) all.push_back({.is = node::kind::text, .text = std::move(p.text)});
      else if (p.is == part::kind::output) all.push_back({.is = node::kind::output, .tokens = std::move(p.tokens)});
      else {
        all.push_back(statement(depth));
        continue;
      }
      ++at_;
    }
    return all;
  }
  void expect(std::string_view end) {
    if (!stands({end})) refuse("has a block without {% " + std::string(end) + " %}");
    ++at_;
  }
  node statement(std::size_t depth) {
    const std::string what = word();
    const std::vector<token> tokens = std::move(parts_[at_].tokens);
    if (what == "if" || what == "elif") {
      ++at_;
      node n{.is = node::kind::choice, .tokens = rest_of(tokens, 1)};
      n.body = block(depth + 1);
      if (stands({"elif"})) {
        n.otherwise.push_back(statement(depth + 1));
        return n;  // the innermost takes endif
      }
      if (stands({"else"})) {
        ++at_;
        n.otherwise = block(depth + 1);
      }
      expect("endif");
      return n;
    }
    if (what == "for") {
      ++at_;
      node n{.is = node::kind::loop};
      std::size_t i = 1;
      for (;; i += 2) {
        if (tokens.size() < i + 3 || tokens[i].is != token::kind::name) refuse("has a loop that is not known");
        n.names.push_back(tokens[i].s);
        if (tokens[i + 1].s != ",") break;
      }
      if (tokens[i + 1].s != "in") refuse("has a loop that is not known");
      n.tokens = rest_of(tokens, i + 2);
      n.body = block(depth + 1);
      if (stands({"else"})) {
        ++at_;
        n.otherwise = block(depth + 1);
      }
      expect("endfor");
      return n;
    }
    if (what == "set" && tokens.size() > 2 && tokens[1].is == token::kind::name) {
      ++at_;
      node n{.is = node::kind::set, .text = tokens[1].s};
      std::size_t i = 2;
      if (tokens[i].s == "." && tokens.size() > 4) {
        n.field = tokens[i + 1].s;
        i += 2;
      }
      if (tokens[i].is == token::kind::sign && tokens[i].s == "=") {
        n.tokens = rest_of(tokens, i + 1);
        return n;
      }
      if (tokens[i].is != token::kind::end) refuse("has a {% set %} that is not known");
      n.is = node::kind::set_block;
      n.body = block(depth + 1);
      expect("endset");
      return n;
    }
    refuse("has {% " + what + " %}, which is not known");
  }

  std::vector<part> parts_;
  std::size_t at_ = 0;
};

// ---- running --------------------------------------------------------------------------------------------------------

class runner {
 public:
  explicit runner(const jinja_input& input) {
    std::vector<value> messages;
    for (const chat_message& m : input.messages)
      messages.push_back(value::map({{"role", value::of(m.role)}, {"content", value::of(m.content)}}));
    scopes_.push_back({{"messages", value::list(std::move(messages))},
                       {"bos_token", value::of(input.bos_token)},
                       {"eos_token", value::of(input.eos_token)},
                       {"add_generation_prompt", value::of(input.add_generation_prompt)}});
  }
  void run(const std::vector<node>& all, std::string& out) {
    for (const node& n : all) run(n, out);
  }

 private:
  using arguments = std::vector<std::pair<std::string, value>>;

  void step() {
    if (++steps_ > most_steps) refuse("runs too long");
  }
  void print(std::string& out, std::string_view text) {
    if (out.size() + text.size() > most_output) refuse("writes too much");
    out += text;
  }
  void run(const node& n, std::string& out) {
    step();
    switch (n.is) {
      case node::kind::text: print(out, n.text); break;
      case node::kind::output: print(out, whole(n.tokens).print()); break;
      case node::kind::choice: run(whole(n.tokens).truth() ? n.body : n.otherwise, out); break;
      case node::kind::set: assign(n, whole(n.tokens)); break;
      case node::kind::set_block: {
        std::string text;
        run(n.body, text);
        assign(n, value::of(std::move(text)));
        break;
      }
      case node::kind::loop: loop(n, out); break;
    }
  }
  void assign(const node& n, value v) {
    if (n.field.empty()) {
      scopes_.back()[n.text] = std::move(v);
      return;
    }
    const value target = look_up(n.text);
    if (target.is != kind::map) refuse("sets a field of what has none");
    (*target.fields)[n.field] = std::move(v);
  }
  void loop(const node& n, std::string& out) {
    const auto [over, filter] = iterated(n.tokens);
    std::vector<value> items;
    for (const value& v : over) {
      if (!filter.empty()) {
        scopes_.emplace_back();
        bind(n, v);
        const bool in = whole(filter).truth();
        scopes_.pop_back();
        if (!in) continue;
      }
      items.push_back(v);
    }
    for (std::size_t i = 0; i < items.size(); ++i) {
      step();
      scopes_.emplace_back();
      bind(n, items[i]);
      scopes_.back()["loop"] = value::map({{"index0", value::of(i)},
                                           {"index", value::of(i + 1)},
                                           {"revindex0", value::of(items.size() - 1 - i)},
                                           {"revindex", value::of(items.size() - i)},
                                           {"first", value::of(i == 0)},
                                           {"last", value::of(i + 1 == items.size())},
                                           {"length", value::of(items.size())},
                                           {"previtem", i > 0 ? items[i - 1] : value{}},
                                           {"nextitem", i + 1 < items.size() ? items[i + 1] : value{}}});
      run(n.body, out);
      scopes_.pop_back();
    }
    if (items.empty()) run(n.otherwise, out);
  }
  void bind(const node& n, const value& v) {
    if (n.names.size() == 1) {
      scopes_.back()[n.names[0]] = v;
      return;
    }
    if (v.is != kind::list || v.items->size() != n.names.size()) refuse("takes apart what is no list of that size");
    for (std::size_t i = 0; i < n.names.size(); ++i) scopes_.back()[n.names[i]] = (*v.items)[i];
  }
  std::pair<std::vector<value>, std::vector<token>> iterated(const std::vector<token>& tokens) {
    begin(tokens);
    const value v = either();
    std::vector<token> filter;
    if (takes("if")) filter.assign(tokens.begin() + static_cast<std::ptrdiff_t>(at_), tokens.end());
    else finish();
    return {list_of(v), std::move(filter)};
  }
  static std::vector<value> list_of(const value& v) {
    if (v.is == kind::list) return *v.items;
    if (v.is == kind::undefined) return {};
    std::vector<value> all;
    if (v.is == kind::map) {
      for (const auto& [key, each] : *v.fields) all.push_back(value::of(key));
      return all;
    }
    refuse("goes through what is no list");
  }
  value look_up(const std::string& name) const {
    for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope)
      if (const auto found = scope->find(name); found != scope->end()) return found->second;
    return {};
  }

  // ---- expressions: evaluated as they are read; skipped parts are read with dry_ set ----

  void begin(const std::vector<token>& tokens) {
    in_ = &tokens;
    at_ = 0;
  }
  void finish() const {
    if (now().is != token::kind::end) refuse("has an expression that is not known, at " + shown());
  }
  value whole(const std::vector<token>& tokens) {
    const auto* const outer = in_;
    const std::size_t outer_at = at_;
    begin(tokens);
    value v = expression();
    finish();
    in_ = outer;
    at_ = outer_at;
    return v;
  }
  const token& now() const { return (*in_)[at_]; }
  std::string shown() const {
    const token& t = now();
    if (t.is == token::kind::end) return "its end";
    return t.is == token::kind::text ? "a text" : t.is == token::kind::number ? std::to_string(t.n) : t.s;
  }
  bool is(std::string_view s) const {
    return (now().is == token::kind::name || now().is == token::kind::sign) && now().s == s;
  }
  bool takes(std::string_view s) {
    if (!is(s)) return false;
    ++at_;
    return true;
  }
  void want(std::string_view s) {
    if (!takes(s)) refuse("has an expression that is not known, at " + shown());
  }
  struct deeper {
    explicit deeper(runner& of) : r(of) {
      if (++r.depth_ > most_depth) refuse("is too deep");
      r.step();
    }
    deeper(const deeper&) = delete;
    deeper& operator=(const deeper&) = delete;
    ~deeper() { --r.depth_; }
    runner& r;
  };
  template <class Read>
  value skipped(bool skip, Read&& read) {
    dry_ += skip ? 1 : 0;
    value v = read();
    dry_ -= skip ? 1 : 0;
    return v;
  }

  /// Whether this expression is `a if b else c`: looks for the `if` on its own level.
  bool is_ternary() {
    std::size_t open = 0;
    for (std::size_t i = at_; i < in_->size(); ++i) {
      step();
      const token& t = (*in_)[i];
      if (t.is == token::kind::end) return false;
      if (t.is == token::kind::text || t.is == token::kind::number) continue;
      if (t.s == "(" || t.s == "[" || t.s == "{") ++open;
      else if (t.s == ")" || t.s == "]" || t.s == "}") {
        if (open-- == 0) return false;
      } else if (open == 0 && (t.s == "," || t.s == ":" || t.s == "else")) return false;
      else if (open == 0 && t.s == "if") return true;
    }
    return false;
  }
  value expression() {
    const deeper d(*this);
    if (!is_ternary()) return either();
    const std::size_t first = at_;
    (void)skipped(true, [&] { return either(); });
    want("if");
    const bool yes = either().truth();
    const std::size_t behind = at_;
    value v;
    if (yes && dry_ == 0) {
      at_ = first;
      v = either();
      at_ = behind;
    }
    if (takes("else")) {
      value other = skipped(yes, [&] { return expression(); });
      if (!yes) v = std::move(other);
    }
    return v;
  }
  value either() {
    value v = both();
    while (takes("or")) {
      const bool had = v.truth();
      value r = skipped(had, [&] { return both(); });
      if (!had) v = std::move(r);
    }
    return v;
  }
  value both() {
    value v = negated();
    while (takes("and")) {
      const bool had = v.truth();
      value r = skipped(!had, [&] { return negated(); });
      if (had) v = std::move(r);
    }
    return v;
  }
  value negated() {
    const deeper d(*this);
    if (takes("not")) return value::of(!negated().truth());
    return compared();
  }
  value compared() {
    value v = sum();
    for (;;) {
      if (takes("==")) v = value::of(v.same(sum()));
      else if (takes("!=")) v = value::of(!v.same(sum()));
      else if (takes("<=")) v = value::of(order(sum(), v) >= 0);
      else if (takes(">=")) v = value::of(order(v, sum()) >= 0);
      else if (takes("<")) v = value::of(order(sum(), v) > 0);
      else if (takes(">")) v = value::of(order(v, sum()) > 0);
      else if (takes("in")) v = value::of(holds(sum(), v));
      else if (is("not") && (*in_)[at_ + 1].s == "in") {
        at_ += 2;
        v = value::of(!holds(sum(), v));
      } else return v;
    }
  }
  std::int64_t order(const value& a, const value& b) const {
    if (dry_ != 0) return 0;
    if (!a.numeric() || !b.numeric()) refuse("compares what is no number");
    return a.n - b.n;
  }
  bool holds(const value& in, const value& what) const {
    if (dry_ != 0 || in.is == kind::undefined) return false;
    if (in.is == kind::text && what.is == kind::text) return in.s.find(what.s) != std::string::npos;
    if (in.is == kind::map && what.is == kind::text) return in.fields->contains(what.s);
    if (in.is == kind::list)
      return std::any_of(in.items->begin(), in.items->end(), [&](const value& v) { return v.same(what); });
    refuse("looks for something in what has no members");
  }
  value sum() {
    value v = joined();
    for (;;) {
      if (takes("+")) {
        const value r = joined();
        if (dry_ != 0) continue;
        if (v.is == kind::text && r.is == kind::text) append(v.s, r.s);
        else if (v.numeric() && r.numeric()) v = value::of(v.n + r.n);
        else if (v.is == kind::list && r.is == kind::list) {
          std::vector<value> all = *v.items;
          all.insert(all.end(), r.items->begin(), r.items->end());
          if (all.size() > most_output) refuse("writes too much");
          v = value::list(std::move(all));
        } else refuse("adds what is neither text nor number");
      } else if (takes("-")) {
        const value r = joined();
        if (dry_ != 0) continue;
        if (!v.numeric() || !r.numeric()) refuse("subtracts what is no number");
        v = value::of(v.n - r.n);
      } else {
        return v;
      }
    }
  }
  value joined() {
    value v = product();
    while (takes("~")) {
      const value r = product();
      if (dry_ != 0) continue;
      std::string s = v.print();
      append(s, r.print());
      v = value::of(std::move(s));
    }
    return v;
  }
  static void append(std::string& to, const std::string& s) {
    if (to.size() + s.size() > most_output) refuse("writes too much");
    to += s;
  }
  value product() {
    value v = single();
    for (;;) {
      const bool times = is("*");
      if (!times && !is("%") && !is("//")) return v;
      const bool rest = is("%");
      ++at_;
      const value r = single();
      if (dry_ != 0) continue;
      if (!v.numeric() || !r.numeric() || (!times && r.n <= 0) || v.n > 1'000'000 || r.n > 1'000'000)
        refuse("multiplies or divides what it must not");
      const std::int64_t n = v.n < 0 ? -v.n : v.n;
      if (!times && v.n < 0) refuse("divides a number below 0");
      v = value::of(times ? v.n * r.n : rest ? n % r.n : n / r.n);
    }
  }
  value single() {
    const deeper d(*this);
    if (takes("-")) {
      const value v = single();
      if (dry_ == 0 && !v.numeric()) refuse("negates what is no number");
      return value::of(-v.n);
    }
    value v = primary();
    for (;;) {
      step();
      if (takes(".")) {
        if (now().is != token::kind::name) refuse("has an expression that is not known, at " + shown());
        const std::string name = now().s;
        ++at_;
        if (takes("(")) {
          const arguments a = list_of_arguments();
          v = dry_ != 0 ? value{} : method(v, name, a);
        } else v = member(v, value::of(name));
      } else if (takes("[")) v = indexed(v);
      else if (takes("|")) v = filtered(v);
      else if (takes("is")) {
        const bool no = takes("not");
        v = tested(v, no);
      } else return v;
    }
  }
  value primary() {
    const token& t = now();
    if (t.is == token::kind::text) {
      std::string s = t.s;
      for (++at_; now().is == token::kind::text; ++at_) append(s, now().s);
      return value::of(std::move(s));
    }
    if (t.is == token::kind::number) {
      ++at_;
      return value::of(t.n);
    }
    if (t.is == token::kind::name) {
      const std::string name = t.s;
      ++at_;
      if (name == "true" || name == "True") return value::of(true);
      if (name == "false" || name == "False") return value::of(false);
      if (name == "none" || name == "None") return {.is = kind::none};
      if (takes("(")) {
        const arguments a = list_of_arguments();
        return dry_ != 0 ? value{} : call(name, a);
      }
      return look_up(name);
    }
    if (takes("(")) {
      value v = expression();
      if (!is(",")) {
        want(")");
        return v;
      }
      return value::list(rest_of_list(std::move(v), ")"));
    }
    if (takes("[")) {
      if (takes("]")) return value::list({});
      return value::list(rest_of_list(expression(), "]"));
    }
    if (takes("{")) {
      std::map<std::string, value> all;
      while (!takes("}")) {
        const value key = expression();
        want(":");
        value v = expression();
        if (dry_ == 0) all[key.print()] = std::move(v);
        if (!is("}")) want(",");
      }
      return value::map(std::move(all));
    }
    refuse("has an expression that is not known, at " + shown());
  }
  std::vector<value> rest_of_list(value first, std::string_view end) {
    std::vector<value> all{std::move(first)};
    while (!takes(end)) {
      want(",");
      if (takes(end)) break;
      all.push_back(expression());
    }
    return all;
  }
  arguments list_of_arguments() {
    arguments all;
    while (!takes(")")) {
      std::string name;
      if (now().is == token::kind::name && (*in_)[at_ + 1].s == "=" && (*in_)[at_ + 1].is == token::kind::sign) {
        name = now().s;
        at_ += 2;
      }
      value v = expression();
      all.emplace_back(std::move(name), std::move(v));
      if (!is(")")) want(",");
    }
    return all;
  }
  value member(const value& of, const value& key) const {
    if (dry_ != 0) return {};
    if (of.is == kind::map && key.is == kind::text) {
      const auto found = of.fields->find(key.s);
      return found == of.fields->end() ? value{} : found->second;
    }
    if (of.is == kind::list && key.numeric()) {
      const auto size = static_cast<std::int64_t>(of.items->size());
      const std::int64_t i = key.n < 0 ? key.n + size : key.n;
      return i >= 0 && i < size ? (*of.items)[static_cast<std::size_t>(i)] : value{};
    }
    if (of.is == kind::undefined || of.is == kind::none) refuse("asks for a member of what is not defined");
    if (of.is == kind::text && key.is == kind::text) return {};  // as if a content had parts
    refuse("asks for a member that is not known");
  }
  value indexed(const value& of) {
    std::array<std::optional<std::int64_t>, 3> slice;
    std::size_t colons = 0;
    value first;
    while (!takes("]")) {
      if (takes(":")) {
        if (++colons > 2) refuse("has a slice that is not known");
        continue;
      }
      first = expression();
      if (first.numeric()) slice[colons] = first.n;
    }
    if (colons == 0) return member(of, first);
    if (dry_ != 0) return {};
    return sliced(of, slice);
  }
  static value sliced(const value& of, const std::array<std::optional<std::int64_t>, 3>& s) {
    if (of.is != kind::list && of.is != kind::text) refuse("takes a part of what is no list");
    const auto size = static_cast<std::int64_t>(of.is == kind::list ? of.items->size() : of.s.size());
    const auto place = [size](std::int64_t i) { return std::clamp(i < 0 ? i + size : i, std::int64_t{0}, size); };
    if (s[2].value_or(1) == -1 && !s[0] && !s[1] && of.is == kind::list)
      return value::list({of.items->rbegin(), of.items->rend()});
    if (s[2].value_or(1) != 1) refuse("has a slice that is not known");
    const std::int64_t from = place(s[0].value_or(0));
    const std::int64_t to = std::max(from, place(s[1].value_or(size)));
    if (of.is == kind::text)  // a part of a character would be none
      return value::of(of.s.substr(static_cast<std::size_t>(from), static_cast<std::size_t>(to - from)));
    return value::list({of.items->begin() + from, of.items->begin() + to});
  }

  value call(const std::string& name, const arguments& a) {
    if (name == "raise_exception") throw raised{};
    if (name == "namespace" || name == "dict") {
      std::map<std::string, value> all;
      for (const auto& [key, v] : a) {
        if (key.empty()) refuse("has a namespace that is not known");
        all[key] = v;
      }
      return value::map(std::move(all));
    }
    if (name == "range" && !a.empty() && a.size() <= 2) {
      const std::int64_t from = a.size() == 2 ? a[0].second.n : 0;
      const std::int64_t to = a.back().second.n;
      if (to - from > 4096) refuse("runs too long");
      std::vector<value> all;
      for (std::int64_t i = from; i < to; ++i) all.push_back(value::of(i));
      return value::list(std::move(all));
    }
    refuse("calls " + name + ", which is not known");
  }
  static std::string argument(const arguments& a, std::size_t i, const std::string& fallback = {}) {
    if (i >= a.size()) return fallback;
    if (a[i].second.is != kind::text) refuse("calls a method with what is no text");
    return a[i].second.s;
  }
  static std::string stripped(const std::string& s, const std::optional<std::string>& set, bool front, bool back) {
    if (!set) {
      std::string_view v = s;
      if (front && back) return std::string(mote::detail::without_space(v));
      if (front) return std::string(mote::detail::without_front_space(v));
      const std::string marked = "x" + s;  // keeps the front
      return std::string(mote::detail::without_space(marked)).substr(1);
    }
    std::size_t from = 0, to = s.size();
    while (front && from < to && set->find(s[from]) != set->npos) ++from;
    while (back && to > from && set->find(s[to - 1]) != set->npos) --to;
    return s.substr(from, to - from);
  }
  value method(const value& of, const std::string& name, const arguments& a) {
    if (of.is == kind::map) {
      if (name == "get" && !a.empty()) {
        value v = member(of, a[0].second);
        if (v.is != kind::undefined) return v;
        return a.size() > 1 ? a[1].second : value{.is = kind::none};
      }
      if (name == "items" || name == "keys") {
        std::vector<value> all;
        for (const auto& [key, v] : *of.fields)
          all.push_back(name == "keys" ? value::of(key) : value::list({value::of(key), v}));
        return value::list(std::move(all));
      }
    }
    if (of.is == kind::text) {
      const bool has = !a.empty();
      const auto set = has ? std::optional(argument(a, 0)) : std::nullopt;
      if (name == "strip") return value::of(stripped(of.s, set, true, true));
      if (name == "lstrip") return value::of(stripped(of.s, set, true, false));
      if (name == "rstrip") return value::of(stripped(of.s, set, false, true));
      if (name == "startswith" && has) return value::of(of.s.starts_with(*set));
      if (name == "endswith" && has) return value::of(of.s.ends_with(*set));
      if (name == "split" && has && !set->empty()) {
        std::vector<value> all;
        std::size_t at = 0;
        for (std::size_t next; (next = of.s.find(*set, at)) != std::string::npos; at = next + set->size())
          all.push_back(value::of(of.s.substr(at, next - at)));
        all.push_back(value::of(of.s.substr(at)));
        return value::list(std::move(all));
      }
      if (name == "replace" && a.size() == 2) return value::of(replaced(of.s, *set, argument(a, 1)));
      if (name == "upper" || name == "lower" || name == "capitalize" || name == "title")
        return value::of(cased(of.s, name));
    }
    refuse("calls ." + name + "(), which is not known");
  }
  static std::string replaced(const std::string& s, const std::string& from, const std::string& to) {
    if (from.empty()) refuse("replaces nothing");
    std::string out;
    std::size_t at = 0;
    for (std::size_t next; (next = s.find(from, at)) != std::string::npos; at = next + from.size()) {
      append(out, s.substr(at, next - at));
      append(out, to);
    }
    append(out, s.substr(at));
    return out;
  }
  static std::string cased(std::string s, std::string_view how) {
    bool first = true;
    for (char& c : s) {
      if (static_cast<unsigned char>(c) >= 0x80) refuse("changes the case of a text that is not ASCII");
      const bool up = how == "upper" || (how != "lower" && first);
      if (up && c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
      else if (!up && c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
      first = how == "title" && !is_name_char(c);
    }
    return s;
  }
  value filtered(const value& v) {
    if (now().is != token::kind::name) refuse("has an expression that is not known, at " + shown());
    const std::string name = now().s;
    ++at_;
    arguments a;
    if (takes("(")) a = list_of_arguments();
    if (dry_ != 0) return {};
    if (name == "trim" && a.empty()) return value::of(stripped(v.print(), {}, true, true));
    if (name == "string" || name == "safe") return value::of(v.print());
    if (name == "tojson" && a.empty()) return value::of(json_of(v));
    if (name == "length" || name == "count") {
      if (v.is == kind::list) return value::of(v.items->size());
      if (v.is == kind::map) return value::of(v.fields->size());
      if (v.is == kind::undefined) return value::of(std::int64_t{0});
      if (v.is == kind::text)
        return value::of(std::count_if(v.s.begin(), v.s.end(),
                                       [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
    }
    if ((name == "first" || name == "last") && v.is == kind::list)
      return v.items->empty() ? value{} : name == "first" ? v.items->front() : v.items->back();
    if ((name == "default" || name == "d") && !a.empty()) {
      const bool also_false = a.size() > 1 && a[1].second.truth();
      return v.is == kind::undefined || (also_false && !v.truth()) ? a[0].second : v;
    }
    if (name == "list") return value::list(list_of(v));
    if (name == "join") {
      std::string out;
      for (const value& each : list_of(v)) {
        if (!out.empty()) append(out, argument(a, 0));
        append(out, each.print());
      }
      return value::of(std::move(out));
    }
    if (name == "upper" || name == "lower" || name == "capitalize" || name == "title")
      return value::of(cased(v.print(), name));
    if (name == "replace" && a.size() == 2) return value::of(replaced(v.print(), argument(a, 0), argument(a, 1)));
    refuse("has the filter " + name + ", which is not known");
  }
  value tested(const value& v, bool no) {
    if (now().is != token::kind::name) refuse("has an expression that is not known, at " + shown());
    const std::string name = now().s;
    ++at_;
    bool yes = false;
    if (name == "defined") yes = v.is != kind::undefined;
    else if (name == "undefined") yes = v.is == kind::undefined;
    else if (name == "none") yes = v.is == kind::none;
    else if (name == "string") yes = v.is == kind::text;
    else if (name == "mapping") yes = v.is == kind::map;
    else if (name == "number") yes = v.is == kind::number;
    else if (name == "boolean") yes = v.is == kind::boolean;
    else if (name == "iterable" || name == "sequence")
      yes = v.is == kind::text || v.is == kind::list || v.is == kind::map || v.is == kind::undefined;
    else if (name == "true") yes = v.is == kind::boolean && v.n != 0;
    else if (name == "false") yes = v.is == kind::boolean && v.n == 0;
    else if (name == "odd" || name == "even") yes = (v.n % 2 != 0) == (name == "odd");
    else if ((name == "equalto" || name == "eq") && takes("(")) {
      yes = v.same(expression());
      want(")");
    } else refuse("has the test " + name + ", which is not known");
    return value::of(dry_ == 0 && yes != no);
  }

  std::vector<std::map<std::string, value>> scopes_;
  const std::vector<token>* in_ = nullptr;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  std::size_t steps_ = 0;
  int dry_ = 0;
};

}  // namespace
}  // namespace jinja

std::optional<std::string> render_jinja(std::string_view source, const jinja_input& input) {
  using namespace jinja;
  if (source.size() > most_source) refuse("is longer than " + std::to_string(most_source) + " bytes");
  const std::vector<node> all = parser(lexer(source).read()).read();
  try {
    std::string out;
    runner(input).run(all, out);
    return out;
  } catch (const raised&) {
    return std::nullopt;
  }
}

}  // namespace mote::inline v0::host
