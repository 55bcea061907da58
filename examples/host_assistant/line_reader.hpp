// SPDX-License-Identifier: BSL-1.0
// Lines from a terminal or a pipe. At a terminal, if it was built with libedit: arrows, Ctrl-R, Ctrl-L and what ~/.editrc
// says. What was typed is kept as long as the program runs; it has what a person wants remembered, so no file gets it.
// Refuses to read on after a signal: `stopped` is asked then, and a line that is half typed is none.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <string>
#include <string_view>

#if defined(WITH_LIBEDIT)
#include <histedit.h>

#include <cerrno>
#include <clocale>
#include <csignal>
#include <cstdlib>
#include <cwchar>
#include <stdexcept>
#endif

class line_reader {
 public:
  /// `stopped` says whether a signal has come that ends a read.
  explicit line_reader(bool (*stopped)()) : terminal_(::isatty(STDIN_FILENO) == 1) {
#if defined(WITH_LIBEDIT)
    if (terminal_ && ::isatty(STDOUT_FILENO) == 1 && moves_cursor()) begin_editing(stopped);
#else
    (void)stopped;
#endif
  }
  line_reader(const line_reader&) = delete;
  line_reader& operator=(const line_reader&) = delete;
#if defined(WITH_LIBEDIT)
  ~line_reader() {
    if (history_ != nullptr) ::history_end(history_);
    if (editor_ != nullptr) ::el_end(editor_);
  }
#endif

  bool terminal() const { return terminal_; }

  /// The next line, without its end; false at the end of input and after a signal. At a terminal `prompt` is shown.
  bool read(std::string_view prompt, std::string& line, bool kept = true) {
    std::fflush(stdout);
#if defined(WITH_LIBEDIT)
    if (editor_ != nullptr) return edit(prompt, line, kept);
#endif
    (void)kept;
    if (terminal_) {
      std::cin.clear();  // another read may follow a Ctrl-D
      std::clearerr(stdin);
      std::fwrite(prompt.data(), 1, prompt.size(), stdout);
      std::fflush(stdout);
    }
    return static_cast<bool>(std::getline(std::cin, line));
  }

 private:
#if defined(WITH_LIBEDIT)
  static bool moves_cursor() {
    const char* const kind = std::getenv("TERM");
    return kind != nullptr && *kind != '\0' && std::string_view(kind) != "dumb";
  }
  static void note_size(int) { resized = 1; }

  void begin_editing(bool (*stopped)()) {
    std::setlocale(LC_CTYPE, "");
    if (MB_CUR_MAX < 4) std::setlocale(LC_CTYPE, "C.UTF-8");  // what is typed is UTF-8, whatever LANG says
    stopped_ = stopped;
    editor_ = ::el_init("host_assistant", stdin, stdout, stderr);
    history_ = ::history_init();
    if (editor_ == nullptr || history_ == nullptr) throw std::runtime_error("no memory for a line");
    HistEvent event;
    ::history(history_, &event, H_SETSIZE, 1000);
    ::history(history_, &event, H_SETUNIQUE, 1);
    ::el_set(editor_, EL_CLIENTDATA, this);
    ::el_set(editor_, EL_PROMPT, &prompt_of);
    ::el_set(editor_, EL_EDITOR, "emacs");
    ::el_set(editor_, EL_SIGNAL, 0);
    ::el_set(editor_, EL_HIST, ::history, history_);
    ::el_set(editor_, EL_GETCFN, &character);
    ::el_set(editor_, EL_BIND, "^R", "em-inc-search-prev", nullptr);
    ::el_source(editor_, nullptr);
    struct sigaction noting{};  // without SA_RESTART
    noting.sa_handler = note_size;
    ::sigaction(SIGWINCH, &noting, nullptr);
  }

  bool edit(std::string_view prompt, std::string& line, bool kept) {
    prompt_ = prompt;
    int bytes = 0;
    const char* const text = ::el_gets(editor_, &bytes);
    if (text == nullptr || bytes <= 0) return false;
    line.assign(text, static_cast<std::size_t>(bytes));
    const bool whole = line.ends_with('\n');
    if (whole) line.pop_back();
    HistEvent event;
    if (kept && line.find_first_not_of(' ') != line.npos) ::history(history_, &event, H_ENTER, line.c_str());
    return whole;
  }

  static line_reader& of(EditLine* editor) {
    line_reader* self = nullptr;
    ::el_get(editor, EL_CLIENTDATA, &self);
    return *self;
  }
  static char* prompt_of(EditLine* editor) { return of(editor).prompt_.data(); }

  /// One character: 1, or 0 at the end of input and after a signal. Bytes that are no UTF-8 are left out.
  static int character(EditLine* editor, wchar_t* out) {
    std::mbstate_t state{};
    for (;;) {
      if (of(editor).stopped_()) return 0;
      char byte = 0;
      const ssize_t n = ::read(STDIN_FILENO, &byte, 1);
      if (n < 0 && errno == EINTR) {
        if (resized != 0) ::el_resize(editor);
        resized = 0;
        continue;
      }
      if (n <= 0 || byte == '\0') return 0;  // Ctrl-D while an answer was being written has become a zero
      const std::size_t used = std::mbrtowc(out, &byte, 1, &state);
      if (used == 1) return 1;
      if (used != static_cast<std::size_t>(-2)) state = {};
    }
  }

  inline static volatile std::sig_atomic_t resized = 0;
  EditLine* editor_ = nullptr;
  History* history_ = nullptr;
  bool (*stopped_)() = nullptr;
  std::string prompt_;
#endif
  bool terminal_;
};
