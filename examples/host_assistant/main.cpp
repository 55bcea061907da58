// SPDX-License-Identifier: BSL-1.0
// A personal assistant in a terminal: it answers, remembers what you tell it, learns your own commands, and saves all
// of it to one file. The model is a mapped file, so that several processes share one copy in memory.
// Refuses to lose data: input that it cannot use gets the reason; a file is replaced as a whole, and only if this
// program knows its content; before unsaved data is dropped, it asks or reports.
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <hearth/corpus.hpp>
#include <mote/host/file.hpp>
#include <mote/host/progress.hpp>
#include <mote/host/report/footprint.hpp>
#include <mote/host/train/teach.hpp>
#include <mote/mote.hpp>

#include BOARD_HEADER
#include MODEL_HEADER

namespace {

namespace host = mote::host;

using assistant = mote::pipeline<MODEL,                                                           // the model
                                 mote::quantize<8>,                                               // 8-bit weights
                                 mote::lora<4, mote::lora_knobs{.targets = mote::all_matrices}>,  // learning, rank 4
                                 mote::rag<mote::bm25<>>,                                         // recall by words
                                 mote::fit<mote::boards::BOARD>>;                                 // checks the memory
assistant ai;

constexpr std::string_view help =
    "a question or an order         is answered\n"
    "/remember TEXT                 keeps a fact: /remember The boiler's service code is 7731.\n"
    "/learn PROMPT => ANSWER        teaches a command: /learn movie night => {\"scene\":\"cinema\"}\n"
    "/save [FILE]  /load [FILE]     what was remembered and learned; by default mine.mote\n"
    "/forget WORDS                  forgets each fact that has all of these words, in the file too\n"
    "/forget                        forgets all that was remembered and learned, not what is in the file\n"
    "/footprint                     where the bytes are\n"
    "/help  /quit\n";

constexpr const char* usual_file = "mine.mote";
constexpr int unsaved_lost = 3;  // the exit code

volatile std::sig_atomic_t interrupted = 0;  // by Ctrl-C
volatile std::sig_atomic_t ended = 0;        // by another signal

/// Ends a read; the rest is done where lines are read. Again a second later, if it came just before the read.
void note(int which) {
  (which == SIGINT ? interrupted : ended) = 1;
  if (ended != 0) ::alarm(1);
}

void note_signals() {
  struct sigaction noting{};  // without SA_RESTART
  noting.sa_handler = note;
  for (const int which : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGALRM})  // what was ignored (nohup) stays so
    if (std::signal(which, SIG_IGN) != SIG_IGN) ::sigaction(which, &noting, nullptr);
  std::signal(SIGXFSZ, SIG_IGN);  // a limit of file size shall not end it while something is not saved
}

bool signalled() { return interrupted != 0 || ended != 0; }

class session {
 public:
  session(std::span<const std::byte> image, bool terminal) : image_(image), terminal_(terminal) {
    try {  // locks the usual file from the start, and removes temporary files of killed programs
      if (const std::string& why = file(usual_file).refusal(); !why.empty())
        std::fprintf(stderr, "%s %s: it can be loaded, not saved\n", usual_file, why.c_str());
    } catch (const host::file_error& e) {
      std::fprintf(stderr, "%s\n", e.what());
    }
  }

  /// The exit code, or nothing if the user decides to stay.
  std::optional<int> leave() {
    if (terminal_) interrupted = 0;  // Ctrl-C asks what /quit asks
    switch (about_unsaved()) {
      case decision::go_on: return 0;
      case decision::stay: return std::nullopt;
      case decision::nobody_there: break;
    }
    std::fprintf(stderr, "%s not saved, and lost with %s\n", unsaved().c_str(),
                 signalled() ? "a signal to end" : "the end of the input");
    return unsaved_lost;
  }

  void line(std::string_view text) {
    const auto is = [&](std::string_view command) {
      if (!text.starts_with(command)) return false;
      if (text.size() > command.size() && text[command.size()] != ' ') return false;
      argument_ = trim(text.substr(command.size()));
      return true;
    };
    if (text.empty()) return;
    if (is("/remember")) return remember();
    if (is("/learn")) return learn();
    if (is("/save")) return static_cast<void>(save(named()));
    if (is("/load")) return load(named());
    if (is("/forget")) return forget();
    if (is("/footprint")) return print(host::footprint_text(assistant::cost()));
    if (is("/help")) return print(help);
    if (text.front() == '/') return print("there is no such command; /help lists them\n");
    answer(text);
  }

