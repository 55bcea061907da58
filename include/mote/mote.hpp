// SPDX-License-Identifier: BSL-1.0
// All that a pipeline can be made of: every policy, the object that they make, and the macro for an image in flash.
// Refuses to include what a firmware may not want: include boards (one header each), policy/threads.hpp (needs an
// operating system), views.hpp (needs range-v3) and host/ (tools for a PC) by name.
#pragma once

#include "mote/config.hpp"   // IWYU pragma: export
#include "mote/version.hpp"  // IWYU pragma: export

#include "mote/pipeline.hpp"  // IWYU pragma: export

#include "mote/policy/bind_formats.hpp"  // IWYU pragma: export
#include "mote/policy/cache.hpp"         // IWYU pragma: export
#include "mote/policy/context.hpp"       // IWYU pragma: export
#include "mote/policy/fit.hpp"           // IWYU pragma: export
#include "mote/policy/interleave.hpp"    // IWYU pragma: export
#include "mote/policy/k_quant.hpp"       // IWYU pragma: export
#include "mote/policy/prefill.hpp"       // IWYU pragma: export
#include "mote/policy/quantize.hpp"      // IWYU pragma: export
#include "mote/policy/streamed.hpp"      // IWYU pragma: export
#include "mote/policy/window.hpp"        // IWYU pragma: export

#include "mote/format/affine.hpp"        // IWYU pragma: export
#include "mote/format/bf16.hpp"          // IWYU pragma: export
#include "mote/format/bit_fields.hpp"    // IWYU pragma: export
#include "mote/format/f16.hpp"           // IWYU pragma: export
#include "mote/format/f32.hpp"           // IWYU pragma: export
#include "mote/format/grid.hpp"          // IWYU pragma: export
#include "mote/format/group_scaled.hpp"  // IWYU pragma: export
#include "mote/format/iq4_nl.hpp"        // IWYU pragma: export
#include "mote/format/q2.hpp"            // IWYU pragma: export
#include "mote/format/q3.hpp"            // IWYU pragma: export
#include "mote/format/q4.hpp"            // IWYU pragma: export
#include "mote/format/q5.hpp"            // IWYU pragma: export
#include "mote/format/q6.hpp"            // IWYU pragma: export
#include "mote/format/q8.hpp"            // IWYU pragma: export
#include "mote/format/qk.hpp"            // IWYU pragma: export
#include "mote/format/qk_fit.hpp"        // IWYU pragma: export
#include "mote/format/row_scaled.hpp"    // IWYU pragma: export
#include "mote/format/ternary.hpp"       // IWYU pragma: export
#include "mote/format/trits.hpp"         // IWYU pragma: export

#include "mote/family/family_of.hpp"  // IWYU pragma: export
#include "mote/family/gemma2.hpp"     // IWYU pragma: export
#include "mote/family/gemma3.hpp"     // IWYU pragma: export
#include "mote/family/gpt2.hpp"       // IWYU pragma: export
#include "mote/family/gpt_neo.hpp"    // IWYU pragma: export
#include "mote/family/gpt_neox.hpp"   // IWYU pragma: export
#include "mote/family/lfm2.hpp"       // IWYU pragma: export
#include "mote/family/llama.hpp"      // IWYU pragma: export
#include "mote/family/opt.hpp"        // IWYU pragma: export
#include "mote/family/phi2.hpp"       // IWYU pragma: export
#include "mote/family/phi3.hpp"       // IWYU pragma: export
#include "mote/family/qwen.hpp"       // IWYU pragma: export
#include "mote/family/stablelm.hpp"   // IWYU pragma: export

#include "mote/learn/answers.hpp"            // IWYU pragma: export
#include "mote/learn/early_stop.hpp"         // IWYU pragma: export
#include "mote/learn/example.hpp"            // IWYU pragma: export
#include "mote/learn/frozen.hpp"             // IWYU pragma: export
#include "mote/learn/full.hpp"               // IWYU pragma: export
#include "mote/learn/ia3.hpp"                // IWYU pragma: export
#include "mote/learn/last_layers.hpp"        // IWYU pragma: export
#include "mote/learn/learner.hpp"            // IWYU pragma: export
#include "mote/learn/learner_knobs.hpp"      // IWYU pragma: export
#include "mote/learn/lesson.hpp"             // IWYU pragma: export
#include "mote/learn/lora.hpp"               // IWYU pragma: export
#include "mote/learn/low_rank_adapters.hpp"  // IWYU pragma: export
#include "mote/learn/optimizer.hpp"          // IWYU pragma: export
#include "mote/learn/prefix_tuning.hpp"      // IWYU pragma: export
#include "mote/learn/prompt_tuning.hpp"      // IWYU pragma: export
#include "mote/learn/role_set.hpp"           // IWYU pragma: export
#include "mote/learn/schedule.hpp"           // IWYU pragma: export
#include "mote/learn/slot.hpp"               // IWYU pragma: export
#include "mote/learn/trained_floats.hpp"     // IWYU pragma: export
#include "mote/learn/zeroth_order.hpp"       // IWYU pragma: export

