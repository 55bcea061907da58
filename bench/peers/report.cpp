// SPDX-License-Identifier: BSL-1.0
// Makes tables and pictures of what run.cpp measured:
//   report RUNS.csv BANDWIDTH.csv OUT     prints Markdown; writes OUT/summary.csv, OUT/ratios.svg, OUT/roofline.svg
// A figure is the best run, the median in brackets; the ratio is the median over rounds of mote's best of a round by
// the best of the peer that is fastest at that point.
// Refuses to leave a point out: where mote or every peer is missing, the line says so.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using rates = std::vector<double>;
struct engine_runs {
  rates all;                      // tokens a second
  std::map<int, double> best_of;  // by round
};
struct point {
  std::string shape, format, test;
  int threads = 0;
  std::map<std::string, engine_runs> engines;
};
struct setting {  // a point without its test
  std::map<std::string, long> resident_kib;
  std::map<std::string, double> bytes;
};
struct roof {
  double bytes, rate;
};
struct everything {
  std::vector<point> points;
  std::map<std::string, setting> settings;
  std::map<int, std::vector<roof>> roofs;  // by threads
  std::vector<std::string> engines;
  rates others;
};

std::string key_of(const point& p) { return p.shape + ' ' + p.format + ' ' + std::to_string(p.threads); }

std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> out;
  std::istringstream in(line);
  for (std::string field; std::getline(in, field, ',');) out.push_back(field);
  return out;
}

double median(rates v) {
  if (v.empty()) return 0;
  std::sort(v.begin(), v.end());
  const std::size_t half = v.size() / 2;
  return v.size() % 2 != 0 ? v[half] : (v[half - 1] + v[half]) / 2;
}
double best(const rates& v) { return v.empty() ? 0 : *std::max_element(v.begin(), v.end()); }

everything read(const char* runs, const char* bandwidth) {
  everything e;
  std::ifstream in(runs);
  if (!in) throw std::runtime_error(std::string("cannot read ") + runs);
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) {
    const auto f = fields_of(line);
    if (f.size() != 11) throw std::runtime_error("a line of the runs is broken: " + line);
    const int threads = std::stoi(f[2]);
    auto at = std::find_if(e.points.begin(), e.points.end(), [&](const point& p) {
      return p.shape == f[0] && p.format == f[1] && p.threads == threads && p.test == f[6];
    });
    if (at == e.points.end()) at = e.points.insert(at, {f[0], f[1], f[6], threads, {}});
    engine_runs& r = at->engines[f[3]];
    const double rate = std::stod(f[7]) * 1e9 / std::stod(f[8]);
    r.all.push_back(rate);
    double& of_round = r.best_of[std::stoi(f[5])];
    of_round = std::max(of_round, rate);
    setting& s = e.settings[key_of(*at)];
    long& resident = s.resident_kib[f[3]];
    resident = std::max(resident, std::stol(f[9]));
    s.bytes[f[3]] = std::stod(f[4]);
    e.others.push_back(std::stod(f[10]));
    if (std::find(e.engines.begin(), e.engines.end(), f[3]) == e.engines.end()) e.engines.push_back(f[3]);
  }
  // mote first, then the peers in the order of the plan
  std::stable_partition(e.engines.begin(), e.engines.end(), [](const std::string& n) { return n == "mote"; });
  std::ifstream memory(bandwidth);
  while (std::getline(memory, line)) {
    const auto f = fields_of(line);
    if (f.size() == 4) e.roofs[std::stoi(f[0])].push_back({std::stod(f[1]), std::stod(f[2]) * 1e9});
  }
  for (auto& [threads, roofs] : e.roofs) {  // measured before and after: the better of each size
    std::map<double, double> of;
    for (const roof& r : roofs) of[r.bytes] = std::max(of[r.bytes], r.rate);
    roofs.clear();
    for (const auto& [bytes, rate] : of) roofs.push_back({bytes, rate});
  }
  return e;
}

/// Bytes a second that memory gives for a working set of `bytes`: between measured sizes, along a line of logarithms.
double bandwidth_at(const std::vector<roof>& roofs, double bytes) {
  if (roofs.empty()) return 0;
  if (bytes <= roofs.front().bytes) return roofs.front().rate;
  for (std::size_t i = 1; i < roofs.size(); ++i)
    if (bytes <= roofs[i].bytes) {
      const double share = std::log(bytes / roofs[i - 1].bytes) / std::log(roofs[i].bytes / roofs[i - 1].bytes);
      return roofs[i - 1].rate * std::pow(roofs[i].rate / roofs[i - 1].rate, share);
    }
  return roofs.back().rate;
}

