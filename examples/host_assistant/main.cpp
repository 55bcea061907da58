// SPDX-License-Identifier: BSL-1.0
// A personal assistant in a terminal: it answers, remembers what you tell it, learns your own commands, and saves all
// of it to one file. The model is a mapped file, so that several processes share one copy in memory. On a pipe, standard
// output has answers alone; what was done, or was not, goes to standard error.
// Refuses to lose data: input that it cannot use gets the reason; a file is replaced as a whole, and only if this
// program knows its content; before unsaved data is dropped, it asks or reports.
#include <getopt.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <map>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <hearth/corpus.hpp>
#include <mote/host/file.hpp>
#include <mote/host/progress.hpp>
#include <mote/host/report/footprint.hpp>
#include <mote/host/report/status_text.hpp>
#include <mote/host/train/teach.hpp>
#include <mote/mote.hpp>
#include <mote/version.hpp>

#include "line_reader.hpp"

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
    "/help  /quit                   quit and exit end it, too\n";

constexpr std::string_view usage =
    "host_assistant [--transcript] [IMAGE]   answers what is typed, or what comes from a pipe, line by line\n"
    "  IMAGE         the model's weights, packed for this program; by default those that it was built with\n"
    "  --transcript  on a pipe: repeats each line, and says on standard output, too, what was done\n"
    "  --help        this, and the lines that it takes; --version\n"
    "exit codes: 0 all was done; 1 the model or an option cannot be used; 2 a line of a pipe was not done;\n"
    "  3 facts or commands were not saved, and nobody could be asked\n\n";

constexpr const char* usual_file = "mine.mote";
// Exit codes.
constexpr int unusable = 1;
constexpr int line_not_done = 2;
constexpr int unsaved_lost = 3;

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
  /// What is said besides answers goes to `told`.
  session(std::span<const std::byte> image, line_reader& from, std::FILE* told)
      : image_(image), from_(from), terminal_(from.terminal()), told_(told) {
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
      case decision::go_on: return not_done_ && !terminal_ ? line_not_done : 0;
      case decision::stay: return std::nullopt;
      case decision::nobody_there: break;
    }
    std::fprintf(stderr, "%s not saved, and lost with %s\n", unsaved().c_str(),
                 signalled() ? "a signal to end" : "the end of the input");
    return unsaved_lost;
  }

  /// False: the line ends the session.
  bool line(std::string_view typed) {
    const std::string_view text = trim(typed);
    if (text == "/quit" || text == "quit" || text == "exit") return false;
    if (!text.empty()) obey(text);
    std::fflush(told_);
    return true;
  }

  void not_done(std::string_view why) {
    not_done_ = true;
    std::fflush(stdout);
    std::fprintf(told_, "not done: %.*s\n", static_cast<int>(why.size()), why.data());
  }

 private:
  void obey(std::string_view text) {
    const auto is = [&](std::string_view command) {
      if (!text.starts_with(command)) return false;
      if (text.size() > command.size() && text[command.size()] != ' ') return false;
      argument_ = trim(text.substr(command.size()));
      return true;
    };
    if (is("/remember")) return remember();
    if (is("/learn")) return learn();
    if (is("/save")) return static_cast<void>(save(named()));
    if (is("/load")) return load(named());
    if (is("/forget")) return forget();
    if (is("/footprint")) return print(host::footprint_text(assistant::cost()));
    if (is("/help")) return print(help);
    if (text.front() == '/') return not_done("there is no such command; /help lists them");
    answer(text);
  }

  static std::string_view trim(std::string_view s) {
    const std::size_t first = s.find_first_not_of(" \t\r");
    return first == s.npos ? std::string_view() : s.substr(first, s.find_last_not_of(" \t\r") - first + 1);
  }
  static void print(std::string_view s) { std::fwrite(s.data(), 1, s.size(), stdout); }
  void tell(const std::string& what) {
    std::fflush(stdout);
    std::fprintf(told_, "%s\n", what.c_str());
  }
  void say(const char* done, mote::status s) { s == mote::status::ok ? tell(done) : not_done(host::status_text(s)); }
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
    const std::optional<std::string> said =
        ask(unsaved() + " not saved. s: save to " + usual_file + ", d: drop, anything else: go back > ");
    if (said == "s") return save(usual_file) ? decision::go_on : decision::stay;
    if (said == "d") return decision::go_on;
    return said ? decision::stay : decision::nobody_there;
  }

  /// Nothing: nobody answers.
  std::optional<std::string> ask(const std::string& question) {
    std::string said;
    if (!from_.read(question, said, false)) return std::nullopt;
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
    if (pieces.ending() == mote::ending::context_full) tell("[cut: the context is full]");
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
    if (at == argument_.npos) return not_done("write /learn PROMPT => ANSWER");
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
    std::fprintf(told_, "learned in %zu steps: loss %.3f -> %.3f\n", t.steps, static_cast<double>(t.before),
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
          not_done(e.what() + std::string("; /load it, or /save to another file"));
          return false;
        }
        mine.replace(bytes);
      }
    } catch (const host::file_error& e) {
      not_done(e.what());
      return false;
    }
    facts_ = commands_ = 0;
    kept_in_ = name;
    std::fprintf(told_, "saved %zu bytes to %s\n", bytes.size(), name.c_str());
    return true;
  }

  void load(const std::string& name) {
    host::kept_file& mine = file(name);
    const decision go = about_unsaved();
    if (go == decision::nobody_there) not_done(unsaved() + " not saved; /save first, or /forget");
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
    if (gone == 0) return not_done("no fact has all of these words");
    std::fprintf(told_, "forgotten: %zu fact%s\n", gone, gone == 1 ? "" : "s");
    if (kept_in_.empty()) facts_ = ai.memory().size();  // none was ever saved
    else if (const std::string name = kept_in_; !save(name)) tell(name + " still has what it had");
  }

  std::span<const std::byte> image_;
  line_reader& from_;
  bool terminal_;
  std::FILE* told_;
  bool not_done_ = false;     // a line
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

