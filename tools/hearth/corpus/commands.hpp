// SPDX-License-Identifier: BSL-1.0
// Orders to a house and the compact JSON that answers them: at least five wordings for training, and a reserved one.
// Refuses private phrases: a scene appears only by its JSON value, so that users can teach their own names for it.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace mote::inline v0::host {

/// Slots: {r} room, {o} on/off, {n} level, {t} degrees, {m} minutes, {c} colour, {g} music, {d} door, {i} shopping
/// item, {k} clock time, {s} scene, {p} plug, {h} channel, {w} speed or cups.
/// "~" before a wording: it is not a sentence and takes no "could you".
/// The last wording is reserved: only held-out text uses it.
struct command_kind {
  std::string_view name;
  std::uint32_t weight;
  std::string_view json;
  std::string_view wordings;
};

/// What may stand in a slot. A made-up room must be copied: people name their rooms themselves.
constexpr std::string_view slot_values(char slot) {
  switch (slot) {
    case 'r':
      return "kitchen|kitchen|bedroom|bedroom|office|office|hall|hall|bathroom|bathroom|living room|living room|garage|"
             "cellar|nursery|attic|dining room|guest room|garden|balcony|@noun|@noun|@noun|@noun";
    case 'o': return "on|off";
    case 'n': return "10|20|25|30|35|40|45|50|55|60|65|70|75|80|85|90|95|100|5|15|@number";
    case 't': return "15|16|17|18|19|20|21|22|23|24|25|26";
    case 'm': return "1|2|3|4|5|6|7|8|9|10|12|15|20|25|30|40|45|60|90|@number";
    case 'c': return "red|blue|green|white|yellow|pink|orange|purple";
    case 'g': return "jazz|rock|pop|soul|blues|folk|piano music|guitar music|the news|@noun|@noun";
    case 'd': return "front door|back door|garage door|cellar door|balcony door|shed door|gate|garden gate";
    case 'i': return "@food|@food|@noun|@noun|soap|paper|tea|coffee|flour|oil";
    case 'k': return "@time";
    case 's': return "away|night|cinema|guests|holiday";
    case 'p': return "1|2|3|4|5|6|7|8|9";
    case 'h': return "@number";
    case 'w': return "1|2|3|4|5";
    default: return "";
  }
}

