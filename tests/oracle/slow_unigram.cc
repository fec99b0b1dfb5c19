#include "tests/oracle/slow_unigram.h"

#include <algorithm>
#include <cfloat>
#include <limits>
#include <map>
#include <optional>
#include <string>

#include "tests/oracle/slow_lookup.h"

namespace tokrail::test {
namespace {

// What the three systems disagree on, as they define it.
class Scoring {
 public:
  Scoring(const VocabularySpec& vocabulary, SourceFormat format)
      : vocabulary_(vocabulary), format_(format) {
    const bool json = format == SourceFormat::kTokenizerJson;
    double lowest = json ? std::numeric_limits<double>::infinity() : FLT_MAX;
    for (TokenId id = 0; id < vocabulary.model_size(); ++id) {
      if (vocabulary.texts[id].empty()) continue;
      if (!json && vocabulary.kinds[id] != TokenKind::kNormal) continue;
      lowest = std::min(lowest, vocabulary.scores[id]);
      highest_ = std::max(highest_, static_cast<float>(vocabulary.scores[id]));
    }
    unknown_ = json ? lowest - 10 : static_cast<float>(lowest) - 10.0F;
    pieces_ = ids_by_text(vocabulary, [&](TokenKind kind) {
      switch (kind) {
        case TokenKind::kControl: return false;
        case TokenKind::kUnused: return format == SourceFormat::kGguf;
        case TokenKind::kUnknown:
        case TokenKind::kByte: return json;
        default: return true;
      }
    });
  }

  const TextMap& pieces() const { return pieces_; }

  double score(TokenId id) const {
    if (vocabulary_.kinds[id] == TokenKind::kUserDefined) {
      if (format_ == SourceFormat::kGguf) return 0;
      if (format_ == SourceFormat::kSentencePiece) {
        return static_cast<float>(vocabulary_.texts[id].size()) * highest_ - 0.1;
      }
    }
    return vocabulary_.scores[id];
  }
  double unknown_score() const { return unknown_; }

  // A sum as it is compared, and as it is kept.
  double kept(double sum) const {
    return format_ == SourceFormat::kSentencePiece ? static_cast<float>(sum) : sum;
  }

 private:
  const VocabularySpec& vocabulary_;
  SourceFormat format_;
  float highest_ = FLT_MIN;
  double unknown_ = 0;
  TextMap pieces_;
};

struct Best {
  double score;
  uint32_t start;
  TokenId id;
};

std::vector<ModelToken> with_unknown_spelled(const VocabularySpec& vocabulary,
                                             const ModelSpec& model, SourceFormat format,
                                             const TextMap& pieces, std::string_view piece,
                                             const std::vector<ModelToken>& path) {
  std::vector<ModelToken> tokens;
  for (size_t i = 0; i < path.size(); ++i) {
    if (!model.unk_id || path[i].id != *model.unk_id) {
      tokens.push_back(path[i]);
    } else if (format != SourceFormat::kTokenizerJson) {
      const bool bytes = model.byte_fallback && format == SourceFormat::kSentencePiece;
      spell_unknown_part(vocabulary, *model.unk_id, bytes, piece, path[i].begin, path[i].end, true,
                         tokens);
    } else {
      const uint32_t begin = path[i].begin;
      while (i + 1 < path.size() && path[i + 1].id == *model.unk_id) ++i;
      const std::string_view run = piece.substr(begin, path[i].end - begin);
      if (const auto id = find_text(pieces, run)) {
        tokens.push_back({*id, begin, path[i].end});
      } else {
        spell_unknown_part(vocabulary, *model.unk_id, model.byte_fallback, piece, begin,
                           path[i].end, false, tokens);
      }
    }
  }
  return tokens;
}

}  // namespace

std::vector<ModelToken> slow_unigram(const VocabularySpec& vocabulary, const ModelSpec& model,
                                     SourceFormat format, std::string_view piece) {
  const Scoring scoring(vocabulary, format);
  std::map<uint32_t, Best> best{{0, {0, 0, kNoToken}}};
  const auto offer = [&](uint32_t start, uint32_t end, TokenId id, double sum) {
    const auto found = best.find(end);
    if (found == best.end() || sum > found->second.score)
      best[end] = {scoring.kept(sum), start, id};
  };
  for (uint32_t at = 0; at < piece.size();) {
    const uint32_t character = decode_utf8(piece.data() + at, piece.data() + piece.size()).length;
    bool single = false;
    for (uint32_t end = at + 1; end <= piece.size(); ++end) {
      const auto id = find_text(scoring.pieces(), piece.substr(at, end - at));
      if (!id) continue;
      offer(at, end, *id, best[at].score + scoring.score(*id));
      single |= end - at == character;
    }
    if (!single) {
      offer(at, at + character, *model.unk_id,
            scoring.kept(best[at].score + scoring.unknown_score()));
    }
    at += character;
  }
  std::vector<ModelToken> path;
  for (auto at = static_cast<uint32_t>(piece.size()); at > 0; at = best[at].start) {
    path.insert(path.begin(), {best[at].id, best[at].start, at});
  }
  return with_unknown_spelled(vocabulary, model, format, scoring.pieces(), piece, path);
}

std::vector<std::pair<std::vector<ModelToken>, double>> all_unigram_segmentations(
    const VocabularySpec& vocabulary, const ModelSpec& model, SourceFormat format,
    std::string_view piece) {
  const Scoring scoring(vocabulary, format);
  std::vector<std::pair<std::vector<ModelToken>, double>> open{{{}, 0.0}}, done;
  while (!open.empty()) {
    const auto [path, score] = open.back();
    open.pop_back();
    const uint32_t at = path.empty() ? 0 : path.back().end;
    if (at == piece.size()) {
      done.emplace_back(path, score);
      continue;
    }
    const uint32_t character = decode_utf8(piece.data() + at, piece.data() + piece.size()).length;
    bool single = false;
    const auto extend = [&](TokenId id, uint32_t end, double add) {
      open.emplace_back(path, score + add);
      open.back().first.push_back({id, at, end});
    };
    for (uint32_t end = at + 1; end <= piece.size(); ++end) {
      const auto id = find_text(scoring.pieces(), piece.substr(at, end - at));
      if (!id) continue;
      extend(*id, end, scoring.score(*id));
      single |= end - at == character;
    }
    if (!single) extend(*model.unk_id, at + character, scoring.unknown_score());
  }
  return done;
}

}  // namespace tokrail::test
