#include "bindings/cli/ngram_documents.h"

#include "base/error.h"
#include "bindings/cli/record_reader.h"

namespace tokrail::cli {
namespace {

Records records_of(const std::string& kind) {
  if (kind == "file") return Records::kWhole;
  if (kind == "line" || kind == "paragraph") return Records::kLines;
  throw Error(ErrorCode::kInvalidArgument, "expected line, paragraph or file", "--documents");
}

}  // namespace

uint64_t size_of_files(const std::vector<std::string>& files) {
  return RecordReader(files, Records::kWhole).total_bytes();
}

void read_documents(const std::vector<std::string>& files, const std::string& kind,
                    const std::function<void(std::string_view, uint64_t)>& take) {
  const bool paragraphs = kind == "paragraph";
  RecordReader reader(files, records_of(kind));
  uint64_t done = 0;
  std::string paragraph;
  std::string file;
  const auto give_paragraph = [&] {
    if (!paragraph.empty()) take(paragraph, done);
    paragraph.clear();
  };
  while (const auto batch = reader.next()) {
    if (paragraphs && batch->file() != file) give_paragraph();
    file = batch->file();
    for (size_t i = 0; i < batch->size(); ++i) {
      const std::string_view record = (*batch)[i];
      done += record.size() + 1;
      if (!paragraphs) {
        if (!record.empty()) take(record, done);
      } else if (record.empty()) {
        give_paragraph();
      } else {
        if (!paragraph.empty()) paragraph += '\n';
        paragraph += record;
      }
    }
  }
  give_paragraph();
}

}  // namespace tokrail::cli
