#include "tokenizers/formats/tokenizer_json_parts.h"

#include <string>
#include <utility>

#include "tokenizers/formats/json_document.h"
#include "tokenizers/formats/json_events.h"
#include "tokenizers/formats/json_numbers.h"

namespace tokrail {
namespace {

// Streams one {"token": id, ...}, [["token", score], ...] or list of merges.
class EntryReader {
 public:
  enum class Form : uint8_t { kVocabularyObject, kVocabularyList, kMerges };

  EntryReader(std::string_view name, std::string pointer, size_t file_size)
      : name_(name), pointer_(std::move(pointer)), file_size_(file_size) {}

  void begin(Form form) {
    form_ = form;
    index_ = 0;
    depth_ = 1;
    if (form == Form::kMerges) {
      merges.texts.reserve(file_size_ / 40, file_size_ / 8);
      merges.splits.reserve(file_size_ / 40);
    } else {
      entries.texts.reserve(file_size_ / 24, file_size_ / 8);
    }
  }

  // True when the end belongs to the list itself.
  bool end_container() {
    --depth_;
    if (depth_ == 0) return true;
    if (fields_ != 2) fail_entry();
    if (form_ == Form::kMerges) {
      merges.splits.push_back(static_cast<uint32_t>(left_.size()));
      left_ += right_;
      merges.texts.push_back(left_);
    } else {
      entries.texts.push_back(left_);
    }
    ++index_;
    return false;
  }

  void begin_array() {
    if (depth_ != 1 || form_ == Form::kVocabularyObject) fail_entry();
    ++depth_;
    fields_ = 0;
  }
  [[noreturn]] void begin_object() { fail_entry(); }

  void part(std::string_view text) { partial_.append(text); }

  void key(std::string_view text) {
    entries.texts.push_back(whole(text));
    partial_.clear();
  }

  void string(std::string_view text) {
    text = whole(text);
    if (form_ == Form::kMerges && depth_ == 1) {
      // merges.txt begins with its version, and some writers copied that line.
      if (!text.starts_with("#version")) {
        if (!append_merge_line(text, merges)) fail_entry();
        ++index_;
      }
    } else if (depth_ == 2 && fields_ == 0) {
      left_.assign(text);
      ++fields_;
    } else if (depth_ == 2 && fields_ == 1 && form_ == Form::kMerges) {
      right_.assign(text);
      ++fields_;
    } else {
      fail_entry();
    }
    partial_.clear();
  }

  void integer(uint64_t value) {
    if (form_ == Form::kVocabularyObject) {
      if (value > kMaxTokenId) fail_entry();
      entries.ids.push_back(static_cast<TokenId>(value));
      ++index_;
    } else {
      number(static_cast<double>(value));
    }
  }

  void number(double value) {
    if (form_ != Form::kVocabularyList || depth_ != 2 || fields_ != 1) fail_entry();
    entries.scores.push_back(value);
    ++fields_;
  }

  [[noreturn]] void other() { fail_entry(); }

  VocabularyEntries entries;
  MergeTexts merges;

 private:
  std::string_view whole(std::string_view text) {
    if (partial_.empty()) return text;
    partial_.append(text);
    return partial_;
  }

  [[noreturn]] void fail_entry() const {
    const std::string where = place_in(name_, pointer_);
    switch (form_) {
      case Form::kVocabularyObject:
        throw Error(ErrorCode::kInvalidFile,
                    "expected an id from 0 to " + std::to_string(kMaxTokenId),
                    where + "/" + std::string(entries.texts[entries.texts.size() - 1]));
      case Form::kVocabularyList:
        throw Error(ErrorCode::kInvalidFile, "expected a pair [token, score]",
                    where + "/" + std::to_string(index_));
      case Form::kMerges: break;
    }
    throw Error(ErrorCode::kInvalidFile,
                "expected a merge, \"left right\" with one space or [\"left\", \"right\"]",
                where + "/" + std::to_string(index_));
  }

  std::string_view name_;
  std::string pointer_;
  size_t file_size_;
  Form form_ = Form::kMerges;
  size_t index_ = 0;   // of the entry
  size_t depth_ = 0;   // 1: in the list, 2: in an entry
  size_t fields_ = 0;  // read of the entry
  std::string partial_, left_, right_;
};

// Builds the tree, except for what it hands to the EntryReader. A vocabulary file by itself is the
// case where the root is the list.
class PartsHandler : public JsonTreeHandler {
 public:
  PartsHandler(std::string_view name, size_t file_size, bool only_vocabulary)
      : name_(name),
        only_vocabulary_(only_vocabulary),
        entries_(name, only_vocabulary ? "" : "/model/vocab", file_size),
        merges_(name, "/model/merges", file_size) {}

  TokenizerJsonParts parts() && {
    parts_.rest = std::move(*this).release();
    parts_.entries = std::move(entries_.entries);
    parts_.merges = std::move(merges_.merges);
    return std::move(parts_);
  }

  bool on_object_begin(error_code&) {
    if (reader_ != nullptr) reader_->begin_object();
    const bool list = only_vocabulary_ ? depth_ == 0 : at_model_member_ && member_ == "vocab";
    if (list) {
      start(entries_, EntryReader::Form::kVocabularyObject);
      parts_.vocabulary = TokenizerJsonParts::Vocabulary::kObject;
    } else {
      enter();
    }
    return true;
  }

  bool on_object_end(size_t members, error_code& error) {
    return reader_ != nullptr ? end_entry()
                              : leave() && JsonTreeHandler::on_object_end(members, error);
  }

