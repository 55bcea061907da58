// SPDX-License-Identifier: BSL-1.0
// Grammars whose texts recognizers.hpp accepts: what a PC draws ten thousand of with MOTE_TEST_ALL, a thousand for every change,
// a board a hundred.
// Refuses to know how a text is made, so that a firmware can include it.
#pragma once

#include "mote/decode/gbnf.hpp"
#include "mote/decode/json.hpp"

namespace mote_tests {

using times = mote::gbnf<"root ::= ([01] [0-9] | \"2\" [0-3]) \":\" [0-5] [0-9] # of a day\n">;
using sums = mote::gbnf<R"_(
root ::= sum
sum  ::= term ([-+] term)*
term ::= [0-9]{1,3} | "(" sum ")"
)_",
                        5>;
using quoted = mote::gbnf<R"_(root ::= "\"" [^"\\\x00-\x1F]{0,12} "\"")_">;
namespace s = mote::schema;
/// A JSON schema with ranges, an enum, a pattern and fields that may be left out.
using order = mote::json<
    s::object<s::field<"device", s::one_of<"lamp", "la\"mp\n", "fan">>, s::field<"level", s::integer<-40, 125>>,
              s::optional<"note", s::text<1, 12>>, s::optional<"plate", s::matching<"[A-Z]{2} \"-\" [0-9]{1,3}">>,
              s::field<"on", s::boolean>, s::optional<"times", s::array<s::integer<0, 23>, 1, 3>>>>;
/// A span in a field. Of these notes:
using spans = mote::json<s::object<s::field<"code", s::copied<1, 24>>>>;
inline constexpr std::string_view notes_with_spans[] = {"the tea is B-MX 4711, and hot",
                                                        "ann has 12.50 in the red hat"};

}  // namespace mote_tests
