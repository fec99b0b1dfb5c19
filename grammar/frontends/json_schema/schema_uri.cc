#include "grammar/frontends/json_schema/schema_uri.h"

#include <algorithm>

namespace tokrail {
namespace {

struct UriParts {
  std::string_view scheme, authority, path, query;
  bool has_authority = false, has_query = false;
};

UriParts split(std::string_view uri) {
  UriParts parts;
  uri = uri.substr(0, uri.find('#'));
  const size_t colon = uri.find_first_of(":/?");
  if (colon != std::string_view::npos && colon > 0 && uri[colon] == ':') {
    parts.scheme = uri.substr(0, colon);
    uri.remove_prefix(colon + 1);
  }
  if (const size_t query = uri.find('?'); query != std::string_view::npos) {
    parts.has_query = true;
    parts.query = uri.substr(query + 1);
    uri = uri.substr(0, query);
  }
  if (uri.starts_with("//")) {
    uri.remove_prefix(2);
    parts.has_authority = true;
    const size_t end = std::min(uri.find('/'), uri.size());
    parts.authority = uri.substr(0, end);
    uri.remove_prefix(end);
  }
  parts.path = uri;
  return parts;
}

std::string without_dots(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const size_t end = std::min(path.find('/', 1), path.size());
    const std::string_view segment = path.substr(0, end);
    const bool last = end == path.size();
    const std::string_view name = segment.starts_with('/') ? segment.substr(1) : segment;
    if (name == "..") {
      out.erase(std::min(out.rfind('/'), out.size()));
      if (last) out += '/';
    } else if (name == ".") {
      if (last) out += '/';
    } else {
      out += segment;
    }
    path.remove_prefix(end);
  }
  return out;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string resolve_uri(std::string_view base, std::string_view reference) {
  const UriParts from = split(base), to = split(reference);
  UriParts result = to;
  std::string path;
  if (!to.scheme.empty() || to.has_authority) {
    path = without_dots(to.path);
  } else if (to.path.empty()) {
    path = from.path;
    if (!to.has_query) {
      result.has_query = from.has_query;
      result.query = from.query;
    }
  } else if (to.path.starts_with('/')) {
    path = without_dots(to.path);
  } else {
    const size_t slash = from.path.rfind('/');
    std::string merged(slash == std::string_view::npos ? (from.has_authority ? "/" : "")
                                                       : from.path.substr(0, slash + 1));
    merged += to.path;
    path = without_dots(merged);
  }
  if (to.scheme.empty()) {
    result.scheme = from.scheme;
    if (!to.has_authority) {
      result.has_authority = from.has_authority;
      result.authority = from.authority;
    }
  }
  std::string uri;
  if (!result.scheme.empty()) uri += std::string(result.scheme) + ":";
  if (result.has_authority) uri += "//" + std::string(result.authority);
  uri += path;
  if (result.has_query) uri += "?" + std::string(result.query);
  return uri;
}

std::string uri_fragment(std::string_view reference) {
  const size_t hash = reference.find('#');
  if (hash == std::string_view::npos) return {};
  reference.remove_prefix(hash + 1);
  std::string text;
  for (size_t i = 0; i < reference.size(); ++i) {
    if (reference[i] == '%' && i + 2 < reference.size() && hex_value(reference[i + 1]) >= 0 &&
        hex_value(reference[i + 2]) >= 0) {
      text += static_cast<char>(hex_value(reference[i + 1]) * 16 + hex_value(reference[i + 2]));
      i += 2;
    } else {
      text += reference[i];
    }
  }
  return text;
}

}  // namespace tokrail
