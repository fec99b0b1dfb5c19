// What the descriptions of verbs share. Only for command_line.cc and *_commands.cc, which alone see
// CLI11.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace tokrail::cli {

/// The verb that was chosen, with its options bound.
using Chosen = std::function<int()>;

/// A tokenizer for examples.
inline constexpr const char* kShipped = "data/tokenizers/english-code-8k.json";

inline std::string examples(const std::string& first, const std::string& second) {
  return "Examples:\n  " + first + "\n  " + second + "\n";
}

/// A subcommand whose options live in a Verb and whose callback chooses to run it.
template <typename Verb>
std::pair<CLI::App*, std::shared_ptr<Verb>> add_verb(CLI::App& parent, const char* name,
                                                     const char* what, Chosen& chosen,
                                                     int (*run)(const Verb&)) {
  auto verb = std::make_shared<Verb>();
  CLI::App* const app = parent.add_subcommand(name, what);
  app->final_callback([&chosen, verb, run] { chosen = [verb, run] { return run(*verb); }; });
  return {app, verb};
}

inline void add_progress(CLI::App& app, bool& no_progress) {
  app.add_flag("--no-progress", no_progress, "no progress line on standard error");
}

}  // namespace tokrail::cli
