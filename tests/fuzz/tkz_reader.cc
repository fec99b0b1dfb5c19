// A .tkz file with changed numbers: an Error, or a tokenizer that stays inside of its tables.
//
// An input that begins with TKZ1 is a file. Any other is a list of changes of 8 bytes each, a place
// and a value, to the file of a small tokenizer. Size and checksum are put right in both cases, so
// that what is behind them is reached.
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "tokenizers/formats/tkz.h"
#include "tokenizers/formats/tkz_container.h"
#include "tokenizers/vocabulary.h"

namespace {

using namespace tokrail;

TokenizerSpec small_spec() {
  TokenizerSpec spec;
  spec.format = SourceFormat::kTiktoken;
  spec.model.kind = ModelSpec::Kind::kRankBpe;
  spec.model.raw_bytes = true;
  spec.pre_tokenizers.emplace_back();
  spec.pre_tokenizers[0].kind = PreTokenizerStep::Kind::kSplit;
  spec.pre_tokenizers[0].pattern = {
      R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)", true};
  spec.pre_tokenizers[0].behavior = SplitBehavior::kIsolated;
  for (int byte = 0; byte < 256; ++byte) {
    spec.vocabulary.texts.push_back(std::string(1, static_cast<char>(byte)));
  }
  for (const std::string_view text : {"ab", "aa", "abc", "aaaa", "abcab", " a", "\xC3\xA9", "zq"}) {
    spec.vocabulary.texts.push_back(text);
  }
  spec.vocabulary.kinds.assign(spec.vocabulary.size(), TokenKind::kNormal);
  return spec;
}

void change(std::string& file, std::string_view changes) {
  for (; changes.size() >= 8; changes.remove_prefix(8)) {
    uint32_t place;
    std::memcpy(&place, changes.data(), sizeof(place));
    const size_t at = place % (file.size() / 4) * 4;
    std::memcpy(file.data() + at, changes.data() + 4, 4);
  }
}

void put_right(std::string& file) {
  tkz::Header header;
  std::memcpy(&header, file.data(), sizeof(header));
  header.total_size = file.size();
  std::memcpy(file.data(), &header, sizeof(header));
  header.checksum = tkz::file_checksum(file);
  std::memcpy(file.data(), &header, sizeof(header));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::string small_file = write_tkz(small_spec());
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const bool is_file = input.starts_with("TKZ1") && size >= sizeof(tkz::Header);
  std::string file(is_file ? input : small_file);
  if (!is_file) change(file, input);
  put_right(file);
  try {
    const Tokenizer tokenizer = load_tkz_bytes(file);
    EncodeOptions options;
    options.ignore_file_limits = true;
    std::vector<TokenId> ids;
    for (TokenId id = 0; id < tokenizer.size() && id < 300; ++id) ids.push_back(id);
    tokenizer.decode_text(ids);
    tokenizer.vocabulary().tries(tokenizer.vocabulary().start_context());
    const std::string text =
        std::string(input) + " abcabcab aaaaaaa zq\xC3\xA9" + std::string(99, 'a');
    tokenizer.encode(text, options);
    tokenizer.encode_with_offsets(text, options);
  } catch (const Error&) {
  }
  return 0;
}
