#include "bindings/cli/command_line.h"

#include <CLI/CLI.hpp>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include "bindings/cli/bench_decode.h"
#include "bindings/cli/bench_decoding.h"
#include "bindings/cli/bench_encode.h"
#include "bindings/cli/bench_logits.h"
#include "bindings/cli/command_parts.h"
#include "bindings/cli/constraint_commands.h"
#include "bindings/cli/convert.h"
#include "bindings/cli/decode.h"
#include "bindings/cli/decoding_commands.h"
#include "bindings/cli/diff.h"
#include "bindings/cli/doctor.h"
#include "bindings/cli/encode.h"
#include "bindings/cli/eval_commands.h"
#include "bindings/cli/exit_code.h"
#include "bindings/cli/grammar_commands.h"
#include "bindings/cli/info.h"
#include "bindings/cli/morph_commands.h"
#include "bindings/cli/sampling_commands.h"
#include "bindings/cli/standard_output.h"
#include "bindings/cli/train.h"
#include "bindings/cli/train_hybrid.h"
#include "bindings/cli/verify_sampling.h"
#include "bindings/cli/verify_tokenizer.h"
#include "bindings/cli/version.h"

namespace tokrail::cli {

namespace {

void add_tokenizer(CLI::App& app, TokenizerChoice& choice) {
  app.add_option("-t,--tokenizer", choice.path, "tokenizer file, or folder of a model")
      ->required()
      ->type_name("FILE");
  app.add_option("--pattern", choice.pattern,
                 "for .tiktoken files: cl100k, o200k, ... or a regular expression");
}

void add_threads(CLI::App& app, int& threads) {
  app.add_option("--threads", threads, "at most so many threads; 0: all")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
}

void add_files(CLI::App& app, std::vector<std::string>& files, const char* what) {
  app.add_option("files", files, what)->type_name("FILE");
}

void add_special(CLI::App& app, std::string& special) {
  app.add_option("--special", special,
                 "special tokens spelled in the text: allow (match them), forbid (an error), text "
                 "(read them as text); default: as the system that owns the file format")
      ->check(CLI::IsMember({"allow", "forbid", "text"}));
}

void add_encode(CLI::App& root, Chosen& chosen) {
  const auto [app, verb] = add_verb(root, "encode", "text to ids", chosen, run_encode);
  add_tokenizer(*app, verb->tokenizer);
  add_files(*app, verb->files, "text files, - for standard input (default)");
  app->add_flag("--pieces", verb->pieces, "print pieces, with tabs between them, instead of ids");
  app->add_flag("--offsets", verb->offsets, "print id:begin-end");
  app->add_flag("--show", verb->show, "print the text with its tokens in colours");
  app->add_flag("--json", verb->json, "print JSON lines with ids, pieces and offsets");
  app->add_flag("--count", verb->count, "print how many ids there are");
  app->add_option("--unit", verb->unit, "unit of offsets: byte, codepoint, utf16")
      ->check(CLI::IsMember({"byte", "codepoint", "utf16"}))
      ->capture_default_str();
  auto* const whole = app->add_flag("--whole", verb->whole, "a file is one text, not one per line");
  app->add_flag("--null", verb->null, "texts end at NUL bytes instead of line feeds")
      ->excludes(whole);
  app->add_flag("--pair", verb->pair, "a line is two texts with a tab between them");
  add_special(*app, verb->special);
  app->add_flag("--no-special-tokens", verb->no_special_tokens,
                "without the special tokens of the template, BOS and EOS");
  app->add_flag("--no-limits", verb->no_limits,
                "without the truncation and padding that the file asks for");
  add_threads(*app, verb->threads);
  add_progress(*app, verb->no_progress);
  app->footer(examples(std::string("echo 'Hello world' | tokrail encode -t ") + kShipped,
                       std::string("tokrail encode --json -t ") + kShipped + " README.md"));
}

void add_decode(CLI::App& root, Chosen& chosen) {
  const auto [app, verb] = add_verb(root, "decode", "ids to text", chosen, run_decode);
  add_tokenizer(*app, verb->tokenizer);
  add_files(*app, verb->files,
            "files of ids, one text per line, plain or JSON; - for standard input");
  app->add_flag("--lines", verb->lines, "a line feed after every text");
  app->add_flag("--skip-special", verb->skip_special, "leave out special tokens");
  app->add_flag("--trace", verb->trace,
                "print a line per id: id, piece, the text that it makes certain");
  app->add_option("--invalid", verb->invalid,
                  "bytes that are not UTF-8: keep, replace (by U+FFFD), error")
      ->check(CLI::IsMember({"keep", "replace", "error"}))
      ->capture_default_str();
  app->footer(examples(std::string("echo 'Hello world' | tokrail encode -t ") + kShipped +
                           " | tokrail decode --lines -t " + kShipped,
                       std::string("tokrail encode --whole -t ") + kShipped +
                           " README.md | tokrail decode -t " + kShipped + " | cmp - README.md"));
}

void add_train_bpe(CLI::App& train, Chosen& chosen) {
  const auto [app, verb] = add_verb(train, "bpe", "byte-level BPE", chosen, run_train_bpe);
  BpeTrainerOptions& options = verb->options;
  app->add_option("files", verb->files, "text files, also gzip")->required()->type_name("FILE");
  app->add_option("-o,--out", verb->out, "file to write: .json, .tiktoken or .tkz")->required();
  app->add_option("--to", verb->to, "format, where the name of the file does not tell")
      ->check(CLI::IsMember({"tokenizer.json", "tiktoken", "tkz"}));
  app->add_option("--vocab-size", options.vocab_size, "all ids, special tokens included")
      ->capture_default_str();
  app->add_option("--pattern", options.pattern, "gpt2, cl100k, o200k or a regular expression")
      ->capture_default_str();
  app->add_option("--digits", verb->digits, "pattern (as it says), single, three")
      ->check(CLI::IsMember({"pattern", "single", "three"}))
      ->capture_default_str();
  app->add_option("--objective", verb->objective, "frequency or likelihood")
      ->check(CLI::IsMember({"frequency", "likelihood"}))
      ->capture_default_str();
  app->add_option("--min-frequency", options.min_frequency, "rarer pairs are not merged")
      ->capture_default_str();
  app->add_option("--max-token-bytes", options.max_token_bytes, "longest token")
      ->capture_default_str();
  app->add_option("--pad-to-multiple", options.pad_to_multiple,
                  "fill up with reserved tokens to a multiple of this")
      ->capture_default_str();
  app->add_option("--special", options.special_tokens, "special tokens, in the order of their ids")
      ->take_all();
  app->add_flag("--special-first", options.special_tokens_first, "give them the lowest ids");
  app->add_option("--forced", options.forced_tokens, "strings that must be tokens")->take_all();
  app->add_option("--bos", options.bos_token, "special token that begins a text");
  app->add_option("--eos", options.eos_token, "special token that ends a text");
  app->add_option("--pad", options.pad_token, "special token that fills");
  app->add_option("--name", options.name, "name of the tokenizer");
  app->add_option("--max-memory", options.max_memory, "bytes for the counts of pieces; 0: no bound")
      ->capture_default_str();
  app->add_flag("--prune-rare", options.prune_rare, "forget rare pieces instead of failing there");
  add_threads(*app, options.threads);
  add_progress(*app, verb->no_progress);
  app->footer(examples(
      "tokrail train bpe --vocab-size 1000 -o small.json README.md CHANGELOG.md",
      "tokrail train bpe --vocab-size 8192 --special '<|endoftext|>' --eos '<|endoftext|>' "
      "-o code.json base/*.cc"));
}

void add_train_sentencepiece(CLI::App& train, Chosen& chosen, const char* name, const char* what,
                             SentencePieceTrainerOptions::Model model) {
  const auto [app, verb] = add_verb(train, name, what, chosen, run_train_sentencepiece);
  SentencePieceTrainerOptions& options = verb->options;
  options.model = model;
  app->add_option("files", verb->files, "text files, also gzip")->required()->type_name("FILE");
  app->add_option("-o,--out", verb->out, "file to write: .model")->required();
  app->add_option("--vocab-size", options.vocab_size, "all pieces")->capture_default_str();
  app->add_flag("--soft-vocab-limit{false}", options.hard_vocab_limit, "fewer pieces are no error");
  app->add_option("--character-coverage", options.character_coverage,
                  "rarer characters become unknown")
      ->capture_default_str();
  app->add_flag("--byte-fallback", options.byte_fallback, "spell unknown characters as bytes");
  app->add_option("--max-line-bytes", options.max_sentence_length, "longer lines are left out")
      ->capture_default_str();
  app->add_option("--max-piece-length", options.max_piece_length, "in characters")
      ->capture_default_str();
  app->add_option("--normalization", options.normalization,
                  "nmt_nfkc, nfkc, nmt_nfkc_cf, nfkc_cf, identity")
      ->capture_default_str();
  app->add_flag("--split-digits", options.split_digits, "every digit is a piece");
  app->add_flag("--no-dummy-prefix{false}", options.add_dummy_prefix, "no space before the text");
  app->add_flag("--keep-extra-whitespace{false}", options.remove_extra_whitespaces,
                "runs of spaces stay");
  app->add_option("--user-defined", options.user_defined_symbols,
                  "symbols that are always one piece")
      ->take_all();
  app->add_option("--control", options.control_symbols, "symbols that no text gives")->take_all();
  app->add_option("--required-chars", options.required_characters, "kept whatever the coverage");
  app->add_option("--unk-id", options.unk_id, "id of the unknown piece")->capture_default_str();
  app->add_option("--bos-id", options.bos_id, "-1: none")->capture_default_str();
  app->add_option("--eos-id", options.eos_id, "-1: none")->capture_default_str();
  app->add_option("--pad-id", options.pad_id, "-1: none")->capture_default_str();
  app->add_option("--sample-lines", options.input_sentence_size, "fit on so many lines; 0: all")
      ->capture_default_str();
  app->add_flag("--very-large-corpus", options.very_large_corpus, "more than 2^31 characters");
  add_threads(*app, options.threads);
  add_progress(*app, verb->no_progress);
  const std::string train_it = std::string("tokrail train ") + name + " --vocab-size ";
  app->footer(
      examples(train_it + "400 --soft-vocab-limit -o small.model README.md CONTRIBUTING.md",
               train_it + "500 --soft-vocab-limit --byte-fallback -o code.model base/*.cc"));
}

void add_train(CLI::App& root, Chosen& chosen) {
  CLI::App* const train = root.add_subcommand("train", "text to a tokenizer");
  train->require_subcommand(1);
  add_train_bpe(*train, chosen);
  add_train_sentencepiece(*train, chosen, "unigram", "unigram model, by libsentencepiece",
                          SentencePieceTrainerOptions::Model::kUnigram);
  add_train_sentencepiece(*train, chosen, "spm-bpe", "sentencepiece BPE, by libsentencepiece",
                          SentencePieceTrainerOptions::Model::kBpe);
  add_train_hybrid(*train, chosen);
  train->footer(examples("tokrail train bpe --vocab-size 1000 -o small.json README.md",
                         "tokrail train unigram --help"));
}

void add_convert(CLI::App& root, Chosen& chosen) {
  const auto [app, verb] =
      add_verb(root, "convert", "a tokenizer to another file format", chosen, run_convert);
  app->add_option("input", verb->input.path, "tokenizer file, or folder of a model")->required();
  app->add_option("output", verb->output, "file to write")->required();
  app->add_option("--to", verb->to, "format, where the name of the file does not tell")
      ->check(CLI::IsMember({"tokenizer.json", "tiktoken", "tkz"}));
  app->add_option("--pattern", verb->input.pattern,
                  "for .tiktoken files: cl100k, o200k, ... or a regular expression");
  app->footer(examples(std::string("tokrail convert ") + kShipped + " english.tkz",
                       std::string("tokrail convert --to tokenizer.json ") + kShipped + " copy"));
}

void add_info(CLI::App& root, Chosen& chosen) {
  const auto [app, verb] = add_verb(root, "info", "what a tokenizer is", chosen, run_info);
  app->add_option("tokenizer", verb->tokenizer.path, "tokenizer file, or folder of a model")
      ->required();
  app->add_option("--pattern", verb->tokenizer.pattern,
                  "for .tiktoken files: cl100k, o200k, ... or a regular expression");
  app->add_flag("--json", verb->json, "one JSON object");
  app->footer(examples(std::string("tokrail info ") + kShipped,
                       std::string("tokrail info --json ") + kShipped));
}

void add_diff(CLI::App& root, Chosen& chosen) {
  const auto [app, verb] = add_verb(
      root, "diff", "where two tokenizers differ on a text (exit 1 if they do)", chosen, run_diff);
  app->add_option("a", verb->a.path, "first tokenizer")->required();
  app->add_option("b", verb->b.path, "second tokenizer")->required();
  add_files(*app, verb->files, "text files, - for standard input (default)");
  app->add_option("--by", verb->by, "ids, or cuts: only where the text is cut")
      ->check(CLI::IsMember({"ids", "cuts"}))
      ->capture_default_str();
  app->add_option("--pattern-a", verb->a.pattern, "pattern of the first, where it is .tiktoken");
  app->add_option("--pattern-b", verb->b.pattern, "pattern of the second, where it is .tiktoken");
  add_special(*app, verb->special);
  app->add_flag("--special-tokens", verb->special_tokens, "with template, BOS and EOS");
  auto* const whole = app->add_flag("--whole", verb->whole, "a file is one text");
  app->add_flag("--null", verb->null, "texts end at NUL bytes")->excludes(whole);
  app->add_option("--show", verb->show, "print so many differences")->capture_default_str();
  app->add_flag("--json", verb->json, "JSON lines, the last one with the counts");
  add_threads(*app, verb->threads);
  add_progress(*app, verb->no_progress);
  app->footer(examples(
      std::string("tokrail diff ") + kShipped + " data/tokenizers/multilingual-32k.json README.md",
      std::string("tokrail diff --by cuts ") + kShipped +
          " data/tokenizers/multilingual-32k.json README.md"));
}

void add_verify_sampling(CLI::App& verify, Chosen& chosen) {
  const auto [app, verb] =
      add_verb(verify, "sampling", "weights, particles and exact sampling, against exact oracles",
               chosen, run_verify_sampling);
  app->add_option("folder", verb->folder, "JSON files of token cases and sequence cases")
      ->required()
      ->type_name("DIR");
  app->add_option("--draws", verb->draws, "steps per way of making one; half of it for exact")
      ->capture_default_str();
  app->add_option("--seed", verb->seed, "of all that is drawn")->capture_default_str();
  app->add_flag("--json", verb->json, "every number checked, as one JSON object");
  app->footer(examples("tokrail verify sampling oracles/",
                       "tokrail verify sampling --draws 20000 --json oracles/"));
}

void add_verify(CLI::App& root, Chosen& chosen) {
  CLI::App* const verify =
      root.add_subcommand("verify", "against expected results (exit 1 if not)");
  verify->require_subcommand(1);
  add_verify_sampling(*verify, chosen);
  const auto [app, verb] =
      add_verb(*verify, "tokenizer", "ids, offsets and decoded text", chosen, run_verify_tokenizer);
  add_tokenizer(*app, verb->tokenizer);
  app->add_option("--cases", verb->cases, "JSON lines with i and text")
      ->required()
      ->type_name("FILE");
  app->add_option("--expected", verb->expected,
                  "JSON lines with i and ordinary, special, ids, ids_special, offsets, decoded")
      ->required()
      ->type_name("FILE");
  app->add_option("--show", verb->show, "print so many differences per key")->capture_default_str();
  app->add_flag("--json", verb->json, "counts as one JSON object");
  const std::string files = " --cases cases.jsonl --expected expected.jsonl";
  app->footer(examples(std::string("tokrail verify tokenizer -t ") + kShipped + files,
                       std::string("tokrail verify tokenizer --json -t ") + kShipped + files));
}

void add_bench_logits(CLI::App& bench, Chosen& chosen) {
  const auto [app, verb] = add_verb(
      bench, "logits", "sampling, per instruction set, after checking it against plain loops",
      chosen, run_bench_logits);
  app->add_option("--op", verb->op, "this operation alone")->type_name("NAME");
  app->add_option("--isa", verb->isa, "this instruction set alone, as AVX2")->type_name("NAME");
  app->add_option("--milliseconds", verb->milliseconds, "for each line")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app->add_flag("--no-numpy", verb->no_numpy, "no comparison with numpy");
  app->add_flag("--json", verb->json, "a JSON list");
  app->footer(examples("tokrail bench logits", "tokrail bench logits --json --op sample_masked"));
}

void add_bench_decoding(CLI::App& bench, Chosen& chosen) {
  const auto [app, verb] =
      add_verb(bench, "decoding", "steps by mask, by rejection and adaptive, weights checked",
               chosen, run_bench_decoding);
  app->add_option("-t,--tokenizer", verb->tokenizer.path, "also states of grammars over its tokens")
      ->type_name("FILE");
  app->add_option("--steps", verb->steps, "per line")
      ->check(CLI::Range(100, 1000000))
      ->capture_default_str();
  app->add_flag("--no-numpy", verb->no_numpy, "no comparison with numpy");
  app->add_flag("--json", verb->json, "a JSON list");
  app->footer(examples("tokrail bench decoding",
                       "tokrail bench decoding --json -t data/tokenizers/multilingual-32k.json"));
}

void add_bench(CLI::App& root, Chosen& chosen) {
  CLI::App* const bench =
      root.add_subcommand("bench", "how fast tokenizers, grammars and sampling are");
  bench->require_subcommand(1);
  add_bench_grammar(*bench, chosen);
  add_bench_particles(*bench, chosen);
  add_bench_constraints(*bench, chosen);
  add_bench_decoding(*bench, chosen);
  add_bench_logits(*bench, chosen);
  {
    const auto [app, verb] =
        add_verb(*bench, "encode", "fresh documents of 16 KB, after checking the ids", chosen,
                 run_bench_encode);
    app->add_option("-t,--tokenizer", verb->tokenizers, "tokenizers")
        ->required()
        ->allow_extra_args(false)
        ->take_all();
    app->add_option("files", verb->files, "text files")->required()->type_name("FILE");
    app->add_option("--pattern", verb->pattern, "for .tiktoken files");
    app->add_option("--threads", verb->threads, "threads")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app->add_flag("--offsets", verb->offsets, "with offsets");
    app->add_flag("--check-all", verb->check_all, "hold every document against the slow path");
    app->add_flag("--seen", verb->seen, "time documents that were encoded before: caches hold words");
    app->add_flag("--json", verb->json, "a JSON list");
    add_progress(*app, verb->no_progress);
    app->footer(examples(
        std::string("tokrail bench encode -t ") + kShipped + " base/unicode_tables.cc",
        std::string("tokrail bench encode --json -t ") + kShipped + " base/unicode_tables.cc"));
  }
  const auto [app, verb] = add_verb(*bench, "decode", "the ids of such documents back to text",
                                    chosen, run_bench_decode);
  app->add_option("-t,--tokenizer", verb->tokenizers, "tokenizers")
      ->required()
      ->allow_extra_args(false)
      ->take_all();
  app->add_option("files", verb->files, "text files")->required()->type_name("FILE");
  app->add_option("--pattern", verb->pattern, "for .tiktoken files");
  app->add_flag("--json", verb->json, "a JSON list");
  app->footer(examples(
      std::string("tokrail bench decode -t ") + kShipped + " base/unicode_tables.cc",
      std::string("tokrail bench decode --json -t ") + kShipped + " base/unicode_tables.cc"));
}

void add_doctor(CLI::App& root, Chosen& chosen) {
  const auto [app, verb] =
      add_verb(root, "doctor", "what was found on this machine", chosen, run_doctor);
  app->add_flag("--json", verb->json, "one JSON object");
  app->footer(examples("tokrail doctor", "tokrail doctor --json"));
}

}  // namespace

int run_command_line(int argc, char** argv) {
  CLI::App app("Text to tokens and back, exactly as the system that owns the file format does it.",
               "tokrail");
  app.set_version_flag("--version", version_text);
  app.require_subcommand(1);
  app.footer("Exit codes: 0 done, 1 the answer is no, 2 wrong usage or bad input.\n" +
             examples(std::string("echo 'Hello world' | tokrail encode -t ") + kShipped,
                      "tokrail encode --help"));
  Chosen chosen;
  add_encode(app, chosen);
  add_decode(app, chosen);
  add_train(app, chosen);
  add_convert(app, chosen);
  add_info(app, chosen);
  add_diff(app, chosen);
  add_eval(app, chosen);
  add_verify(app, chosen);
  add_grammar(app, chosen);
  add_catalogue(app, chosen);
  add_morph(app, chosen);
  add_generate(app, chosen);
  add_model(app, chosen);
  add_sample(app, chosen);
  add_bench(app, chosen);
  add_doctor(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) {
      std::cerr << "tokrail: " << error.what() << "\nRun tokrail with --help for more.\n";
      return kBadInput;
    }
    std::ostringstream text;
    app.exit(error, text, text);
    StandardOutput out;
    out.write(text.str());
    out.flush();
    return kOk;
  }
  return chosen();
}

}  // namespace tokrail::cli