#include "mote/recall/analysis.hpp"        // IWYU pragma: export
#include "mote/recall/binary.hpp"          // IWYU pragma: export
#include "mote/recall/bm25.hpp"            // IWYU pragma: export
#include "mote/recall/bm25_lengths.hpp"    // IWYU pragma: export
#include "mote/recall/counted_words.hpp"   // IWYU pragma: export
#include "mote/recall/distinct_words.hpp"  // IWYU pragma: export
#include "mote/recall/english.hpp"         // IWYU pragma: export
#include "mote/recall/flat.hpp"            // IWYU pragma: export
#include "mote/recall/fuse.hpp"            // IWYU pragma: export
#include "mote/recall/hit.hpp"             // IWYU pragma: export
#include "mote/recall/inverted.hpp"        // IWYU pragma: export
#include "mote/recall/item_store.hpp"      // IWYU pragma: export
#include "mote/recall/mmr.hpp"             // IWYU pragma: export
#include "mote/recall/ngrams.hpp"          // IWYU pragma: export
#include "mote/recall/no_recall.hpp"       // IWYU pragma: export
#include "mote/recall/parts.hpp"           // IWYU pragma: export
#include "mote/recall/piece_store.hpp"     // IWYU pragma: export
#include "mote/recall/pieces.hpp"          // IWYU pragma: export
#include "mote/recall/porter2.hpp"         // IWYU pragma: export
#include "mote/recall/prompt.hpp"          // IWYU pragma: export
#include "mote/recall/rag.hpp"             // IWYU pragma: export
#include "mote/recall/recent.hpp"          // IWYU pragma: export
#include "mote/recall/retrieve.hpp"        // IWYU pragma: export
#include "mote/recall/retriever.hpp"       // IWYU pragma: export
#include "mote/recall/script_tables.hpp"   // IWYU pragma: export
#include "mote/recall/scripts.hpp"         // IWYU pragma: export
#include "mote/recall/sentences.hpp"       // IWYU pragma: export
#include "mote/recall/slot.hpp"            // IWYU pragma: export
#include "mote/recall/unicode_data.hpp"    // IWYU pragma: export
#include "mote/recall/word_lists.hpp"      // IWYU pragma: export
#include "mote/recall/words.hpp"           // IWYU pragma: export

#include "mote/decode/admission.hpp"           // IWYU pragma: export
#include "mote/decode/banned.hpp"              // IWYU pragma: export
#include "mote/decode/banned_tokens.hpp"       // IWYU pragma: export
#include "mote/decode/confidence.hpp"          // IWYU pragma: export
#include "mote/decode/confidence_slot.hpp"     // IWYU pragma: export
#include "mote/decode/constrained.hpp"         // IWYU pragma: export
#include "mote/decode/constraint.hpp"          // IWYU pragma: export
#include "mote/decode/draft.hpp"               // IWYU pragma: export
#include "mote/decode/draft_gate.hpp"          // IWYU pragma: export
#include "mote/decode/drafts.hpp"              // IWYU pragma: export
#include "mote/decode/first_of.hpp"            // IWYU pragma: export
#include "mote/decode/gbnf.hpp"                // IWYU pragma: export
#include "mote/decode/gbnf_parser.hpp"         // IWYU pragma: export
#include "mote/decode/grammar.hpp"             // IWYU pragma: export
#include "mote/decode/grammar_builder.hpp"     // IWYU pragma: export
#include "mote/decode/grammar_compiler.hpp"    // IWYU pragma: export
#include "mote/decode/greedy.hpp"              // IWYU pragma: export
#include "mote/decode/json.hpp"                // IWYU pragma: export
#include "mote/decode/lookup.hpp"              // IWYU pragma: export
#include "mote/decode/ngram.hpp"               // IWYU pragma: export
#include "mote/decode/note_span.hpp"           // IWYU pragma: export
#include "mote/decode/picking.hpp"             // IWYU pragma: export
#include "mote/decode/repetition_penalty.hpp"  // IWYU pragma: export
#include "mote/decode/sample.hpp"              // IWYU pragma: export
#include "mote/decode/slot.hpp"                // IWYU pragma: export
#include "mote/decode/stop_at.hpp"             // IWYU pragma: export
#include "mote/decode/stopping_slot.hpp"       // IWYU pragma: export
#include "mote/decode/verbalize.hpp"           // IWYU pragma: export
#include "mote/decode/word_automaton.hpp"      // IWYU pragma: export

#if defined(__ELF__)             // otherwise an image is read or mapped: embed.hpp is an error there
#include "mote/store/embed.hpp"  // IWYU pragma: export
#endif
