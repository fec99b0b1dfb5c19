#include "tests/tokenizers/sentencepiece_model.h"

#include <sentencepiece_trainer.h>

#include <functional>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace tokrail::test {
namespace {

class FewWords final : public sentencepiece::SentenceIterator {
 public:
  bool done() const override { return next_ == words_.size(); }
  void Next() override { ++next_; }
  const std::string& value() const override { return words_[next_]; }
  sentencepiece::util::Status status() const override { return {}; }

 private:
  std::vector<std::string> words_ = {"hello world", "a b c d e f g"};
  size_t next_ = 0;
};

using Visit = std::function<void(uint64_t field, uint64_t number, std::string_view bytes)>;

// Protocol buffers: key = field << 3 | wire type; 0 varint, 1 eight bytes, 2 bytes, 5 four bytes.
void for_each_field(std::string_view message, const Visit& visit) {
  size_t at = 0;
  const auto varint = [&] {
    uint64_t value = 0;
    for (int shift = 0; at < message.size(); shift += 7) {
      const auto byte = static_cast<unsigned char>(message[at++]);
      value |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) break;
    }
    return value;
  };
  while (at < message.size()) {
    const uint64_t key = varint();
    uint64_t number = 0;
    std::string_view bytes;
    switch (key & 7) {
      case 0: number = varint(); break;
      case 1: at += 8; break;
      case 5: at += 4; break;
      default: {
        const size_t length = varint();
        bytes = message.substr(at, length);
        at += length;
      }
    }
    visit(key >> 3, number, bytes);
  }
}

}  // namespace

SentencePieceModel read_sentencepiece(std::string proto) {
  SentencePieceModel model;
  NormalizerStep& step = model.step;
  step.kind = NormalizerStep::Kind::kSentencePiece;
  for_each_field(proto, [&](uint64_t field, uint64_t, std::string_view message) {
    if (field == 1) {
      std::string piece;
      uint64_t type = 1;
      for_each_field(message, [&](uint64_t part, uint64_t number, std::string_view bytes) {
        if (part == 1) piece = bytes;
        if (part == 3) type = number;
      });
      if (type == 4) model.user_defined.push_back(piece);
    } else if (field == 2) {
      for_each_field(message, [&](uint64_t part, uint64_t number, std::string_view) {
        if (part == 24) step.treat_whitespace_as_suffix = number != 0;
      });
    } else if (field == 3) {
      for_each_field(message, [&](uint64_t part, uint64_t number, std::string_view bytes) {
        if (part == 2) step.charsmap = bytes;
        if (part == 3) step.add_dummy_prefix = number != 0;
        if (part == 4) step.remove_extra_whitespaces = number != 0;
        if (part == 5) step.escape_whitespaces = number != 0;
      });
    }
  });
  model.proto = std::move(proto);
  return model;
}

SentencePieceModel train_sentencepiece(std::unordered_map<std::string, std::string> options) {
  options.emplace("model_type", "char");
  options.emplace("vocab_size", "64");
  options.emplace("hard_vocab_limit", "false");
  options.emplace("minloglevel", "2");
  FewWords words;
  std::string proto;
  const auto status = sentencepiece::SentencePieceTrainer::Train(options, &words, &proto);
  if (!status.ok()) throw std::runtime_error(status.ToString());
  return read_sentencepiece(std::move(proto));
}

}  // namespace tokrail::test
