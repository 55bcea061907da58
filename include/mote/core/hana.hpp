// SPDX-License-Identifier: BSL-1.0
// THE ONE place that includes Boost.Hana, and says so where it is missing.
// Refuses <boost/hana.hpp>: the whole of it is a good part of a compile time.
#pragma once

#include "mote/config.hpp"

#if !__has_include(<boost/hana/tuple.hpp>)
#error \
    "mote: Boost.Hana is not on the include path; install Boost's headers or add their folder with -isystem [mote-hana]"
#include "stopped by the error above"
#endif

#include <boost/hana/any_of.hpp>
#include <boost/hana/find_if.hpp>
#include <boost/hana/optional.hpp>
#include <boost/hana/tuple.hpp>
#include <boost/hana/type.hpp>