int print_version() {
  const std::string_view model = assistant::model_type::name;
  std::printf("host_assistant of mote %d.%d.%d, model %.*s\n", MOTE_VERSION_MAJOR, MOTE_VERSION_MINOR,
              MOTE_VERSION_PATCH, static_cast<int>(model.size()), model.data());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  constexpr option options[] = {{"help", no_argument, nullptr, 'h'},
                                {"version", no_argument, nullptr, 'v'},
                                {"transcript", no_argument, nullptr, 't'},
                                {}};
  bool transcript = false;
  for (int o; (o = ::getopt_long(argc, argv, "h", options, nullptr)) != -1;) switch (o) {
      case 'h': std::printf("%s%s", usage.data(), help.data()); return 0;
      case 'v': return print_version();
      case 't': transcript = true; break;
      default: std::fprintf(stderr, "%s --help says what it takes\n", argv[0]); return unusable;
    }
  if (argc - optind > 1) {
    std::fprintf(stderr, "%s takes one image; --help says what it takes\n", argv[0]);
    return unusable;
  }
  const std::filesystem::path path = optind < argc ? argv[optind] : IMAGE;
  note_signals();
  try {
    const host::mapped_file image(path);
    if (const mote::status s = ai.attach(image.bytes()); s != mote::status::ok) {
      std::fprintf(stderr, "%s: %s\n", path.c_str(), host::status_text(s).data());
      if (s == mote::status::wrong_format)
        std::fprintf(stderr, "it has %s, wanted is %s\n", std::string(mote::stored_format_name(image.bytes())).c_str(),
                     std::string(assistant::format::name).c_str());
      return unusable;
    }
    line_reader lines(signalled);
    const bool terminal = lines.terminal();
    std::FILE* const told = terminal || transcript ? stdout : stderr;
    if (terminal)
      std::printf("%.*s, %zu KiB of RAM. /help lists what else I take.\n",
                  static_cast<int>(assistant::model_type::name.size()), assistant::model_type::name.data(),
                  sizeof(assistant) / 1024);
    session s(image.bytes(), lines, told);
    for (std::string text;;) {
      try {
        const bool read = !signalled() && lines.read("> ", text) && !signalled();
        if (read && !terminal && transcript) std::printf("> %s\n", text.c_str());
        if (!read && terminal) std::printf("\n");
        if (read && s.line(text)) continue;
        if (const std::optional<int> code = s.leave()) return *code;
      } catch (const std::bad_alloc&) {
        s.not_done("there is not enough memory");
      } catch (const std::exception& e) {
        s.not_done(e.what());
      }
    }
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return unusable;
  }
}
