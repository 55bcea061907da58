// SPDX-License-Identifier: BSL-1.0
#include "mote/budget/footprint.hpp"

#include <catch2/catch_test_macros.hpp>

namespace {

using mote::footprint;

footprint some() {
  footprint f;
  f.ram = {.weights = 1,
           .cache = 2,
           .activations = 4,
           .gradients = 8,
           .perturbed = 16,
           .optimizer = 32,
           .index = 64,
           .scratch = 128,
           .stack = 256,
           .apart = 6};
  f.ram_other = 1000;
  f.ram_available = 1511;
  f.ram_block_available = 249;
  f.flash = {.weights = 100, .vocabulary = 20, .header = 3, .code = 4000};
  f.flash_available = 4123;
  return f;
}

}  // namespace

TEST_CASE("footprint: every region counts once, and what is apart is not in the object", "[budget]") {
  const footprint f = some();
  CHECK(f.ram.all_but_scratch() == 127);
  CHECK(f.ram.object() == 249);
  CHECK(f.ram.sum() == 511);
  CHECK(f.flash.image() == 123);
  CHECK(f.flash.sum() == 4123);
}

TEST_CASE("footprint: it fits to the last byte, and not with one less", "[budget]") {
  CHECK((some().ram_fits() && some().flash_fits()));
  footprint total = some();
  --total.ram_available;
  CHECK((!total.ram_fits() && !total.ram_fits_total()));
  footprint block = some();
  --block.ram_block_available;
  CHECK((!block.ram_fits() && block.ram_fits_total()));
  footprint region = some();
  region.regions[3] = {.name = "DTCM", .used = 10, .available = 10};
  CHECK((region.ram_fits() && region.overfull() == nullptr));
  --region.regions[3].available;
  CHECK((!region.ram_fits() && region.ram_fits_total()));
  CHECK(region.overfull() == &region.regions[3]);
  footprint flash = some();
  --flash.flash_available;
  CHECK((!flash.flash_fits() && flash.ram_fits()));
}

TEST_CASE("footprint: what is asked for is told of all RAM first, then of a region, then of the block", "[budget]") {
  using mote::detail::ram_demand;
  footprint f = some();
  CHECK((ram_demand(f).needs == 249 && ram_demand(f).has == 249 && ram_demand(f).over() == 0));
  f.ram_block_available = 200;
  CHECK(ram_demand(f).over() == 49);
  f.regions[0] = {.name = "DTCM", .used = 30, .available = 10};
  CHECK((ram_demand(f).needs == 30 && ram_demand(f).over() == 20));
  f.ram_available = 1500;
  CHECK((ram_demand(f).needs == 1511 && ram_demand(f).over() == 11));
  CHECK(mote::detail::flash_demand(f).over() == 0);
  f.flash_available = 4000;
  CHECK(mote::detail::flash_demand(f).over() == 123);
}
