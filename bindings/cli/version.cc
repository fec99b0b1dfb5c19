#include "bindings/cli/version.h"

#include <tbb/version.h>
#include <unicode/uchar.h>
#include <unicode/uversion.h>
#include <zlib.h>

#include <boost/version.hpp>

#include "base/unicode.h"

namespace tokrail::cli {

namespace {

std::string icu_version() {
  UVersionInfo version;
  char text[U_MAX_VERSION_STRING_LENGTH];
  u_getVersion(version);
  u_versionToString(version, text);
  std::string out = text;
  u_getUnicodeVersion(version);
  u_versionToString(version, text);
  return out + " (Unicode " + text + ", used for normalisation forms)";
}

std::string boost_version() {
  return std::to_string(BOOST_VERSION / 100000) + '.' + std::to_string(BOOST_VERSION / 100 % 1000) +
         '.' + std::to_string(BOOST_VERSION % 100);
}

std::string compiler() {
#if defined(__clang__)
  return std::string("clang ") + __clang_version__;
#elif defined(__GNUC__)
  return std::string("g++ ") + __VERSION__;
#else
  return "unknown";
#endif
}

}  // namespace

std::string version_text() {
  return std::string("tokrail " TOKRAIL_VERSION) + "\ncompiler " + compiler() +
         "\nUnicode tables " + std::to_string(kUnicodeMajorVersion) + ".0\nICU " + icu_version() +
         "\nBoost " + boost_version() + "\noneTBB " + TBB_runtime_version() +
         "\nsentencepiece " TOKRAIL_SENTENCEPIECE_VERSION "\nzlib " + zlibVersion() +
         "\nHighway " TOKRAIL_HIGHWAY_VERSION;
}

}  // namespace tokrail::cli
