// SPDX-License-Identifier: BSL-1.0
// What people tell an assistant to remember: kinds of facts, each with ways to say it and to ask for it.
// Refuses to hold values: owners and values are drawn, mostly made up, so that only copying from the note can answer.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace mote::inline v0::host {

/// Whom a fact is about; facts of one kin can be about the same owner and make good distractors.
enum class kin : std::uint8_t { thing, person, family, self, spot, trip };

/// Wordings: {o} owner, {a} attribute in the note, {q} attribute in the question, {v} value, {d} determiner.
/// An attribute "service code/code/service code" is noted by its first name and asked for by one of the others;
/// the first of the others is its key: two facts of one owner with one key would contradict each other.
/// The last question is reserved: only held-out text uses it.
struct fact_kind {
  std::string_view name;
  kin about;
  std::uint32_t weight;
  bool easy;      ///< one-word values: where a curriculum starts
  bool sentence;  ///< the value is a phrase of known words and begins the answer with a capital; else copied as it is
  std::string_view determiners;
  std::string_view owners;
  std::string_view attributes;
  std::string_view values;
  std::string_view notes;
  std::string_view questions;
};

inline constexpr std::string_view thing_owners =
    "boiler|router|printer|alarm|garage|gate|safe|heat pump|front door|bike lock|shed|letter box|suitcase|car|meter|"
    "oven|washing machine|television|phone|tablet|freezer|dryer|camera|doorbell|pump|fridge|dishwasher|bike|boat|cabin|"
    "@noun|@noun|@noun|@noun|@noun|@noun|@noun|@noun";

inline constexpr std::string_view thing_notes =
    "{d} {o}'s {a} is {v}|the {a} of {d} {o} is {v}|{v} is the {a} of {d} {o}|for {d} {o} the {a} is {v}|"
    "{d} {o} has the {a} {v}";

inline constexpr std::string_view thing_questions =
    "what is {d} {o}'s {q}?|what is the {q} of {d} {o}?|tell me the {q} of {d} {o}.|tell me {d} {o}'s {q}.|"
    "what is the {q} for {d} {o}?|do you know {d} {o}'s {q}?|which {q} does {d} {o} have?|~{o} {q}?|"
    "I need the {q} of {d} {o}.|can you find {d} {o}'s {q}?";

inline constexpr std::string_view person_notes =
    "{o}'s {a} is {v}|the {a} of {o} is {v}|{v} is {o}'s {a}|for {o} the {a} is {v}|{o} has the {a} {v}";

inline constexpr std::string_view person_questions =
    "what is {o}'s {q}?|what is the {q} of {o}?|tell me the {q} of {o}.|tell me {o}'s {q}.|do you know {o}'s {q}?|"
    "which {q} does {o} have?|~{o}'s {q}?|I need the {q} of {o}.|can you find {o}'s {q}?";

inline constexpr std::string_view people = "@name|@name|@name|my @role";