std::string fastest_peer(const point& p) {
  std::string name;
  double most = 0;
  for (const auto& [engine, runs] : p.engines)
    if (engine != "mote" && best(runs.all) > most) {
      most = best(runs.all);
      name = engine;
    }
  return name;
}

/// mote by the fastest peer, the median over rounds; 0: one of them is missing.
double ratio_of(const point& p) {
  const auto mote = p.engines.find("mote");
  const auto peer = p.engines.find(fastest_peer(p));
  if (mote == p.engines.end() || peer == p.engines.end()) return 0;
  rates ratios;
  for (const auto& [round, rate] : mote->second.best_of)
    if (const auto other = peer->second.best_of.find(round); other != peer->second.best_of.end())
      ratios.push_back(rate / other->second);
  return median(ratios);
}

/// What the project sets itself; 0: nothing.
double target_of(const point& p) {
  const bool q8 = p.format == "q8";
  const bool q4 = p.format == "q4";
  const bool half = p.format == "f16" || p.format == "bf16";
  if (p.test.starts_with("pp")) return q8 || q4 ? 1.25 : half ? 1.0 : 0;
  if (q4) return 1.3;
  if (half) return 1.1;
  if (!q8) return 0;
  return p.shape == "smollm2_135M" ? 1.5 : p.shape == "qwen05B" ? 1.25 : p.shape == "llama32_1B" ? 1.15 : 2;
}

std::string text_of(double rate) {
  char text[32];
  std::snprintf(text, sizeof text, rate >= 100 ? "%.0f" : rate >= 10 ? "%.1f" : "%.2f", rate);
  return text;
}

void print_rates(const everything& e, bool prefill) {
  std::printf("\n### %s, tokens a second\n\n| shape | format | threads | test |", prefill ? "Prompts" : "Decoding");
  for (const auto& name : e.engines) std::printf(" %s |", name.c_str());
  std::printf(" ratio | aim |\n|---|---|---:|---|");
  for (std::size_t i = 0; i < e.engines.size(); ++i) std::printf("---:|");
  std::printf("---:|---:|\n");
  for (const point& p : e.points) {
    if (p.test.starts_with("pp") != prefill) continue;
    const std::string fastest = fastest_peer(p);
    std::printf("| %s | %s | %d | %s |", p.shape.c_str(), p.format.c_str(), p.threads, p.test.c_str());
    for (const auto& name : e.engines) {
      const auto at = p.engines.find(name);
      if (at == p.engines.end()) std::printf(" - |");
      else
        std::printf(name == fastest ? " **%s** (%s) |" : " %s (%s) |", text_of(best(at->second.all)).c_str(),
                    text_of(median(at->second.all)).c_str());
    }
    const double ratio = ratio_of(p);
    const double target = target_of(p);
    ratio > 0 ? std::printf(" %.2f |", ratio) : std::printf(" - |");
    target > 0 ? std::printf(" %.2f |\n", target) : std::printf(" |\n");
  }
}

void print_roofline(const everything& e) {
  std::printf(
      "\n### Decoding under the roof of memory\n\nGB/s of weights that best runs read, and the share of what a "
      "plain read of as many bytes reaches in the same session.\n\n"
      "| shape | format | threads | MB a token | memory, GB/s | mote, GB/s | share | fastest peer, GB/s |\n"
      "|---|---|---:|---:|---:|---:|---:|---:|\n");
  for (const point& p : e.points) {
    const auto roofs = e.roofs.find(p.threads);
    if (!p.test.starts_with("tg") || roofs == e.roofs.end()) continue;
    const setting& s = e.settings.at(key_of(p));
    const auto mote = p.engines.find("mote");
    const std::string fastest = fastest_peer(p);
    const std::string owner = mote != p.engines.end() ? "mote" : fastest;
    if (owner.empty()) continue;
    const double bytes = s.bytes.at(owner);
    const double roof = bandwidth_at(roofs->second, bytes);
    std::printf("| %s | %s | %d | %.2f | %.1f |", p.shape.c_str(), p.format.c_str(), p.threads, bytes * 1e-6,
                roof * 1e-9);
    if (mote == p.engines.end()) std::printf(" - | - |");
    else
      std::printf(" %.1f | %.0f %% |", best(mote->second.all) * bytes * 1e-9,
                  100 * best(mote->second.all) * bytes / roof);
    if (fastest.empty()) std::printf(" - |\n");
    else std::printf(" %.1f |\n", best(p.engines.at(fastest).all) * s.bytes.at(fastest) * 1e-9);
  }
}

