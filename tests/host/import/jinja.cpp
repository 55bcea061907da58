// SPDX-License-Identifier: BSL-1.0
// Templates rendered as jinja2 renders them: what it made of each stands beside it. The templates of three models are in
// chat_form.cpp.
#include "mote/host/import/jinja.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <string>
#include <string_view>
#include <vector>

using Catch::Matchers::ContainsSubstring;

TEST_CASE("jinja: expressions, statements and white space as jinja2 has them", "[host][chat]") {
  struct pair {
    const char* source;
    const char* rendered;  // by jinja2 3.1 with trim_blocks and lstrip_blocks
  };
  const std::vector<mote::host::chat_message> messages{{"user", " Hi\n"}, {"assistant", "Yo"}};
  for (
      const pair& p : std::vector<pair>{
          {"a {{ 'b' ~ 1 ~ (1 + 2) }} c {{ 'x' + 'b' ~ 2 }}", "a b13 c xb2"},
          {"{{ 1 + 2 * 3 - 4 // 3 }} {{ 7 % 4 }} {{ -2 }} {{ not 1 == 2 }}", "6 3 -2 True"},
          {"{{ 'x' if false }}|{{ 'x' if 1 else 'y' }}|{{ ('a' if 0 else 'b') + 'c' }}", "|x|bc"},
          {"{% if false %}a{% elif 1 %}b{% else %}c{% endif %}", "b"},
          {"{%- for i in [1, 2, 3] %}{{ loop.index }}{{ ',' if not loop.last }}{% else %}none{%- endfor %}", "1,2,3"},
          {"{% for i in [] %}x{% else %}none{% endfor %}", "none"},
          {"{% for m in messages %}{{ loop.index0 }}{{ m['role'] }}:{{ m.content | trim }};{% endfor %}",
           "0user:Hi;1assistant:Yo;"},
          {"{% for m in messages if m.role == 'user' %}{{ loop.length }}{% endfor %}", "1"},
          {"{{ messages[0].content[1:] }}|{{ messages[-1]['role'] }}|{{ messages[::-1][0].role }}|{{ messages[1:] | length }}",
           "Hi\n|assistant|assistant|1"},
          {"{% set ns = namespace(n=0) %}{% for i in range(3) %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }}", "3"},
          {"{% set x = 1 %}{% for i in [1] %}{% set x = 2 %}{% endfor %}{{ x }}", "1"},
          {"{% set x %}a{{ 1 }}{% endset %}{{ x | upper }}", "A1"},
          {"{{ 'a</t>b</t>c'.split('</t>')[-1] }} {{ '\\n\\na\\n'.strip('\\n') }}|{{ ' a '.lstrip() }}|{{ ' a '.rstrip() }}|",
           "c a|a | a|"},
          {"{{ 'abc'.startswith('ab') }} {{ 'abc'.endswith('x') }} {{ 'b' in 'abc' }} {{ 'x' not in 'abc' }}",
           "True False True True"},
          {"{{ tools is defined }} {{ tools is not defined }} {{ none is none }} {{ 'a' is string }} {{ messages is iterable }} {{ messages[0] is mapping }}",
           "False True True True True True"},
          {"{{ tools | default('d') }} {{ x.y if x is defined else 'n' }} {{ bos_token or 'q' }}", "d n q"},
          {"{{ 'a\"b\\n' | tojson }}", "\"a\\\"b\\n\""},
          {"  {% if 1 %}\n  a\n  {% endif %}\n  b\n", "  a\n  b"},
          {"x  {#- c -#}  y {# d #}\nz", "xy z"},
          {"{{- 'a' -}}\n  b  {{- 'c' }}\n\n", "abc\n"},
          {"{{ 'it''s' 'x' }} {{ \"q'\" }} {{ {'a': 1}['a'] }} {{ (1, 2)[1] }}", "itsx q' 1 2"},
          {"{{ 'a-b'.replace('-', '+') }} {{ 'ab' | length }} {{ ['a', 'b'] | join('/') }} {{ [3, 4] | last }}",
           "a+b 2 a/b 4"},
          {"{{ add_generation_prompt and 'yes' }} {{ false or none or 'z' }} {{ 2 is even }} {{ 3 >= 3 and 2 < 3 }}",
           "yes z True True"},
          {"{% for a, b in [[1, 2], [3, 4]] %}{{ a }}{{ b }}{% endfor %}", "1234"},
      }) {
    CAPTURE(p.source);
    CHECK(mote::host::render_jinja(p.source, {.messages = messages, .eos_token = "</s>"}) == p.rendered);
  }
  CHECK_FALSE(mote::host::render_jinja("a{{ raise_exception('b') }}", {.messages = messages}));
}

TEST_CASE("jinja: a template that runs too long, writes too much or is too deep ends", "[host][chat]") {
  const std::vector<mote::host::chat_message> one{{"user", "a"}};
  const auto refused = [&](const std::string& text, const char* says) {
    CHECK_THROWS_WITH(mote::host::render_jinja(text, {.messages = one}), ContainsSubstring(says));
  };
  std::string loops, ends, deep;
  for (int i = 0; i < 8; ++i) {
    loops += "{% for a" + std::to_string(i) + " in range(4000) %}";
    ends += "{% endfor %}";
  }
  refused(loops + ends, "runs too long");
  refused("{% set ns = namespace(s='aaaaaaaa') %}{% for i in range(40) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
          "writes too much");
  refused("{% for i in range(4000) %}" + std::string(100, 'x') + "{% endfor %}", "writes too much");
  refused("{{ " + std::string(10000, '(') + "1" + std::string(10000, ')') + " }}", "is too deep");
  for (int i = 0; i < 5000; ++i) deep += "{% if 1 %}";
  refused(deep, "is too deep");
  refused("{{ " + std::string(5000, '-') + "1 }}", "is too deep");
  refused("{{ 'a", "without an end");
  refused("{{ 1 % 0 }}", "divides");
  refused("{{ messages }}", "prints a list");
  refused(std::string(300000, 'x'), "is longer than");
}
