// Whether texts are in the language of a grammar, asked of a Matcher over the 256 bytes.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "grammar/compiled_grammar.h"
#include "grammar/matcher.h"
#include "tests/grammar/byte_vocabulary.h"

namespace tokrail::test {

class Acceptor {
 public:
  explicit Acceptor(const Grammar& grammar)
      : compiled_(CompiledGrammar::compile(grammar, byte_tables())) {}

  /// The whole text is in the language.
  bool accepts(std::string_view text) const {
    Matcher matcher(compiled_);
    return matcher.accept_bytes(text) && matcher.is_complete();
  }
  /// Some text of the language begins with this one.
  bool accepts_prefix(std::string_view text) const {
    Matcher matcher(compiled_);
    return matcher.accept_bytes(text);
  }
  const std::shared_ptr<const CompiledGrammar>& compiled() const { return compiled_; }

 private:
  static std::shared_ptr<MaskTables> byte_tables() {
    static const auto tables = std::make_shared<MaskTables>(vocabulary_of(all_bytes()));
    return tables;
  }
  std::shared_ptr<const CompiledGrammar> compiled_;
};

/// What reading throws: "line:column: first line of the message", or "" if nothing is thrown.
template <typename Read>
std::string error_of(Read read) {
  try {
    read();
  } catch (const Error& error) {
    const std::string message = error.message().substr(0, error.message().find('\n'));
    return error.where().empty() ? message : error.where() + ": " + message;
  }
  return "";
}

}  // namespace tokrail::test
