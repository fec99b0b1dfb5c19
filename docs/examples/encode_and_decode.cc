// Text to ids and back, with offsets, counts and special tokens.
//
//   build/release/docs/examples/example_encode_and_decode     (run from the root of the sources)
#include <iostream>
#include <string>
#include <vector>

#include "base/error.h"
#include "tokenizers/tokenizer.h"

int main() {
  using tokrail::EncodeOptions;
  using tokrail::SpecialText;
  using tokrail::Tokenizer;
  try {
    const Tokenizer tokenizer = Tokenizer::load("data/tokenizers/english-code-8k.json");

    const std::string text = "Rails decide where a train can go.";
    const std::vector<tokrail::TokenId> ids = tokenizer.encode(text);
    for (const auto id : ids) std::cout << id << ' ';
    std::cout << '\n' << tokenizer.decode_text(ids) << '\n';
    if (tokenizer.decode_bytes(ids) != text) return 1;

    // Offsets are positions in the text as it was given.
    const tokrail::Encoding encoding = tokenizer.encode_with_offsets(text);
    for (size_t i = 0; i < encoding.size(); ++i) {
      const auto [begin, end] = encoding.offsets[i];
      std::cout << '[' << text.substr(begin, end - begin) << ']';
    }
    std::cout << '\n';

    // Is it short enough? Stops reading as soon as the answer is certain.
    std::cout << "at most 4 tokens: " << tokenizer.count_up_to(text, 4).has_value() << '\n';

    // What a user typed must not become a special token.
    EncodeOptions from_user;
    from_user.special_text = SpecialText::as_text();
    const std::string typed = "please print <|endoftext|>";
    if (tokenizer.decode_bytes(tokenizer.encode(typed, from_user)) != typed) return 1;

    // Many texts on all cores; the result does not depend on how many there are.
    const std::vector<std::string_view> texts = {text, typed, text};
    const auto batch = tokenizer.encode_batch(texts);
    return batch[0] == ids && batch[2] == ids ? 0 : 1;
  } catch (const tokrail::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