void print_memory(const everything& e) {
  std::printf("\n### Peak resident memory, MiB\n\n| shape | format | threads |");
  for (const auto& name : e.engines) std::printf(" %s |", name.c_str());
  std::printf(" mote by the leanest peer |\n|---|---|---:|");
  for (std::size_t i = 0; i < e.engines.size(); ++i) std::printf("---:|");
  std::printf("---:|\n");
  std::set<std::string> printed;
  for (const point& p : e.points) {
    if (!printed.insert(key_of(p)).second) continue;
    const setting& s = e.settings.at(key_of(p));
    std::printf("| %s | %s | %d |", p.shape.c_str(), p.format.c_str(), p.threads);
    long leanest = 0;
    for (const auto& name : e.engines) {
      const auto at = s.resident_kib.find(name);
      if (at == s.resident_kib.end()) {
        std::printf(" - |");
        continue;
      }
      std::printf(" %s |", text_of(static_cast<double>(at->second) / 1024).c_str());
      if (name != "mote" && (leanest == 0 || at->second < leanest)) leanest = at->second;
    }
    const auto mote = s.resident_kib.find("mote");
    if (mote == s.resident_kib.end() || leanest == 0) std::printf(" - |\n");
    else std::printf(" %.2f |\n", static_cast<double>(mote->second) / static_cast<double>(leanest));
  }
}

void write_summary(const everything& e, const std::string& path) {
  std::ofstream out(path);
  out << "shape,format,threads,test,engine,best,median,bytes,resident_kib,ratio,aim\n";
  for (const point& p : e.points)
    for (const auto& [name, runs] : p.engines) {
      const setting& s = e.settings.at(key_of(p));
      out << p.shape << ',' << p.format << ',' << p.threads << ',' << p.test << ',' << name << ',' << best(runs.all)
          << ',' << median(runs.all) << ',' << s.bytes.at(name) << ',' << s.resident_kib.at(name) << ','
          << (name == "mote" ? ratio_of(p) : 0) << ',' << (name == "mote" ? target_of(p) : 0) << '\n';
    }
}

/// A drawing in text: one element after the other, all sizes in pixels.
class picture {
 public:
  picture(const std::string& path, double width, double height) : out_(path) {
    out_ << "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" << width << "\" height=\"" << height
         << "\" viewBox=\"0 0 " << width << ' ' << height
         << "\" font-family=\"sans-serif\" font-size=\"11\">\n<rect width=\"100%\" height=\"100%\" "
         << "fill=\"white\"/>\n";
  }
  ~picture() { out_ << "</svg>\n"; }
  picture(const picture&) = delete;
  picture& operator=(const picture&) = delete;

  void line(double x1, double y1, double x2, double y2, const char* colour, double width = 1, const char* dash = "") {
    out_ << "<line x1=\"" << x1 << "\" y1=\"" << y1 << "\" x2=\"" << x2 << "\" y2=\"" << y2 << "\" stroke=\"" << colour
         << "\" stroke-width=\"" << width << "\" stroke-dasharray=\"" << dash << "\"/>\n";
  }
  void box(double x, double y, double width, double height, const char* colour) {
    out_ << "<rect x=\"" << x << "\" y=\"" << y << "\" width=\"" << width << "\" height=\"" << height << "\" fill=\""
         << colour << "\"/>\n";
  }
  void dot(double x, double y, const char* colour, bool filled) {
    out_ << "<circle cx=\"" << x << "\" cy=\"" << y << "\" r=\"4\" stroke=\"" << colour << "\" fill=\""
         << (filled ? colour : "white") << "\"/>\n";
  }
  void text(double x, double y, const std::string& words, const char* anchor = "start", const char* colour = "#222") {
    out_ << "<text x=\"" << x << "\" y=\"" << y << "\" text-anchor=\"" << anchor << "\" fill=\"" << colour << "\">"
         << words << "</text>\n";
  }

 private:
  std::ofstream out_;
};

void draw_ratios(const everything& e, const std::string& path) {
  std::vector<const point*> with;
  for (const point& p : e.points)
    if (ratio_of(p) > 0) with.push_back(&p);
  constexpr double left = 230;
  constexpr double row = 15;
  constexpr double right = 760;
  const auto x = [](double ratio) {  // a quarter to eight times, in logarithms
    return left + (right - left) * (std::log2(std::clamp(ratio, 0.25, 8.0)) + 2) / 5;
  };
  const double bottom = 40 + row * static_cast<double>(with.size());
  picture svg(path, 820, bottom + 30);
  svg.text(left, 16, "mote by the fastest peer (bar), aim (mark); green: aim met, grey: ahead, red: behind");
  for (const double r : {0.25, 0.5, 1.0, 2.0, 4.0, 8.0}) {
    svg.line(x(r), 24, x(r), bottom, r > 0.99 && r < 1.01 ? "#222" : "#ccc");
    svg.text(x(r), bottom + 14, text_of(r), "middle");
  }
  double y = 30;
  for (const point* p : with) {
    const double ratio = ratio_of(*p);
    const double target = target_of(*p);
    const double from = std::min(x(1), x(ratio));
    svg.box(from, y, std::max(1.0, std::fabs(x(ratio) - x(1))), row - 4,
            ratio < 1        ? "#c0504d"
            : ratio < target ? "#8c8c8c"
                             : "#4f9d4f");
    if (target > 0) svg.line(x(target), y - 1, x(target), y + row - 3, "#1f4e9c", 2);
    svg.text(left - 6, y + 9,
             p->shape + ' ' + p->format + ' ' + p->test + ", " + std::to_string(p->threads) +
                 (p->threads == 1 ? " thread" : " threads"),
             "end");
    svg.text(std::max(x(ratio), x(1)) + 4, y + 9, text_of(ratio));
    y += row;
  }
}

