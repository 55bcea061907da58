// SPDX-License-Identifier: BSL-1.0
// Runs what bench/peers.sh planned, engine after engine in turns, and writes every sample to a CSV file.
//   run PLAN CSV ROUNDS QUIET_SECONDS
// A line of the plan, parted by tabs: shape, format, threads, engine, bytes of weights a token (0: it says so),
// command. Neighbouring lines of one shape, format and number of threads are a group: each round runs all of it, the
// next round starts one engine later. A command prints mote_worker's lines, or llama-bench's JSON.
// Refuses to call a machine quiet that is not: what others used of it during each run is a column of the file.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

struct entry {
  std::string shape, format, threads, engine, bytes, command;
  bool same_group(const entry& other) const {
    return shape == other.shape && format == other.format && threads == other.threads;
  }
};

struct sample {
  std::string test;
  long tokens;
  long long nanoseconds;
};

struct outcome {
  bool good = false;
  std::vector<sample> samples;
  std::string bytes;
  long resident_kib = 0;
  double others = 0;  // processors that other programs kept busy, on average
};

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

/// Seconds that processors were busy since the start of the machine, all of them together.
double busy_seconds() {
  std::ifstream in("/proc/stat");
  std::string cpu;
  double total = 0;
  in >> cpu;
  for (int field = 0; field < 8; ++field) {
    double ticks = 0;
    in >> ticks;
    if (field != 3 && field != 4) total += ticks;  // not: idle, waiting for a disk
  }
  return total / static_cast<double>(sysconf(_SC_CLK_TCK));
}

/// Waits until other programs use less than a tenth of a processor, or until `most` seconds are over.
void wait_for_quiet(double most) {
  const double until = seconds() + most;
  for (;;) {
    const double from = seconds();
    const double busy = busy_seconds();
    usleep(500'000);
    if ((busy_seconds() - busy) / (seconds() - from) < 0.1 || seconds() > until) return;
  }
}

/// The number behind "name": in a line of JSON.
bool number_of(const std::string& line, const char* name, long& out) {
  const std::string key = std::string("\"") + name + "\":";
  const auto at = line.find(key);
  if (at == std::string::npos) return false;
  out = std::strtol(line.c_str() + at + key.size(), nullptr, 10);
  return true;
}

void parse(const std::string& text, outcome& out) {
  std::istringstream in(text);
  long prompt = 0;
  long made = 0;
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    number_of(line, "n_prompt", prompt);
    number_of(line, "n_gen", made);
    if (line.find("\"samples_ns\"") != std::string::npos) inside = true;
    if (inside) {
      const auto open = line.find('[');
      const char* at = line.c_str() + (open == std::string::npos ? 0 : open + 1);
      const std::string test = prompt != 0 ? "pp" + std::to_string(prompt) : "tg" + std::to_string(made);
      for (;;) {
        char* end = nullptr;
        const long long ns = std::strtoll(at, &end, 10);
        if (end == at) break;
        out.samples.push_back({test, prompt != 0 ? prompt : made, ns});
        at = end + std::strspn(end, ", ");
      }
      if (line.find(']') != std::string::npos) inside = false;
      continue;
    }
    std::istringstream words(line);
    sample s;
    if (!(words >> s.test >> s.tokens >> s.nanoseconds)) continue;
    if (s.test == "weights") out.bytes = std::to_string(s.nanoseconds);
    else if (s.test.starts_with("tg") || s.test.starts_with("pp")) out.samples.push_back(s);
  }
}

outcome run(const entry& e) {
  outcome out;
  int ends[2];
  if (pipe(ends) != 0) throw std::runtime_error("no pipe");
  const double from = seconds();
  const double busy = busy_seconds();
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("cannot start a program");
  if (child == 0) {
    dup2(ends[1], 1);
    close(ends[0]);
    close(ends[1]);
    if (const int quiet = open("/dev/null", O_WRONLY); quiet >= 0) dup2(quiet, 2);
    const std::string command = "exec " + e.command;
    execl("/bin/sh", "sh", "-c", command.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  close(ends[1]);
  std::string text;
  char part[4096];
  for (ssize_t n = 0; (n = read(ends[0], part, sizeof part)) > 0;) text.append(part, static_cast<std::size_t>(n));
  close(ends[0]);
  int state = 0;
  rusage used{};
  wait4(child, &state, 0, &used);
  const auto of = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  out.others = (busy_seconds() - busy - of(used.ru_utime) - of(used.ru_stime)) / (seconds() - from);
  if (out.others < 0) out.others = 0;
  out.resident_kib = used.ru_maxrss;
  out.good = WIFEXITED(state) && WEXITSTATUS(state) == 0;
  out.bytes = e.bytes;
  parse(text, out);
  out.good = out.good && !out.samples.empty();
  return out;
}

std::vector<entry> read_plan(const char* path) {
  std::ifstream in(path);
  if (!in) throw std::runtime_error(std::string("cannot read ") + path);
  std::vector<entry> plan;
  for (std::string line; std::getline(in, line);) {
    std::istringstream fields(line);
    entry e;
    for (std::string* field : {&e.shape, &e.format, &e.threads, &e.engine, &e.bytes})
      std::getline(fields, *field, '\t');
    std::getline(fields, e.command);
    if (!e.command.empty()) plan.push_back(e);
  }
  return plan;
}

}  // namespace

int main(int count, char** words) try {
  if (count != 5) return std::fprintf(stderr, "usage: run PLAN CSV ROUNDS QUIET_SECONDS\n"), 2;
  const std::vector<entry> plan = read_plan(words[1]);
  const int rounds = std::atoi(words[3]);
  const double quiet = std::atof(words[4]);
  std::ofstream csv(words[2]);
  csv << "shape,format,threads,engine,bytes,round,test,tokens,nanoseconds,resident_kib,others\n";
  for (std::size_t first = 0; first < plan.size();) {
    std::size_t size = 1;
    while (first + size < plan.size() && plan[first + size].same_group(plan[first])) ++size;
    std::vector<bool> broken(size);
    for (int round = 0; round < rounds; ++round) {
      wait_for_quiet(round == 0 ? quiet : quiet / 4);
      for (std::size_t turn = 0; turn < size; ++turn) {
        const std::size_t which = (turn + static_cast<std::size_t>(round)) % size;
        if (broken[which]) continue;
        const entry& e = plan[first + which];
        const outcome o = run(e);
        if (!o.good) {
          broken[which] = true;
          std::fprintf(stderr, "peers: %s cannot do %s %s, %s threads\n", e.engine.c_str(), e.shape.c_str(),
                       e.format.c_str(), e.threads.c_str());
          continue;
        }
        for (const sample& s : o.samples)
          csv << e.shape << ',' << e.format << ',' << e.threads << ',' << e.engine << ',' << o.bytes << ',' << round
              << ',' << s.test << ',' << s.tokens << ',' << s.nanoseconds << ',' << o.resident_kib << ',' << o.others
              << '\n';
      }
      csv.flush();
    }
    std::fprintf(stderr, "peers: %s %s, %s threads: %zu engines, %d rounds\n", plan[first].shape.c_str(),
                 plan[first].format.c_str(), plan[first].threads.c_str(), size, rounds);
    first += size;
  }
} catch (const std::exception& e) {
  std::fprintf(stderr, "peers: %s\n", e.what());
  return 1;
}
