// Text while the ids are still coming: what a chat window shows.
#include <iostream>
#include <string>

#include "base/error.h"
#include "tokenizers/stream_decoder.h"
#include "tokenizers/tokenizer.h"

int main() {
  try {
    const auto tokenizer = tokrail::Tokenizer::load("data/tokenizers/english-code-8k.json");
    const std::string text = "7️⃣ trains to İstanbul 🚂";  // more tokens than characters
    const auto ids = tokenizer.encode(text);

    tokrail::StreamDecoder stream(tokenizer.detokenizer());
    std::string shown;
    for (const auto id : ids) {
      const std::string_view now = stream.push(id);  // whole characters only, often none
      std::cout << now << (now.empty() ? "" : "·");
      shown += now;
    }
    shown += stream.finish();
    std::cout << '\n';
    return shown == tokenizer.decode_text(ids) ? 0 : 1;
  } catch (const tokrail::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
