// A tokenizer of one's own: counts words, learns merges, writes tokenizer.json.
#include <iostream>
#include <string>

#include "base/error.h"
#include "tokenizers/formats/tokenizer_json.h"
#include "tokenizers/tokenizer.h"
#include "tokenizers/training/bpe_trainer.h"
#include "tokenizers/training/text_source.h"

int main() {
  try {
    tokrail::BpeTrainerOptions options;
    options.vocab_size = 600;
    options.special_tokens = {"<|endoftext|>"};
    options.eos_token = "<|endoftext|>";
    const auto source = tokrail::open_text_files(
        {"data/texts/railways.en.txt", "data/texts/railways.de.txt", "data/texts/railways.tr.txt"});
    const tokrail::BpeTraining trained = tokrail::train_bpe(*source, options);
    std::cout << trained.merges << " merges from " << trained.distinct_pieces << " words\n";

    // Anything that reads tokenizer.json reads this.
    const std::string file = tokrail::write_tokenizer_json(trained.spec);
    std::cout << file.size() << " bytes of tokenizer.json\n";

    const auto tokenizer = tokrail::Tokenizer::from_spec(tokrail::read_tokenizer_json(file));
    const std::string text = "Der Nachtzug, the night train, gece treni";
    const auto ids = tokenizer.encode(text);
    std::cout << ids.size() << " tokens\n";
    return tokenizer.decode_bytes(ids) == text ? 0 : 1;
  } catch (const tokrail::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
