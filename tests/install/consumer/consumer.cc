// What a user of the library writes: prints how many ids a text has, and the text from them.
#include <iostream>

#include "base/error.h"
#include "tokenizers/stream_decoder.h"
#include "tokenizers/tokenizer.h"

int main(int argc, char** argv) {
  try {
    const auto tokenizer = tokrail::Tokenizer::load(argc > 1 ? argv[1] : "");
    const auto ids = tokenizer.encode("hello world");
    std::cout << ids.size() << ": " << tokenizer.decode_text(ids) << '\n';
  } catch (const tokrail::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