inline constexpr std::array fact_kinds = {
    fact_kind{"code", kin::thing, 9, true, false, "the|the|the|my|our", thing_owners,
              "service code/code/service code|service code/code/service code|code/code|entry code/code/entry code|"
              "pin/pin|serial number/serial number|model number/model number|filter size/filter size|year/year|"
              "part number/part number|pressure/pressure|account number/account number/account|key number/key number|"
              "phone number/phone number|@noun",
              "@digits", thing_notes, thing_questions},
    fact_kind{"word", kin::thing, 4, true, false, "the|the|the|my|our", thing_owners,
              "password/password|name/name|network/network|brand/brand|code word/code word/secret word|maker/maker|"
              "@noun",
              "@word|@title|@pass", thing_notes, thing_questions},
    fact_kind{"number", kin::person, 4, true, false, "the", people,
              "phone number/phone number/phone|room number/room number/room|extension/extension|shoe size/shoe size|"
              "house number/house number|door code/door code/code|pin/pin|locker number/locker number/locker|@noun",
              "@digits", person_notes, person_questions},
    fact_kind{"favourite", kin::person, 3, true, false, "the", people,
              "song/song|book/book|team/team|game/game|drink/drink|food/food|colour/colour|flower/flower|number/number",
              "@word|@title|@title|@digits|@food|@colour",
              "{o}'s favourite {a} is {v}|{v} is {o}'s favourite {a}|the favourite {a} of {o} is {v}",
              "what is {o}'s favourite {q}?|which {q} does {o} like best?|tell me {o}'s favourite {q}.|"
              "do you know {o}'s favourite {q}?|what is the favourite {q} of {o}?|which is {o}'s favourite {q}?"},
    fact_kind{"my favourite", kin::self, 3, true, false, "the", "my",
              "song/song|book/book|team/team|game/game|drink/drink|food/food|colour/colour|flower/flower|number/number|"
              "place/place|tool/tool|@noun",
              "@word|@title|@title|@digits|@food|@colour",
              "my favourite {a} is {v}|{v} is my favourite {a}|the {a} I like best is {v}",
              "what is my favourite {q}?|which {q} do I like best?|tell me my favourite {q}.|~my favourite {q}?|"
              "do you know my favourite {q}?|which is my favourite {q}?"},
    fact_kind{"called", kin::family, 5, true, false, "my|my|our",
              "sister|brother|mother|father|son|daughter|wife|husband|aunt|uncle|cousin|friend|neighbour|boss|teacher|"
              "doctor|dentist|plumber|cat|dog|horse|rabbit|landlord|lawyer|baker|@noun",
              "", "@name|@title",
              "{d} {o} is called {v}|{d} {o}'s name is {v}|the name of {d} {o} is {v}|{v} is {d} {o}",
              "what is {d} {o}'s name?|who is {d} {o}?|what is the name of {d} {o}?|what is {d} {o} called?|"
              "tell me {d} {o}'s name.|do you know {d} {o}'s name?|~{d} {o}'s name?|how is {d} {o} called?"},
    fact_kind{"lives", kin::person, 4, true, false, "the", people, "", "@title",
              "{o} lives in {v}|{o} moved to {v}|{v} is where {o} lives|{o} has a house in {v}",
              "where does {o} live?|in which town does {o} live?|what town does {o} live in?|"
              "do you know where {o} lives?|tell me where {o} lives.|which town is {o} in?"},
    fact_kind{"works", kin::person, 3, true, false, "the", people, "", "@title",
              "{o} works at {v}|{o} works for {v}|{o} has an office at {v}",
              "where does {o} work?|who does {o} work for?|do you know where {o} works?|tell me where {o} works.|"
              "at which firm does {o} work?"},
    fact_kind{"job", kin::person, 2, true, false, "the", people, "", "@job|@job|@noun",
              "{o} is a {v}|{o} works as a {v}|{o}'s job is {v}",
              "what is {o}'s job?|what does {o} work as?|tell me {o}'s job.|do you know {o}'s job?|"
              "which job does {o} have?"},
    fact_kind{"likes", kin::person, 2, true, false, "the", people, "", "@food|@word|@title",
              "{o} likes {v}|{o} loves {v}|{o} is fond of {v}",
              "what does {o} like?|what does {o} love?|tell me what {o} likes.|do you know what {o} likes?|"
              "what is {o} fond of?"},
    fact_kind{"allergic", kin::person, 2, true, false, "the", people, "", "@food|@noun",
              "{o} is allergic to {v}|{o} cannot eat {v}|{o} must not eat {v}",
              "what is {o} allergic to?|what can {o} not eat?|what must {o} not eat?|tell me what {o} cannot eat.|"
              "which food is bad for {o}?"},
    fact_kind{"owe", kin::person, 2, true, false, "the", "@name", "", "@digits euros|@digits dollars|@digits coins",
              "I owe {o} {v}|{o} gets {v} from me|I must pay {o} {v}",
              "how much do I owe {o}?|what do I owe {o}?|how much does {o} get from me?|tell me what I owe {o}.|"
              "how much must I pay {o}?|how much money does {o} get?"},
    fact_kind{"wifi", kin::spot, 4, true, false, "the|the|our",
              "wifi|guest wifi|office wifi|garden wifi|cabin wifi|@title wifi", "", "@pass|@word|@digits|@title",
              "{d} {o} password is {v}|the password of {d} {o} is {v}|the password for {d} {o} is {v}|"
              "{v} is the password of {d} {o}",
              "what is {d} {o} password?|what is the password of {d} {o}?|what is the password for {d} {o}?|"
              "tell me {d} {o} password.|I need {d} {o} password.|do you know {d} {o} password?|~{o} password?|"
              "which password does {d} {o} use?"},
    fact_kind{"lent", kin::thing, 3, true, false, "the|the|my|our",
              "drill|ladder|tent|book|saw|camera|trailer|toolbox|lamp|bike|pump|@noun|@noun", "", "@name",
              "{v} has {d} {o}|I lent {d} {o} to {v}|I gave {d} {o} to {v}|{v} took {d} {o}",
              "who has {d} {o}?|who took {d} {o}?|who did I lend {d} {o} to?|who did I give {d} {o} to?|"
              "tell me who has {d} {o}.|do you know who has {d} {o}?|which person has {d} {o}?"},
    fact_kind{"where", kin::spot, 6, false, true, "the|the|my|our",
              "spare key|passport|umbrella|drill|torch|ladder|first aid kit|charger|toolbox|scarf|tent|glue|tape|map|"
              "blue coat|big pan|cat food|@noun|@noun",
              "",
              "@place the @colour @box|@place the @box|in the @room|@place the @noun|in the @colour @noun|"
              "@place the @box in the @room",
              "{d} {o} is {v}|I put {d} {o} {v}|you find {d} {o} {v}|we keep {d} {o} {v}",
              "where is {d} {o}?|where did I put {d} {o}?|where can I find {d} {o}?|do you know where {d} {o} is?|"
              "where do we keep {d} {o}?|tell me where {d} {o} is.|I am looking for {d} {o}."},
    fact_kind{"parked", kin::spot, 3, false, true, "the|my|our", "car|van|bike|trailer|scooter|truck", "",
              "in spot @digits|on level @digit|in row @number|on level @digit in spot @digits|near the @noun|in @title",
              "{d} {o} is parked {v}|I parked {d} {o} {v}|we left {d} {o} {v}",
              "where is {d} {o}?|where is {d} {o} parked?|where did I park {d} {o}?|tell me where {d} {o} is.|"
              "in which place is {d} {o} parked?"},
    fact_kind{"takes", kin::self, 2, false, true, "the", "my", "coffee/coffee|tea/tea|soup/soup|toast/toast|rice/rice",
              "with @food|without @food|with @food and @food|with @noun",
              "I take my {a} {v}|I like my {a} {v}|I have my {a} {v}",
              "how do I take my {q}?|how do I like my {q}?|tell me how I take my {q}.|do you know how I take my {q}?|"
              "how do I have my {q}?"},
    fact_kind{"takes", kin::person, 2, false, true, "the", people, "coffee/coffee|tea/tea|soup/soup|toast/toast",
              "with @food|without @food|with @food and @food|with @noun", "{o} takes {a} {v}|{o} has {a} {v}",
              "how does {o} take {q}?|how does {o} like {q}?|tell me how {o} takes {q}.|"
              "do you know how {o} likes {q}?|how does {o} have {q}?"},
    fact_kind{"date", kin::person, 4, false, false, "the", people,
              "birthday/birthday|birthday/birthday|wedding/wedding|exam/exam|trip/trip|party/party|visit/visit",
              "@date", "{o}'s {a} is on {v}|the {a} of {o} is on {v}|on {v} is {o}'s {a}",
              "when is {o}'s {q}?|when is the {q} of {o}?|what is the date of {o}'s {q}?|tell me when {o}'s {q} is.|"
              "do you know when {o}'s {q} is?|on what day is {o}'s {q}?"},
    fact_kind{"daily", kin::self, 3, false, true, "the", "I",
              "get up/get up|have lunch/have lunch|have dinner/have dinner|go to bed/go to bed|go running/go running|"
              "start work/start work|finish work/finish work|take my pills/take my pills|feed the cat/feed the cat|"
              "feed the dog/feed the dog|call my mother/call my mother|catch the bus/catch the bus",
              "at @time", "I {a} {v}|{v} I {a}|every day I {a} {v}",
              "when do I {q}?|at what time do I {q}?|what time do I {q}?|tell me when I {q}.|do you know when I {q}?|"
              "from when do I {q}?"},
    fact_kind{"alarm", kin::self, 2, false, true, "the", "alarm",
              "morning alarm/morning alarm|weekday alarm/weekday alarm|weekend alarm/weekend alarm|"
              "school alarm/school alarm|work alarm/work alarm",
              "at @time", "the {a} is {v}|my {a} rings {v}|the {a} is set {v}",
              "when is the {q}?|when does my {q} ring?|at what time is the {q}?|what time is my {q}?|"
              "when will the {q} ring?"},
    fact_kind{"meeting", kin::spot, 4, false, true, "the|the|my",
              "dentist|doctor|barber|meeting|piano lesson|swimming class|concert|school party|yoga class|football game|"
              "plumber|dinner with @name|call with @name|bank visit|car check|haircut|@noun class",
              "", "on @day at @time|on @day|at @time|on @date", "{d} {o} is {v}|I have {d} {o} {v}|{d} {o} starts {v}",
              "when is {d} {o}?|when do I have {d} {o}?|do you know when {d} {o} is?|tell me when {d} {o} is.|"
              "when does {d} {o} start?|for when is {d} {o} planned?"},
    fact_kind{"bin", kin::spot, 1, false, true, "the", "paper bin|glass bin|blue bin|green bin|plastic bin|garden bin",
              "", "on @day|every @day|on @day at @time",
              "{d} {o} goes out {v}|they empty {d} {o} {v}|{v} {d} {o} goes out",
              "when does {d} {o} go out?|when do they empty {d} {o}?|on which day does {d} {o} go out?|"
              "tell me when {d} {o} goes out.|when must I put {d} {o} out?"},
    fact_kind{"plant", kin::spot, 1, false, true, "the|my", "fern|cactus|palm|ivy|orchid|lemon tree|basil|rose|@noun",
              "", "every @number days|every @day|twice a week|once a month|on @day",
              "{d} {o} needs water {v}|water {d} {o} {v}|I water {d} {o} {v}",
              "how often do I water {d} {o}?|when does {d} {o} need water?|when do I water {d} {o}?|"
              "tell me when to water {d} {o}.|how often does {d} {o} need water?"},
    fact_kind{"leaves", kin::trip, 2, false, true, "the", "@title", "bus/bus|train/train|boat/boat|bus/bus",
              "at @time|on @day at @time|on @day",
              "the {a} to {o} leaves {v}|the {a} to {o} goes {v}|{v} the {a} to {o} leaves",
              "when does the {q} to {o} leave?|when does the {q} to {o} go?|tell me when the {q} to {o} leaves.|"
              "do you know when the {q} to {o} leaves?|when must I catch the {q} to {o}?"},
};

/// Questions about the world, which this assistant must not guess at.
inline constexpr std::string_view world_questions =
    "who won the game last week?|what is the capital of @title?|how tall is the tower in @title?|"
    "what is @number plus @number?|who wrote the book @title?|how far away is the moon?|will it rain tomorrow?|"
    "what is the news today?|who is the king of @title?|how many people live in @title?|who is @title?|"
    "what is a @noun?|how old is @title?|why is the sky blue?|what does @noun mean?|who built @title?|"
    "what is the best @noun?|how do I cook a @noun?|where is @title?|when did @title die?";

inline constexpr std::string_view i_do_not_know = "I do not know.";

}  // namespace mote::inline v0::host