 private:
  static std::string_view trim(std::string_view s) {
    const std::size_t first = s.find_first_not_of(" \t\r");
    return first == s.npos ? std::string_view() : s.substr(first, s.find_last_not_of(" \t\r") - first + 1);
  }
  static void print(std::string_view s) { std::fwrite(s.data(), 1, s.size(), stdout); }
  static void say(std::string_view done, mote::status s) {
    if (s == mote::status::ok) std::printf("%.*s\n", static_cast<int>(done.size()), done.data());
    else std::printf("not done: %.*s\n", static_cast<int>(name(s).size()), name(s).data());
  }
  std::string named() const { return argument_.empty() ? usual_file : std::string(argument_); }

  /// The file of that name. It stays locked from its first use to the end, so that no other program changes it unseen.
  host::kept_file& file(const std::string& name) {
    std::error_code none;
    const std::filesystem::path target = std::filesystem::absolute(host::link_target(name), none);
    const std::filesystem::path one = std::filesystem::weakly_canonical(target, none);
    return files_.try_emplace(one.empty() ? target : one, name).first->second;
  }

  enum class decision { go_on, stay, nobody_there };

  /// What was not saved is saved, or given up by the person's own word; a pipe cannot be asked, nor who has gone.
  decision about_unsaved() {
    if (facts_ + commands_ == 0) return decision::go_on;
    if (!terminal_ || ended != 0) return decision::nobody_there;
    const std::string said =
        ask(unsaved() + " not saved. s: save to " + usual_file + ", d: drop, anything else: go back > ");
    if (said == "s") return save(usual_file) ? decision::go_on : decision::stay;
    if (said == "d") return decision::go_on;
    return std::cin ? decision::stay : decision::nobody_there;
  }

  static std::string ask(const std::string& question) {
    std::cin.clear();  // the question may follow a Ctrl-D
    std::clearerr(stdin);
    std::fflush(stdout);
    std::fputs(question.c_str(), stderr);
    std::string said;
    std::getline(std::cin, said);
    return std::string(trim(said));
  }

  /// "1 fact and 2 commands are"
  std::string unsaved() const {
    const auto some = [](std::size_t n, const char* what) {
      return n == 0 ? std::string() : std::to_string(n) + ' ' + what + (n == 1 ? "" : "s");
    };
    return some(facts_, "fact") + (facts_ != 0 && commands_ != 0 ? " and " : "") + some(commands_, "command") +
           (facts_ + commands_ == 1 ? " is" : " are");
  }

  void answer(std::string_view question) {
    auto pieces = ai.ask(question);
    if (pieces.state() != mote::status::ok) return say("", pieces.state());
    for (const std::string_view piece : pieces) {
      print(piece);
      std::fflush(stdout);  // shows each token at once
    }
    print("\n");
    if (pieces.ending() == mote::ending::context_full) print("[cut: the context is full]\n");
    if (pieces.state() != mote::status::ok) say("", pieces.state());
  }

  void remember() {
    const mote::status s = ai.remember(argument_);
    if (s == mote::status::ok) ++facts_;
    say("remembered", s);
  }

  void learn() {
    constexpr std::string_view arrow = "=>";
    const std::size_t at = argument_.find(arrow);
    if (at == argument_.npos) return print("not done: write /learn PROMPT => ANSWER\n");
    const host::dialogue_item lesson{.notes = {},
                                     .prompt = std::string(trim(argument_.substr(0, at))),
                                     .answer = std::string(trim(argument_.substr(at + arrow.size()))),
                                     .kind = host::task::command};
    // Earlier lessons are repeated, or training on the newest alone would overwrite them.
    std::vector<host::dialogue_item> lessons = lessons_;
    lessons.push_back(lesson);
    host::progress bar("learning");
    const host::taught t =
        host::teach(ai, lessons, ordinary_, {}, [&](std::size_t round, std::size_t rounds, float loss) {
          bar.show(static_cast<double>(round) / static_cast<double>(rounds),
                   "loss " + std::to_string(loss).substr(0, 6));
        });
    bar.done();
    if (t.state != mote::status::ok) return say("", t.state);
    lessons_ = std::move(lessons);
    ++commands_;
    std::printf("learned in %zu steps: loss %.3f -> %.3f\n", t.steps, static_cast<double>(t.before),
                static_cast<double>(t.after));
  }