  bool on_array_begin(error_code&) {
    if (reader_ != nullptr) {
      reader_->begin_array();
    } else if (at_model_member_ && member_ == "vocab") {
      start(entries_, EntryReader::Form::kVocabularyList);
      parts_.vocabulary = TokenizerJsonParts::Vocabulary::kList;
    } else if (at_model_member_ && member_ == "merges") {
      start(merges_, EntryReader::Form::kMerges);
      parts_.has_merges = true;
    } else {
      enter();
    }
    return true;
  }

  bool on_array_end(size_t elements, error_code& error) {
    return reader_ != nullptr ? end_entry()
                              : leave() && JsonTreeHandler::on_array_end(elements, error);
  }

  bool on_key_part(json_text text, size_t length, error_code& error) {
    if (reader_ != nullptr) {
      reader_->part({text.data(), text.size()});
      return true;
    }
    partial_key_.append(text.data(), text.size());
    return JsonTreeHandler::on_key_part(text, length, error);
  }

  bool on_key(json_text text, size_t length, error_code& error) {
    if (reader_ != nullptr) {
      reader_->key({text.data(), text.size()});
      return true;
    }
    partial_key_.append(text.data(), text.size());
    if (depth_ == 1) in_model_ = partial_key_ == "model";
    at_model_member_ = depth_ == 2 && in_model_;
    if (at_model_member_) member_ = partial_key_;
    partial_key_.clear();
    return JsonTreeHandler::on_key(text, length, error);
  }

  bool on_string_part(json_text text, size_t length, error_code& error) {
    if (reader_ == nullptr) return JsonTreeHandler::on_string_part(text, length, error);
    reader_->part({text.data(), text.size()});
    return true;
  }

  bool on_string(json_text text, size_t length, error_code& error) {
    if (reader_ == nullptr) return JsonTreeHandler::on_string(text, length, error);
    reader_->string({text.data(), text.size()});
    return true;
  }

  bool on_int64(int64_t value, json_text text, error_code& error) {
    if (reader_ == nullptr) return JsonTreeHandler::on_int64(value, text, error);
    number_.clear();
    if (value >= 0) {
      reader_->integer(static_cast<uint64_t>(value));
    } else {
      reader_->number(static_cast<double>(value));
    }
    return true;
  }

  bool on_uint64(uint64_t value, json_text text, error_code& error) {
    if (reader_ == nullptr) return JsonTreeHandler::on_uint64(value, text, error);
    number_.clear();
    reader_->integer(value);
    return true;
  }

  bool on_double(double value, json_text text, error_code& error) {
    if (reader_ == nullptr) return JsonTreeHandler::on_double(value, text, error);
    reader_->number(reference_double(whole_number(text)));
    number_.clear();
    return true;
  }

  bool on_bool(bool value, error_code& error) {
    if (reader_ != nullptr) reader_->other();
    return JsonTreeHandler::on_bool(value, error);
  }

  bool on_null(error_code& error) {
    if (reader_ != nullptr) reader_->other();
    return JsonTreeHandler::on_null(error);
  }

 private:
  void enter() {
    ++depth_;
    at_model_member_ = false;
  }
  bool leave() {
    --depth_;
    at_model_member_ = false;
    return true;
  }

  void start(EntryReader& reader, EntryReader::Form form) {
    if (!reader.entries.texts.empty() || !reader.merges.texts.empty()) {
      throw Error(ErrorCode::kInvalidFile, "expected one list, found it twice",
                  place_in(name_, "/model/" + member_));
    }
    reader_ = &reader;
    reader_->begin(form);
    at_model_member_ = false;
  }

  bool end_entry() {
    if (reader_->end_container()) {
      reader_ = nullptr;
      stack_->push_null();
    }
    return true;
  }

  std::string_view name_;
  bool only_vocabulary_;
  TokenizerJsonParts parts_;
  EntryReader entries_, merges_;
  EntryReader* reader_ = nullptr;
  size_t depth_ = 0;
  bool in_model_ = false;         // inside the root's member "model"
  bool at_model_member_ = false;  // the value that comes next is model.<member_>
  std::string member_, partial_key_;
};

TokenizerJsonParts parse(std::string_view bytes, std::string_view name, bool only_vocabulary) {
  if (bytes.size() >= (uint64_t{1} << 31)) {
    throw Error(ErrorCode::kInvalidFile, "expected less than 2 GiB of JSON", std::string(name));
  }
  return parse_json_events<PartsHandler>(bytes, name, name, bytes.size(), only_vocabulary).parts();
}

}  // namespace

TokenizerJsonParts parse_tokenizer_json(std::string_view bytes, std::string_view name) {
  return parse(bytes, name, false);
}

VocabularyEntries parse_vocabulary_json(std::string_view bytes, std::string_view name) {
  TokenizerJsonParts parts = parse(bytes, name, true);
  if (parts.vocabulary != TokenizerJsonParts::Vocabulary::kObject) {
    throw Error(ErrorCode::kInvalidFile, "expected an object of tokens and ids", std::string(name));
  }
  return std::move(parts.entries);
}

bool append_merge_line(std::string_view line, MergeTexts& merges) {
  const size_t space = line.find(' ');
  if (space == std::string_view::npos || line.find(' ', space + 1) != std::string_view::npos) {
    return false;
  }
  merges.texts.push_back(line.substr(0, space), line.substr(space + 1));
  merges.splits.push_back(static_cast<uint32_t>(space));
  return true;
}

}  // namespace tokrail