inline constexpr std::array command_kinds = {
    command_kind{"light", 12, R"({"light":"{r}","set":"{o}"})",
                 "turn {o} the {r} light|turn {o} the light in the {r}|turn the {r} light {o}|switch {o} the {r} lamp|"
                 "switch the {r} light {o}|~{r} light {o}|~light {o} in the {r}|turn the light in the {r} {o}|"
                 "put the {r} light {o}"},
    command_kind{"light on", 3, R"({"light":"{r}","set":"on"})",
                 "make it bright in the {r}|it is dark in the {r}|I need light in the {r}|light up the {r}|"
                 "~light in the {r}|give me light in the {r}|I cannot see in the {r}"},
    command_kind{"light all", 3, R"({"light":"all","set":"{o}"})",
                 "turn {o} all the lights|switch {o} all lights|turn all lights {o}|~all lights {o}|"
                 "switch {o} every light|turn every light {o}|put all lights {o}"},
    command_kind{"dim", 6, R"({"light":"{r}","level":{n}})",
                 "dim the {r} light to {n}|dim the {r} lamp to {n}|set the {r} light to {n} percent|"
                 "~{r} light {n} percent|set the light in the {r} to {n}|dim the light in the {r} to {n}|"
                 "bring the {r} light to {n}"},
    command_kind{"colour", 4, R"({"light":"{r}","color":"{c}"})",
                 "make the {r} light {c}|set the {r} light to {c}|turn the {r} light {c}|~{c} light in the {r}|"
                 "change the {r} light to {c}|I want {c} light in the {r}|paint the {r} {c}"},
    command_kind{"heat", 4, R"({"heat":{t}})",
                 "set the heating to {t} degrees|set the heating to {t}|turn the heating to {t}|heat to {t} degrees|"
                 "~heating to {t}|make it {t} degrees|bring the house to {t} degrees"},
    command_kind{"heat room", 5, R"({"heat":{t},"room":"{r}"})",
                 "set the {r} to {t} degrees|heat the {r} to {t}|heat the {r} to {t} degrees|make the {r} {t} degrees|"
                 "set the heating in the {r} to {t}|~{r} heating {t} degrees|warm the {r} to {t} degrees"},
    command_kind{"heat switch", 2, R"({"heat":"{o}"})",
                 "turn {o} the heating|turn the heating {o}|switch the heating {o}|~heating {o}|switch {o} the heating|"
                 "put the heating {o}"},
    command_kind{"blind open", 3, R"({"blind":"{r}","set":"open"})",
                 "open the blinds in the {r}|open the {r} blinds|raise the {r} blinds|pull up the blinds in the {r}|"
                 "~{r} blinds open|~{r} blinds up|let some sun into the {r}"},
    command_kind{"blind close", 3, R"({"blind":"{r}","set":"closed"})",
                 "close the blinds in the {r}|close the {r} blinds|lower the {r} blinds|shut the blinds in the {r}|"
                 "~{r} blinds closed|~{r} blinds down|keep the sun out of the {r}"},
    command_kind{"timer", 5, R"({"timer":{m}})",
                 "start a {m} minute timer|set a timer for {m} minutes|start a timer of {m} minutes|~timer {m} minutes|"
                 "count down {m} minutes|set a {m} minute timer|tell me when {m} minutes are over"},
    command_kind{"timer stop", 1, R"({"timer":"stop"})",
                 "stop the timer|cancel the timer|end the timer|~timer off|I do not need the timer|clear the timer"},
    command_kind{"alarm", 4, R"({"alarm":"{k}"})",
                 "set an alarm for {k}|set the alarm to {k}|wake me at {k}|~alarm at {k}|wake me up at {k}|"
                 "I want to get up at {k}|get me up at {k}"},
    command_kind{"alarm off", 1, R"({"alarm":"off"})",
                 "turn off the alarm|stop the alarm|cancel the alarm|~alarm off|do not wake me|switch off the alarm"},
    command_kind{"lock", 3, R"({"lock":"{d}","set":"locked"})",
                 "lock the {d}|lock up the {d}|make sure the {d} is locked|~{d} locked|bolt the {d}|secure the {d}"},
    command_kind{"unlock", 3, R"({"lock":"{d}","set":"open"})",
                 "unlock the {d}|open the {d}|open up the {d}|~{d} open|let me in by the {d}|undo the lock of the {d}"},
    command_kind{"play room", 4, R"({"play":"{g}","room":"{r}"})",
                 "play {g} in the {r}|play some {g} in the {r}|put on {g} in the {r}|~{g} in the {r}|"
                 "start {g} in the {r}|I want {g} in the {r}|let me hear {g} in the {r}"},
    command_kind{"play", 3, R"({"play":"{g}"})",
                 "play {g}|play some {g}|put on {g}|start playing {g}|I want to hear {g}|let me hear {g}"},
    command_kind{"play stop", 1, R"({"play":"stop"})",
                 "stop the music|turn off the music|end the music|~music off|stop playing|no more music"},
    command_kind{"volume", 3, R"({"volume":{n}})",
                 "set the volume to {n}|turn the volume to {n}|~volume {n}|put the volume at {n}|make the volume {n}|"
                 "bring the sound to {n}"},
    command_kind{"louder", 1, R"({"volume":"up"})",
                 "turn it up|make it louder|turn up the volume|~louder|turn the music up|raise the volume"},
    command_kind{"quieter", 1, R"({"volume":"down"})",
                 "turn it down|make it quieter|turn down the volume|~quieter|turn the music down|lower the volume"},
    command_kind{"fan", 4, R"({"fan":"{r}","set":"{o}"})",
                 "turn {o} the fan in the {r}|turn {o} the {r} fan|switch the {r} fan {o}|~{r} fan {o}|"
                 "turn the fan in the {r} {o}|put the {r} fan {o}"},
    command_kind{"fan speed", 3, R"({"fan":"{r}","speed":{w}})",
                 "set the {r} fan to speed {w}|run the {r} fan at speed {w}|set the fan in the {r} to {w}|"
                 "~{r} fan speed {w}|turn the {r} fan to {w}|bring the {r} fan to speed {w}"},
    command_kind{"tv", 2, R"({"tv":"{o}"})",
                 "turn {o} the television|turn the television {o}|switch the tv {o}|~tv {o}|"
                 "turn the tv {o}|put the tv {o}"},
    command_kind{"channel", 2, R"({"tv":{h}})",
                 "switch to channel {h}|put on channel {h}|turn the tv to channel {h}|~channel {h}|show channel {h}|"
                 "change to channel {h}"},
    command_kind{"vacuum", 3, R"({"vacuum":"{r}"})",
                 "vacuum the {r}|clean the {r}|send the vacuum to the {r}|~vacuum in the {r}|"
                 "clean the floor in the {r}|the {r} floor is dirty"},
    command_kind{"vacuum dock", 1, R"({"vacuum":"dock"})",
                 "stop the vacuum|stop cleaning|send the vacuum back|~vacuum off|park the vacuum|end the cleaning"},
    command_kind{"coffee", 2, R"({"coffee":{w}})",
                 "make {w} cups of coffee|brew {w} cups|I want {w} coffees|~{w} coffees|make {w} coffees|"
                 "prepare {w} cups of coffee"},
    command_kind{"plug", 2, R"({"plug":{p},"set":"{o}"})",
                 "turn {o} plug {p}|turn plug {p} {o}|switch plug {p} {o}|~plug {p} {o}|switch {o} plug number {p}|"
                 "put plug {p} {o}"},
    command_kind{"list", 5, R"({"list":"add","item":"{i}"})",
                 "put {i} on the shopping list|add {i} to the shopping list|add {i} to the list|we need {i}|"
                 "write {i} on the list|I have to buy {i}|note that we are out of {i}"},
    command_kind{"temperature", 4, R"({"read":"temperature","room":"{r}"})",
                 "what is the temperature in the {r}?|how warm is it in the {r}?|how cold is it in the {r}?|"
                 "~{r} temperature?|tell me the temperature in the {r}.|is it warm in the {r}?|how hot is the {r}?"},
    command_kind{"humidity", 2, R"({"read":"humidity","room":"{r}"})",
                 "what is the humidity in the {r}?|how humid is it in the {r}?|tell me the humidity in the {r}.|"
                 "~{r} humidity?|is the air dry in the {r}?|how damp is the {r}?"},
    command_kind{"door state", 2, R"({"read":"lock","door":"{d}"})",
                 "is the {d} locked?|is the {d} open?|did I lock the {d}?|check the {d}.|tell me if the {d} is locked.|"
                 "is the {d} shut?"},
    command_kind{"scene", 5, R"({"scene":"{s}"})",
                 "set the scene to {s}|start the {s} scene|switch to the {s} scene|~scene {s}|activate the {s} scene|"
                 "go to scene {s}|change the scene to {s}"},
    command_kind{"ask room", 3, R"({"ask":"which room"})",
                 "turn {o} the light|switch {o} a lamp|dim the light|open the blinds|close the blinds|turn {o} the fan|"
                 "turn the light {o}|make the light {c}|dim the lamp to {n}"},
    command_kind{"ask time", 2, R"({"ask":"how long"})",
                 "start a timer|set a timer|I need a timer|~a timer|start the timer|run a timer"},
    command_kind{"ask alarm", 1, R"({"ask":"what time"})",
                 "set an alarm|wake me up|wake me|~an alarm|I need an alarm|get me up"},
    command_kind{"ask door", 1, R"({"ask":"which door"})",
                 "lock the door|open the door|unlock the door|is the door locked?|close the door|shut the door"},
    command_kind{"ask device", 2, R"({"ask":"which device"})",
                 "turn it {o}|switch it {o}|turn that {o}|~{o}|turn something {o}|put it {o}"},
};

}  // namespace mote::inline v0::host