  bool save(const std::string& name) {
    std::vector<std::byte> bytes(ai.saved_bytes());
    if (const mote::status s = ai.save(bytes); s != mote::status::ok) {
      say("", s);
      return false;
    }
    try {
      host::kept_file& mine = file(name);
      try {
        mine.save(bytes);
      } catch (const host::file_conflict& e) {
        if (!terminal_ || ask(e.what() + std::string(". y: replace it, anything else: leave it > ")) != "y") {
          std::printf("not done: %s; /load it, or /save to another file\n", e.what());
          return false;
        }
        mine.replace(bytes);
      }
    } catch (const host::file_error& e) {
      std::printf("not done: %s\n", e.what());
      return false;
    }
    facts_ = commands_ = 0;
    kept_in_ = name;
    std::printf("saved %zu bytes to %s\n", bytes.size(), name.c_str());
    return true;
  }

  void load(const std::string& name) {
    host::kept_file& mine = file(name);
    const decision go = about_unsaved();
    if (go == decision::nobody_there)
      std::printf("not done: %s not saved; /save first, or /forget\n", unsaved().c_str());
    if (go != decision::go_on) return;
    const mote::status s = mine.load([](std::span<const std::byte> saved) { return ai.load(saved); });
    if (s == mote::status::ok) {
      lessons_.clear();  // of what is gone none is taught again
      facts_ = commands_ = 0;
      kept_in_ = name;
    }
    say("loaded", s);
  }

  void forget() {
    if (!argument_.empty()) return forget_facts();
    lessons_.clear();
    facts_ = commands_ = 0;
    kept_in_.clear();  // a fact that is forgotten later must not take from the file what it has
    if constexpr (assistant::recalls) ai.memory().clear();
    say("forgotten", ai.attach(image_));
  }

  /// Memory, cache and prompt have no byte of them then; the file that has what is here is written again.
  void forget_facts() {
    const std::size_t gone = ai.forget(argument_);
    if (gone == 0) return print("not done: no fact has all of these words\n");
    std::printf("forgotten: %zu fact%s\n", gone, gone == 1 ? "" : "s");
    if (kept_in_.empty()) facts_ = ai.memory().size();  // none was ever saved
    else if (const std::string name = kept_in_; !save(name)) std::printf("%s still has what it had\n", name.c_str());
  }

  std::span<const std::byte> image_;
  bool terminal_;
  std::size_t facts_ = 0;     // not yet saved
  std::size_t commands_ = 0;  // not yet saved
  std::string kept_in_;       // the file that was loaded or saved last; empty: none
  std::map<std::filesystem::path, host::kept_file> files_;
  std::string_view argument_;
  std::vector<host::dialogue_item> lessons_;
  host::corpus ordinary_{1,
                         host::split::train,
                         {.recall = 0.2F, .unknown = 0.05F, .command = 0.65F, .chat = 0.1F, .hardness = 1, .stray = 0}};
};

}  // namespace

int main(int argc, char** argv) {
  const std::filesystem::path path = argc > 1 ? argv[1] : IMAGE;
  note_signals();
  try {
    const host::mapped_file image(path);
    if (const mote::status s = ai.attach(image.bytes()); s != mote::status::ok) {
      const std::string_view found = mote::stored_format_name(image.bytes());
      std::fprintf(stderr, "%s: %.*s; this program wants %.*s, found '%.*s'\n", path.c_str(),
                   static_cast<int>(name(s).size()), name(s).data(), static_cast<int>(assistant::format::name.size()),
                   assistant::format::name.data(), static_cast<int>(found.size()), found.data());
      return 1;
    }
    const bool terminal = ::isatty(STDIN_FILENO) == 1;
    std::printf("%.*s, %zu KiB of RAM. /help lists what else I take.\n",
                static_cast<int>(assistant::model_type::name.size()), assistant::model_type::name.data(),
                sizeof(assistant) / 1024);
    session s(image.bytes(), terminal);
    for (std::string text;;) {
      try {
        if (terminal) std::printf("> ");
        std::fflush(stdout);
        if (signalled() || !std::getline(std::cin, text) || signalled() || text == "/quit") {
          if (terminal && (!std::cin || signalled())) std::printf("\n");
          if (const std::optional<int> code = s.leave()) return *code;
          continue;
        }
        if (!terminal) std::printf("> %s\n", text.c_str());
        s.line(text);
      } catch (const std::exception& e) {
        std::printf("not done: %s\n", e.what());
      }
    }
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
