// SPDX-License-Identifier: BSL-1.0
// What `run.sh --kernels` counted on a target, as lines of a table, as a CSV file and as a picture.
// Refuses counts of other kernels: there must be one for each of kernels.hpp, and one for what lies between two.
//   roofline TARGET LOAD BYTES MULTIPLY PRODUCTS COUNTS OUT.csv OUT.svg
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "kernels.hpp"
#include "mote/host/report/roofline_plot.hpp"

int main(int argc, char** argv) {
  if (argc != 9) return std::fputs("roofline: TARGET LOAD BYTES MULTIPLY PRODUCTS COUNTS OUT.csv OUT.svg\n", stderr), 2;
  const std::string target = argv[1];
  const mote::host::instruction_roof roof{argv[2], std::atof(argv[3]), argv[4], std::atof(argv[5])};
  std::vector<double> counts;
  std::ifstream from(argv[6]);
  for (double count = 0; from >> count;) counts.push_back(count);

  std::vector<mote::host::roofline_point> points;
  std::ofstream csv(argv[7]);
  csv.precision(9);  // counts in full
  csv << "target,kernel,tokens,bytes_a_weight,instructions,products_an_instruction,share_of_roof\n";
  counted::each_kernel<1>([&]<class Format, std::size_t Tokens> {
    const std::size_t at = points.size() * 2;
    constexpr double weights = counted::rows * counted::cols;
    const double bytes = counted::rows * static_cast<double>(Format::tile_bytes(counted::cols)) / weights;
    const double count = at < counts.size() ? counts[at] : 0;
    std::string name(Format::name);
    if (Tokens > 1) name += " x " + std::to_string(Tokens);
    points.push_back({name, Tokens / bytes, Tokens * weights / count});
    const double share = mote::host::share_of_roof(roof, points.back());
    std::printf("| %s | %s | %.3f | %.3f | %.0f %% |\n", target.c_str(), name.c_str(), bytes, points.back().rate,
                100 * share);
    csv << target << ',' << Format::name << ',' << Tokens << ',' << bytes << ',' << count << ',' << points.back().rate
        << ',' << share << '\n';
  });
  if (counts.size() != points.size() * 2 - 1)
    return std::fprintf(stderr, "roofline: %s has %zu counts\n", argv[6], counts.size()), 1;
  std::ofstream(argv[8]) << mote::host::plot_roofline(roof, points, target);
  return 0;
}