void draw_roofline(const everything& e, const std::string& path) {
  constexpr double width = 620;
  constexpr double height = 380;
  const auto x = [](double bytes) { return 70 + (width - 90) * (std::log10(bytes) - 5) / 4.7; };  // 100 kB to 5 GB
  picture svg(path, width, height * static_cast<double>(e.roofs.size()));
  double top = 0;
  for (const auto& [threads, roofs] : e.roofs) {
    const auto y = [top](double rate) {  // 1 to 1000 GB/s
      return top + height - 40 - (height - 80) * (std::log10(std::clamp(rate, 1e9, 1e12)) - 9) / 3;
    };
    svg.text(70, top + 20,
             std::to_string(threads) + (threads == 1 ? " thread" : " threads") +
                 ": decoding; line: a plain read; dots: mote; rings: the fastest peer");
    for (double rate = 1e9; rate <= 1.001e12; rate *= 10) {
      svg.line(70, y(rate), width - 20, y(rate), "#ccc");
      svg.text(64, y(rate) + 4, text_of(rate * 1e-9) + " GB/s", "end");
    }
    for (double bytes = 1e5; bytes <= 1.001e9; bytes *= 10) {
      svg.line(x(bytes), y(1e9), x(bytes), y(1e12), "#eee");
      svg.text(x(bytes), y(1e9) + 14, bytes < 1e6 ? "0.1 MB" : text_of(bytes * 1e-6) + " MB", "middle");
    }
    svg.text(x(2e7), y(1e9) + 28, "weights that a token reads", "middle");
    for (std::size_t i = 1; i < roofs.size(); ++i)
      svg.line(x(roofs[i - 1].bytes), y(roofs[i - 1].rate), x(roofs[i].bytes), y(roofs[i].rate), "#222", 2);
    static const std::map<std::string, const char*> colours{
        {"f32", "#7f7f7f"}, {"f16", "#1f77b4"}, {"bf16", "#17becf"}, {"q8", "#2ca02c"}, {"q4", "#d62728"}};
    double at = 0;
    for (const auto& [name, colour] : colours) {
      svg.dot(width - 150 + at, top + 36, colour, true);
      svg.text(width - 143 + at, top + 40, name);
      at += name.size() > 2 ? 32 : 26;
    }
    for (const point& p : e.points) {
      if (p.threads != threads || !p.test.starts_with("tg")) continue;
      const auto colour = colours.find(p.format);
      const setting& s = e.settings.at(key_of(p));
      for (const bool ours : {false, true}) {
        const std::string name = ours ? "mote" : fastest_peer(p);
        const auto runs = p.engines.find(name);
        if (runs == p.engines.end() || s.bytes.at(name) < 1) continue;
        svg.dot(x(s.bytes.at(name)), y(best(runs->second.all) * s.bytes.at(name)),
                colour == colours.end() ? "#222" : colour->second, ours);
      }
    }
    top += height;
  }
}

}  // namespace

int main(int count, char** words) try {
  if (count != 4) return std::fprintf(stderr, "usage: report RUNS.csv BANDWIDTH.csv OUT\n"), 2;
  const everything e = read(words[1], words[2]);
  const std::string out = words[3];
  print_rates(e, false);
  print_rates(e, true);
  print_roofline(e);
  print_memory(e);
  const auto disturbed = std::count_if(e.others.begin(), e.others.end(), [](double o) { return o > 0.2; });
  std::printf("\n%zu samples; during %.0f %% of them other programs used more than a fifth of a processor.\n",
              e.others.size(),
              e.others.empty() ? 0.0 : 100.0 * static_cast<double>(disturbed) / static_cast<double>(e.others.size()));
  write_summary(e, out + "/summary.csv");
  draw_ratios(e, out + "/ratios.svg");
  draw_roofline(e, out + "/roofline.svg");
} catch (const std::exception& e) {
  std::fprintf(stderr, "report: %s\n", e.what());
  return 1;
}
