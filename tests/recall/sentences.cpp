// SPDX-License-Identifier: BSL-1.0
// Where a sentence ends: each text is cut where its line has a bar, by pieces<> with `sentences`.
#include "mote/recall/sentences.hpp"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <string_view>

#include "mote/recall/bm25.hpp"
#include "mote/recall/pieces.hpp"

namespace {

using notes = mote::pieces<mote::bm25<>, mote::pieces_knobs{.sentences = true}>::index;

std::string cut(std::string text) {
  std::erase(text, '|');
  std::string cuts;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view piece = notes::first_piece(rest);
    cuts += cuts.empty() ? "" : "|";
    cuts += piece;
    rest.remove_prefix(piece.size());
  }
  return cuts;
}

}  // namespace

TEST_CASE("sentences: where a text is cut", "[recall][sentences]") {
  for (const std::string_view text : {
           // Short words, numbers and units end a sentence.
           "Turn it up. |Ben knows it. |The pump is on.",
           "turn it up. |ben knows it. |the pump is on.",
           "Ann has it. |Ben is in.",
           "The answer is no. |The next one is yes.",
           "The code is 7. |The fuse is 16A. |The lamp has 5 W. |It is for Max.",
           "It takes 5 ms. |The filter is M5. |Wait 10 min. |Then open it.",
           "ann's pin is 4711. |ben's is 0815.",
           "Is it on? |Yes! |Then go.",
           "Wait... |The pump starts.",
           "the kitchen light's number is 3. |the hall light's number is 7.",
           // Abbreviations and initials do not.
           "Dr. Lee has the key. |The code is 7.",
           "dr. lee has the key. |ask mrs. brown.",
           "Ask Prof. Weber. |St. Anna is closed.",
           "J. Smith has it. |So has J. R. Jones.",
           "Take tools, e.g. a hammer. |It is due, i.e. today.",
           "Take e. g. The Times. |The U.S. Navy.",
           "Open it at 5 p.m. on Monday. |Close it at 9 p.m. |The bell rings.",
           "The flat is No. 5 on the left. |The fuse is nr. 12. |See p. 3 and pp. 4 to 7.",
           "It needs approx. 3 litres, max. 5 bar, cf. page 2. |Heat vs. cold.",
           "(Dr. Lee has it.) |\"Mr. Hall does not.\" |Why?",
           "The value is 3.5 at most. |Version 2.0.1 is out.",
           // What is counted does not end behind its number; a line ends.
           "1. Open the cover. |2. Press the button. |10. Close it.",
           "Shopping:\n|1. Bread\n|2. Milk\n|Tea \n|7731\n|Keys.",
           // German
           "Die Lampe steht an der T\u00FCr. |Der Code ist 7. |Die \u00D6se ist gro\u00DF. |\u00C4pfel holen!",
           "Hr. M\u00FCller wohnt in Nr. 5. |Fr. \u00D6z nicht, d. h. z. B. Ann, bzw. Ben u. a. Kinder. |Um ca. 3 Uhr.",
           "Das sind z.B. \u00C4pfel. |Er sagt: \u201EGeh.\u201C |Sie bleibt.",
           "\u00C9. Zola hat es. |O. \u00D6z nicht.",
           // Closing quotes and brackets
           "He said \"Go.\" |Ann went. |(Ben did not.) |She said \u201CNo!\u201D |Then it rained.",
           // Other scripts
           "\u041E\u043D \u0442\u0443\u0442. |\u041A\u043E\u0434 7. |\u0410. \u041F\u0443\u0448\u043A\u0438\u043D.",
           "\u939A\u306F\u6771\u3002|\u6697\u8A3C\u306F\uFF17\uFF11\u3002|\u4F55\uFF1F\uFF01|\u306F\u3044\u3002",
           "\u300C\u884C\u3051\u3002\u300D|\u5F7C\u306F\u884C\u3063\u305F\u3002 |\u6B21\u3002",
           "\u0915\u094B\u0921 7 \u0939\u0948\u0964 |\u0926\u0930\u0935\u093E\u091C\u093C\u093E\u0964",
           "\u0645\u0627 \u0627\u0644\u0631\u0645\u0632\u061F |\u0627\u0644\u0631\u0645\u0632 7. |\u0646\u0639\u0645.",
           // White space alone ends none.
           "\n\nKeys. |And more",
           "  Ann is here.  \n\n",
           "A line \n\n|Ann is here.  |Ben is.",
           "...",
           ".",
           " . |a",
           "\xFF. \xFF\xFF. |x",
       }) {
    INFO(text);
    CHECK(cut(std::string(text)) == text);
  }
}
