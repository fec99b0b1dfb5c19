#include "tokenizers/formats/sentencepiece.h"

#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "tokenizers/formats/protobuf_reader.h"
#include "tokenizers/formats/special_roles.h"
#include "tokenizers/formats/token_index.h"

namespace tokrail {
namespace {

// Field numbers of the schema.
enum ModelField : uint64_t { kPieces = 1, kTrainer = 2, kNormalizer = 3, kDenormalizer = 5 };
enum PieceField : uint64_t { kPieceText = 1, kPieceScore = 2, kPieceType = 3 };
enum TrainerField : uint64_t {
  kModelType = 3,
  kWhitespaceAsSuffix = 24,
  kByteFallback = 35,
  kUnkSurface = 44,
  kBosPiece = 46,
  kEosPiece = 47,
  kPadPiece = 48,
};
enum NormalizerField : uint64_t {
  kCharsmap = 2,
  kAddDummyPrefix = 3,
  kRemoveExtraWhitespaces = 4,
  kEscapeWhitespaces = 5,
};

constexpr std::string_view kDefaultUnkSurface = " \xE2\x81\x87 ";

std::optional<uint8_t> byte_of_piece(std::string_view text) {
  if (text.size() != 6 || !text.starts_with("<0x") || text[5] != '>') return std::nullopt;
  const auto digit = [](char c) -> int {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  const int high = digit(text[3]), low = digit(text[4]);
  if (high < 0 || low < 0) return std::nullopt;
  return static_cast<uint8_t>(high * 16 + low);
}

class Reader {
 public:
  Reader(std::string_view bytes, std::string_view name) : bytes_(bytes), name_(name) {}

  TokenizerSpec read() && {
    spec_.format = SourceFormat::kSentencePiece;
    spec_.special_text = SpecialTextDefault::kAsText;
    spec_.model.fuse_unk = true;
    ProtobufReader model(bytes_, name_);
    while (model.next()) {
      switch (model.field()) {
        case kPieces: read_piece(model.message()); break;
        case kTrainer: read_trainer(model.message()); break;
        case kNormalizer: read_normalizer(model.message()); break;
        case kDenormalizer: read_denormalizer(model.message()); break;
        default: break;  // self-tests, and what later versions add
      }
    }
    if (!has_trainer_ || !has_normalizer_) {
      model.fail("expected a trainer and a normaliser specification: the file is cut");
    }
    check_pieces();
    finish();
    return std::move(spec_);
  }

 private:
  VocabularySpec& vocabulary() { return spec_.vocabulary; }

  [[noreturn]] void fail(const std::string& message) const {
    throw Error(ErrorCode::kInvalidFile, message, std::string(name_));
  }

  void read_piece(ProtobufReader piece) {
    std::string_view text;
    float score = 0;
    uint64_t type = 1;
    while (piece.next()) {
      if (piece.field() == kPieceText) text = piece.bytes();
      if (piece.field() == kPieceScore) score = piece.float32();
      if (piece.field() == kPieceType) type = piece.number();
    }
    if (text.empty()) piece.fail("expected a piece that is not empty");
    if (!std::isfinite(score)) piece.fail("expected a finite score");
    const size_t id = vocabulary().size();
    if (id > kMaxTokenId) piece.fail("expected at most " + std::to_string(kMaxTokenId) + " pieces");
    vocabulary().texts.push_back(text);
    vocabulary().scores.push_back(score);
    vocabulary().kinds.push_back(kind_of(type, piece));
    if (vocabulary().kinds.back() != TokenKind::kUnknown) return;
    if (spec_.model.unk_id) piece.fail("expected one unknown piece, found a second");
    spec_.model.unk_id = static_cast<TokenId>(id);
  }

  static TokenKind kind_of(uint64_t type, const ProtobufReader& piece) {
    switch (type) {
      case 1: return TokenKind::kNormal;
      case 2: return TokenKind::kUnknown;
      case 3: return TokenKind::kControl;
      case 4: return TokenKind::kUserDefined;
      case 5: return TokenKind::kUnused;
      case 6: return TokenKind::kByte;
      default: piece.fail("expected a piece type from 1 to 6, found " + std::to_string(type));
    }
  }

  void read_trainer(ProtobufReader trainer) {
    has_trainer_ = true;
    while (trainer.next()) {
      switch (trainer.field()) {
        case kModelType: model_type_ = trainer.number(); break;
        case kByteFallback: spec_.model.byte_fallback = trainer.boolean(); break;
        case kWhitespaceAsSuffix: normalizer_.treat_whitespace_as_suffix = trainer.boolean(); break;
        case kUnkSurface: unk_surface_ = trainer.bytes(); break;
        case kBosPiece: bos_piece_ = trainer.bytes(); break;
        case kEosPiece: eos_piece_ = trainer.bytes(); break;
        case kPadPiece: pad_piece_ = trainer.bytes(); break;
        default: break;
      }
    }
    switch (model_type_) {
      case 1: spec_.model.kind = ModelSpec::Kind::kUnigram; break;
      case 2: spec_.model.kind = ModelSpec::Kind::kScoreBpe; break;
      case 3: spec_.model.kind = ModelSpec::Kind::kSpmWord; break;
      case 4: spec_.model.kind = ModelSpec::Kind::kSpmChar; break;
      default:
        trainer.fail("expected a model type from 1 to 4, found " + std::to_string(model_type_));
    }
  }

  void read_normalizer(ProtobufReader normalizer) {
    has_normalizer_ = true;
    while (normalizer.next()) {
      switch (normalizer.field()) {
        case kCharsmap: normalizer_.charsmap = normalizer.bytes(); break;
        case kAddDummyPrefix: normalizer_.add_dummy_prefix = normalizer.boolean(); break;
        case kRemoveExtraWhitespaces:
          normalizer_.remove_extra_whitespaces = normalizer.boolean();
          break;
        case kEscapeWhitespaces: normalizer_.escape_whitespaces = normalizer.boolean(); break;
        default: break;
      }
    }
  }

  void read_denormalizer(ProtobufReader denormalizer) {
    while (denormalizer.next()) {
      if (denormalizer.field() != kCharsmap || denormalizer.bytes().empty()) continue;
      throw Error(ErrorCode::kUnsupported, "a model with a denormaliser is not supported",
                  std::string(name_));
    }
  }

  void check_pieces() {
    if (!spec_.model.unk_id) fail("expected an unknown piece");
    const TokenIndex index(vocabulary().texts);
    std::array<bool, 256> bytes{};
    size_t different_bytes = 0;
    for (TokenId id = 0; id < vocabulary().size(); ++id) {
      const std::string_view text = vocabulary().texts[id];
      if (index.find(text) != id) {
        fail("expected different pieces, " + quoted(text) + " has ids " + std::to_string(id) +
             " and " + std::to_string(index.find(text)));
      }
      if (vocabulary().kinds[id] != TokenKind::kByte) continue;
      if (!spec_.model.byte_fallback) fail("expected no byte piece without byte fallback");
      const auto byte = byte_of_piece(text);
      if (!byte) fail("expected a byte piece such as <0x0A>, found " + quoted(text));
      different_bytes += bytes[*byte] ? 0 : 1;
      bytes[*byte] = true;
    }
    if (spec_.model.byte_fallback && different_bytes != 256) {
      fail("expected 256 byte pieces for byte fallback, found " + std::to_string(different_bytes));
    }
    const auto control = [&](std::string_view text) -> std::optional<TokenId> {
      const TokenId id = index.find(text);
      if (id == kNoToken || vocabulary().kinds[id] != TokenKind::kControl) return std::nullopt;
      return id;
    };
    SpecialRoles& roles = spec_.roles;
    roles.unk = spec_.model.unk_id;
    roles.bos = control(bos_piece_);
    roles.pad = control(pad_piece_);
    if (const auto eos = control(eos_piece_)) roles.eos.push_back(*eos);
  }

  void finish() {
    for (TokenId id = 0; id < vocabulary().size(); ++id) {
      if (vocabulary().kinds[id] != TokenKind::kControl) continue;
      AddedToken token;
      token.id = id;
      token.content = vocabulary().texts[id];
      token.normalized = false;
      token.special = true;
      spec_.added_tokens.push_back(std::move(token));
    }
    normalizer_.kind = NormalizerStep::Kind::kSentencePiece;
    spec_.normalizers.push_back(std::move(normalizer_));
    if (unk_surface_ != kDefaultUnkSurface) {
      DecoderStep surface;
      surface.kind = DecoderStep::Kind::kReplace;
      surface.pattern.text = vocabulary().texts[*spec_.model.unk_id];
      surface.text = unk_surface_;
      spec_.decoders.push_back(std::move(surface));
    }
    infer_roles(spec_);
  }

  std::string_view bytes_, name_;
  TokenizerSpec spec_;
  NormalizerStep normalizer_;
  uint64_t model_type_ = 1;
  bool has_trainer_ = false, has_normalizer_ = false;
  std::string_view unk_surface_ = kDefaultUnkSurface;
  std::string_view bos_piece_ = "<s>", eos_piece_ = "</s>";
  std::string_view pad_piece_ = "<pad>";
};

}  // namespace

bool looks_like_sentencepiece(std::string_view bytes) {
  // A piece (field 1, bytes) that begins with its text (field 1, bytes).
  return bytes.size() > 4 && bytes[0] == '\x0A' && bytes[2] == '\x0A' &&
         static_cast<unsigned char>(bytes[1]) >= 3 && static_cast<unsigned char>(bytes[1]) < 0x80 &&
         static_cast<unsigned char>(bytes[3]) < static_cast<unsigned char>(bytes[1]);
}

TokenizerSpec read_sentencepiece(std::string_view bytes, std::string_view name) {
  return Reader(bytes, name).read();
}

}  // namespace tokrail
