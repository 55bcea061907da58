// SPDX-License-Identifier: BSL-1.0
// Generates the training text of the project's own small model: no file, no download, the same text on every machine.
// Refuses general knowledge: the text has a home assistant's orders, small talk and notes, and "I do not know.".
//
//   mote::host::corpus text(7);                              // seed; training split
//   mote::host::dialogue_item item = text.next();            // notes, prompt, answer, kind
//   mote::host::corpus exam(7, mote::host::split::heldout);  // wordings, words and codes that training never shows
//
// | part                 | held out of training                                                                    |
// |----------------------|-----------------------------------------------------------------------------------------|
// | made-up words        | one in five, by hash of the word (as owner, value, room, item)                          |
// | codes of >= 2 digits | one in five, by hash of the digits                                                      |
// | wording x slots      | one wording in five of each (fact, owner, attribute) and of each (order, slot values)   |
// | reserved wordings    | the last of each list in facts.hpp, commands.hpp, chat.hpp: `item.reserved`             |
// | private phrases      | all (`private_phrases`): a user teaches them                                            |
#pragma once

#include "hearth/corpus/generator.hpp"
#include "hearth/corpus/household.hpp"
#include "hearth/corpus/item.hpp"
