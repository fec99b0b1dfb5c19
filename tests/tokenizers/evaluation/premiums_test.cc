#include "tokenizers/evaluation/premiums.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/support/shared_data.h"
#include "tests/tokenizers/evaluation/piece_tokenizer.h"
#include "tests/tokenizers/training/temporary_files.h"

namespace tokrail {

namespace {

TEST(Premiums, AreTokensOverTokensOfTheBase) {
  const test::TemporaryFiles files;
  const AlignedTexts texts = AlignedTexts::read(
      {files.write("en.txt", "ab\r\n\nab\n"), files.write("tr.txt", "abc\n\nabcd")});
  EXPECT_EQ(texts.names, (std::vector<std::string>{"en.txt", "tr.txt"}));
  EXPECT_EQ(texts.lines[0], (std::vector<std::string>{"ab", "", "ab"}));
  const Tokenizer bytes = test::piece_tokenizer({}), pairs = test::piece_tokenizer({"ab", "cd"});
  Premiums premiums;
  premiums.tokens = {count_tokens(bytes, texts), count_tokens(pairs, texts)};
  EXPECT_EQ(premiums.tokens[0], (std::vector<uint64_t>{4, 7}));
  EXPECT_EQ(premiums.tokens[1], (std::vector<uint64_t>{2, 4}));
  EXPECT_DOUBLE_EQ(premiums.of(0, 1), 7.0 / 4);
  EXPECT_DOUBLE_EQ(premiums.of(1, 1), 2);
  EXPECT_DOUBLE_EQ(premiums.of(1, 1, 0), 1);  // mixed: pairs over bytes
  EXPECT_DOUBLE_EQ(premiums.of(0, 0), 1);
}

TEST(Premiums, BadFilesAreErrors) {
  const test::TemporaryFiles files;
  const std::string one = files.write("one.txt", "a\n"), two = files.write("two.txt", "a\nb\n");
  EXPECT_THROW(AlignedTexts::read({one}), Error);
  EXPECT_THROW(AlignedTexts::read({one, "/no/such/file"}), Error);
  try {
    AlignedTexts::read({one, two});
    FAIL() << "files of different length";
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "expected 1 lines as in one.txt, got 2");
  }
}

TEST(Premiums, AgreeWithFiguresMeasuredElsewhere) {
  TOKRAIL_REQUIRE_SHARED_DATA(folder, "morphology/parallel");
  TOKRAIL_REQUIRE_SHARED_DATA(o200k_path, "tokenizers/vocab/o200k_base.tiktoken");
  const AlignedTexts texts =
      AlignedTexts::read({folder / "libreoffice-ui.en.txt", folder / "libreoffice-ui.tr.txt",
                          folder / "libreoffice-ui.fi.txt", folder / "libreoffice-ui.hu.txt",
                          folder / "libreoffice-ui.de.txt"});
  Premiums premiums;
  premiums.tokens = {count_tokens(Tokenizer::load(o200k_path.string()), texts)};
  EXPECT_NEAR(premiums.of(0, 1), 1.508, 0.02);
  EXPECT_NEAR(premiums.of(0, 2), 1.586, 0.02);
  EXPECT_NEAR(premiums.of(0, 3), 1.889, 0.02);
  EXPECT_NEAR(premiums.of(0, 4), 1.364, 0.02);
}

}  // namespace

}  // namespace tokrail
