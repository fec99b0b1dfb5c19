#include "bindings/cli/eval_html.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/utf8.h"
#include "bindings/cli/json_text.h"

namespace tokrail::cli {

namespace {

// Colours are tones with enough contrast to the text in both schemes; a kind keeps its tone.
constexpr std::string_view kStyle = R"css(
:root{color-scheme:light dark;--page:#fbfbfa;--card:#fff;--text:#1c1f23;--soft:#5d6570;--line:#dfe2e6;
--best:#0b6b3a;--bar0:#3b74c4;--bar1:#d07c1f;--bar2:#3d9a5f;--bar3:#a05cb5;--bar4:#c0504d;--bar5:#4ba3ad;
--stem:#cfe0fb;--suffix:#c9edd2;--chain:#b5e6e2;--numeral:#e6e0f8;--mark:#f6d3ee;--piece:#fbe6b4;
--byte:#f9cdc8;--special:#dcdfe3;--even:#d6e4f9;--odd:#fbe8c6}
@media (prefers-color-scheme:dark){:root{--page:#15171a;--card:#1d2024;--text:#e6e8ea;--soft:#9aa3ad;
--line:#343a41;--best:#6fd79f;--bar0:#6c9fe6;--bar1:#e0a052;--bar2:#6cc08b;--bar3:#c08fd2;--bar4:#dd827f;
--bar5:#7cc6cf;--stem:#28436e;--suffix:#1f5434;--chain:#17545a;--numeral:#443a70;--mark:#662f5b;
--piece:#5f4a12;--byte:#6e2c27;--special:#41474e;--even:#28436e;--odd:#5b4718}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:16px/1.5 system-ui,sans-serif}
main{max-width:1180px;margin:0 auto;padding:2rem 1.25rem 4rem}
h1{font-size:1.7rem;margin:0 0 1rem}
h2{font-size:1.2rem;margin:2.6rem 0 .8rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:0;font-size:.9rem}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
.scroll{overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:8px}
table{border-collapse:collapse;width:100%;font-size:.92rem}
th,td{padding:.32rem .8rem;text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
th:first-child,td:first-child{text-align:left}
thead th{border-bottom:2px solid var(--line)}
tbody th{font-weight:normal}
tr.group th{font-weight:600;padding-top:1rem;color:var(--soft);font-size:.84rem;text-align:left}
tbody tr:not(.group):hover{background:color-mix(in srgb,var(--bar0) 10%,transparent)}
td.best{font-weight:700;color:var(--best)}
td.none{color:var(--soft)}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(330px,1fr));gap:1rem}
.card{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:.8rem 1rem}
.card h3{font-size:.98rem;margin:0}
.card p{font-size:.82rem;color:var(--soft);margin:.1rem 0 .6rem;line-height:1.35}
.bar{display:grid;grid-template-columns:8.5rem 1fr 3.6rem;gap:.5rem;align-items:center;font-size:.84rem;
margin:.18rem 0}
.bar span:first-child{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.bar i{display:block;height:.8rem;border-radius:3px;min-width:2px}
.bar b{font-weight:normal;text-align:right;font-variant-numeric:tabular-nums}
.bar.best b{font-weight:700;color:var(--best)}
.legend{display:flex;flex-wrap:wrap;gap:.4rem 1rem;font-size:.84rem;margin:0 0 1rem;color:var(--soft)}
.legend i{display:inline-block;width:1rem;height:.8rem;border-radius:3px;margin-right:.35rem}
.sample{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:.7rem 1rem;
margin-bottom:.9rem}
.line{display:grid;grid-template-columns:9.5rem 1fr;gap:.8rem;padding:.3rem 0}
.line+.line{border-top:1px solid var(--line)}
.who{font-size:.82rem;color:var(--soft);overflow-wrap:anywhere;padding-top:.25rem}
.tokens{line-height:2;overflow-x:auto;overflow-y:hidden}
.t{white-space:pre;border-radius:4px;padding:.14rem 0;margin-right:2px;box-decoration-break:clone;
-webkit-box-decoration-break:clone;cursor:default}
.t:hover{outline:2px solid var(--text)}
.t.zero{font-size:.7rem;padding:.14rem .25rem;vertical-align:.1rem}
@media (max-width:640px){.line{grid-template-columns:1fr;gap:.1rem}}
)css";

void append_text(std::string_view text, std::string& out) {
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
}

// Text that may hold anything, in one line.
void append_visible(std::string_view bytes, std::string& out) {
  std::string visible;
  append_escaped(bytes, visible);
  append_text(visible, out);
}

class PageWriter {
 public:
  explicit PageWriter(const EvalReport& report) : report_(report) {}

  std::string write() {
    out_ =
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
        "<title>Tokenizers side by side</title><style>";
    out_ += kStyle;
    out_ += "</style></head>\n<body><main><h1>Tokenizers side by side</h1>\n";
    write_sources();
    write_table();
    write_bars();
    write_samples();
    out_ += "</main></body></html>\n";
    return std::move(out_);
  }

 private:
  void write_sources() {
    out_ += "<dl>";
    for (const auto& [what, files] : report_.sources) {
      out_ += "<dt>";
      append_text(what, out_);
      out_ += "</dt><dd>";
      append_visible(files, out_);
      out_ += "</dd>";
    }
    out_ += "</dl>\n";
  }

  void write_table() {
    out_ += "<h2>Figures</h2>\n<div class=\"scroll\"><table><thead><tr><th></th>";
    for (size_t t = 0; t < report_.tokenizers.size(); ++t) {
      out_ += "<th title=\"";
      append_visible(report_.paths[t], out_);
      out_ += "\">";
      append_visible(report_.tokenizers[t], out_);
      out_ += "</th>";
    }
    out_ += "</tr></thead>\n<tbody><tr><th>vocabulary</th>";
    for (const uint64_t size : report_.sizes) out_ += "<td>" + std::to_string(size) + "</td>";
    out_ += "</tr>\n";
    std::string group;
    for (const EvalMeasure& measure : report_.measures) {
      if (measure.group != group) {
        group = measure.group;
        out_ += "<tr class=\"group\"><th colspan=\"" +
                std::to_string(report_.tokenizers.size() + 1) + "\">";
        append_text(group, out_);
        out_ += "</th></tr>\n";
      }
      write_row(measure);
    }
    out_ += "</tbody></table></div>\n";
  }

  void write_row(const EvalMeasure& measure) {
    out_ += "<tr><th title=\"";
    append_text(measure.what, out_);
    out_ += "\">";
    append_text(measure.label, out_);
    if (measure.is_share) out_ += " %";
    out_ += "</th>";
    for (size_t t = 0; t < measure.values.size(); ++t) {
      out_ += measure.is_best(t)  ? "<td class=\"best\">"
              : measure.values[t] ? "<td>"
                                  : "<td class=\"none\">";
      out_ += measure.text(t) + "</td>";
    }
    out_ += "</tr>\n";
  }

  void write_bars() {
    out_ += "<h2>Side by side</h2>\n<div class=\"cards\">\n";
    for (const EvalMeasure& measure : report_.measures) {
      if (!measure.is_main) continue;
      double longest = measure.is_share ? 1 : 0;
      for (const auto& value : measure.values) longest = std::max(longest, value.value_or(0));
      out_ += "<div class=\"card\"><h3>";
      append_text(measure.label, out_);
      if (measure.is_share) out_ += " %";
      out_ += "</h3><p>";
      append_text(measure.group + " · " + measure.what, out_);
      if (measure.better == EvalMeasure::Better::kHigher) out_ += " Higher is better.";
      if (measure.better == EvalMeasure::Better::kLower) out_ += " Lower is better.";
      out_ += "</p>";
      for (size_t t = 0; t < measure.values.size(); ++t) write_bar(measure, t, longest);
      out_ += "</div>\n";
    }
    out_ += "</div>\n";
  }

  void write_bar(const EvalMeasure& measure, size_t t, double longest) {
    if (!measure.values[t]) return;
    char width[32];
    std::snprintf(width, sizeof width, "%.2f",
                  longest > 0 ? 100 * *measure.values[t] / longest : 0);
    out_ += measure.is_best(t) ? "<div class=\"bar best\"><span>" : "<div class=\"bar\"><span>";
    append_visible(report_.tokenizers[t], out_);
    out_ += "</span><i style=\"width:" + std::string(width) + "%;background:var(--bar" +
            std::to_string(t % 6) + ")\"></i><b>" + measure.text(t) + "</b></div>";
  }

  void write_samples() {
    if (report_.samples.empty()) return;
    out_ += "<h2>Text</h2>\n<div class=\"legend\">";
    bool kinds = false, parity = false;
    for (const auto& tokens : report_.samples.front().tokens) {
      for (const SampleToken& token : tokens) (token.kind ? kinds : parity) = true;
    }
    if (kinds) {
      for (size_t i = 0; i < kHybridKinds; ++i) {
        const std::string name(hybrid_kind_name(static_cast<HybridKind>(i)));
        out_ += "<span><i style=\"background:var(--" + name + ")\"></i>" + name + "</span>";
      }
    }
    if (parity) {
      out_ +=
          "<span><i style=\"background:var(--even)\"></i><i style=\"background:var(--odd)\">"
          "</i>in turn: tokens without a kind</span>";
    }
    out_ += "</div>\n";
    for (const EvalSample& sample : report_.samples) {
      out_ += "<div class=\"sample\">";
      for (size_t t = 0; t < sample.tokens.size(); ++t) {
        out_ += "<div class=\"line\"><div class=\"who\">";
        append_visible(report_.tokenizers[t], out_);
        out_ += " · " + std::to_string(sample.tokens[t].size()) + "</div><div class=\"tokens\">";
        write_tokens(sample.text, sample.tokens[t]);
        out_ += "</div></div>\n";
      }
      out_ += "</div>\n";
    }
  }

  // Tokens that spell nothing (marks) are shown by name; bytes of parted characters in hex.
  void write_tokens(std::string_view text, const std::vector<SampleToken>& tokens) {
    uint64_t shown = 0;
    for (size_t i = 0; i < tokens.size(); ++i) {
      const SampleToken& token = tokens[i];
      const uint64_t begin = std::min<uint64_t>(std::max(token.begin, shown), text.size());
      const uint64_t end = std::min<uint64_t>(token.end, text.size());
      if (begin > shown && end > begin) append_text(text.substr(shown, begin - shown), out_);
      const bool zero = end <= begin;
      // Lines break before a token that begins with a space, never inside of one.
      if (!zero && text[begin] == ' ') out_ += "<wbr>";
      const std::string colour = token.kind ? std::string(hybrid_kind_name(*token.kind))
                                            : std::string(i % 2 == 0 ? "even" : "odd");
      out_ += zero ? "<span class=\"t zero\"" : "<span class=\"t\"";
      out_ +=
          " style=\"background:var(--" + colour + ")\" title=\"" + std::to_string(token.id) + " ";
      append_visible(token.name, out_);
      if (token.kind) out_ += " (" + std::string(hybrid_kind_name(*token.kind)) + ")";
      out_ += "\">";
      const std::string_view spelled = text.substr(begin, zero ? 0 : end - begin);
      if (zero) {
        append_visible(token.name, out_);
      } else if (valid_utf8(spelled)) {
        append_text(spelled, out_);
      } else {
        append_visible(spelled, out_);
      }
      out_ += "</span>";
      shown = std::max(shown, end);
    }
    if (shown < text.size()) append_text(text.substr(shown), out_);
  }

  const EvalReport& report_;
  std::string out_;
};

}  // namespace

std::string as_html(const EvalReport& report) {
  return PageWriter(report).write();
}

}  // namespace tokrail::cli
