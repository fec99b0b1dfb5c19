#include "tokenizers/pretokenization/regex_program.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/error.h"
#include "base/utf8.h"

namespace tokrail::detail {
namespace {

using Kind = RegexNode::Kind;
using Greed = RegexNode::Greed;
using Op = RegexProgram::Op;
using Instruction = RegexProgram::Instruction;

constexpr size_t kMostInstructions = 50000;
constexpr size_t kMostSets = 8192;
constexpr uint32_t kMatchAt = 0;

/// Fewest and most characters a node matches.
struct Length {
  uint32_t min = 0, max = 0;
};

uint32_t add_lengths(uint32_t a, uint32_t b) {
  return a == kUnboundedRepeat || b == kUnboundedRepeat || a + b < a ? kUnboundedRepeat : a + b;
}

uint32_t multiply_length(uint32_t a, uint32_t times) {
  if (a == 0 || times == 0) return 0;
  if (a == kUnboundedRepeat || times == kUnboundedRepeat) return kUnboundedRepeat;
  const uint64_t product = uint64_t{a} * times;
  return product < kUnboundedRepeat ? static_cast<uint32_t>(product) : kUnboundedRepeat;
}

class Compiler {
 public:
  Compiler(RegexTree tree, std::string_view pattern) : tree_(std::move(tree)), pattern_(pattern) {}

  RegexProgram run() {
    measure();
    program_.registers = tree_.has_back_references ? 2 * (tree_.groups + 1) : 0;
    for (const CodePointSet& set : tree_.sets) program_.sets.emplace_back(set);
    program_.word_set = static_cast<uint32_t>(program_.sets.size());
    program_.sets.emplace_back(tree_.word);
    emit({});  // kMatchAt
    program_.start = compile(tree_.root, kMatchAt);
    find_first_bytes();
    fill_dispatch();
    number_choices();
    return std::move(program_);
  }

 private:
  const RegexNode& node(uint32_t id) const { return tree_.nodes[id]; }

  void measure() {
    // Children come before their parents, so one pass does.
    for (const RegexNode& n : tree_.nodes) {
      Length length;
      switch (n.kind) {
        case Kind::kEmpty:
        case Kind::kAssertion:
        case Kind::kLook: break;
        case Kind::kCharacter:
        case Kind::kSet: length = {1, 1}; break;
        case Kind::kGrapheme: length = {1, kUnboundedRepeat}; break;
        case Kind::kBackReference: length = {0, kUnboundedRepeat}; break;
        case Kind::kCapture:
        case Kind::kAtomic: length = lengths_[n.children[0]]; break;
        case Kind::kRepeat:
          length = {multiply_length(lengths_[n.children[0]].min, n.min),
                    multiply_length(lengths_[n.children[0]].max, n.max)};
          break;
        case Kind::kConcat:
          for (const uint32_t child : n.children) {
            length = {add_lengths(length.min, lengths_[child].min),
                      add_lengths(length.max, lengths_[child].max)};
          }
          break;
        case Kind::kAlternate:
          length.min = kUnboundedRepeat;
          for (const uint32_t child : n.children) {
            length = {std::min(length.min, lengths_[child].min),
                      std::max(length.max, lengths_[child].max)};
          }
          break;
      }
      lengths_.push_back(length);
    }
  }

  uint32_t emit(Instruction instruction) {
    if (program_.code.size() >= kMostInstructions) refuse_size();
    program_.code.push_back(instruction);
    return static_cast<uint32_t>(program_.code.size() - 1);
  }

  uint32_t emit_split(const std::vector<uint32_t>& branches) {
    if (branches.size() > RegexProgram::kBranches) {
      const auto cut = branches.begin() + (RegexProgram::kBranches - 1);
      std::vector<uint32_t> first(branches.begin(), cut);
      first.push_back(emit_split({cut, branches.end()}));
      return emit_split(first);
    }
    Instruction split;
    split.op = Op::kSplit;
    split.a = static_cast<uint32_t>(program_.branches.size());
    split.b = static_cast<uint32_t>(branches.size());
    split.c = static_cast<uint32_t>(program_.dispatch.size());
    program_.branches.insert(program_.branches.end(), branches.begin(), branches.end());
    program_.dispatch.emplace_back();
    return emit(split);
  }

  /// The place of the code that matches node `id` and goes on at `next`.
  uint32_t compile(uint32_t id, uint32_t next) {
    const RegexNode& n = node(id);
    Instruction in;
    in.next = next;
    switch (n.kind) {
      case Kind::kEmpty: return next;
      case Kind::kCharacter: return emit_text({id}, next);
      case Kind::kSet:
        in.op = Op::kSet;
        in.a = n.set;
        return emit(in);
      case Kind::kConcat: return compile_sequence(n.children, next);
      case Kind::kAlternate: {
        std::vector<uint32_t> branches;
        for (const uint32_t child : n.children) branches.push_back(compile(child, next));
        return emit_split(branches);
      }
      case Kind::kRepeat: return compile_repeat(n, next);
      case Kind::kCapture: return compile_capture(n, next);
      case Kind::kLook:
        in.op = Op::kLook;
        in.behind = n.behind;
        in.negated = n.negated;
        in.a = compile(n.children[0], kMatchAt);
        in.b = lengths_[n.children[0]].min;
        in.c = lengths_[n.children[0]].max;
        program_.has_looks = true;
        return emit(in);
      case Kind::kAtomic: return emit_atomic(compile(n.children[0], kMatchAt), next);
      case Kind::kAssertion:
        in.op = Op::kAssertion;
        in.a = static_cast<uint32_t>(n.assertion);
        // \G is about where the search began: what fails there may match from elsewhere.
        if (n.assertion == RegexAssertion::kSearchBegin) memoizable_ = false;
        return emit(in);
      case Kind::kBackReference:
        in.op = Op::kBackReference;
        in.a = 2 * n.group;
        in.ignore_case = n.ignore_case;
        memoizable_ = false;
        return emit(in);
      case Kind::kGrapheme: in.op = Op::kGrapheme; return emit(in);
    }
    return next;
  }

  uint32_t emit_text(const std::vector<uint32_t>& ids, uint32_t next) {
    Instruction in;
    in.op = Op::kText;
    in.next = next;
    in.a = static_cast<uint32_t>(program_.texts.size());
    for (const uint32_t id : ids) append_utf8(node(id).code_point, program_.texts);
    in.b = static_cast<uint32_t>(program_.texts.size()) - in.a;
    return emit(in);
  }

  uint32_t compile_sequence(const std::vector<uint32_t>& children, uint32_t next) {
    for (size_t i = children.size(); i > 0;) {
      size_t begin = i - 1;
      if (node(children[begin]).kind != Kind::kCharacter) {
        next = compile(children[begin], next);
      } else {
        while (begin > 0 && node(children[begin - 1]).kind == Kind::kCharacter) --begin;
        next = emit_text({children.begin() + static_cast<std::ptrdiff_t>(begin),
                          children.begin() + static_cast<std::ptrdiff_t>(i)},
                         next);
      }
      i = begin;
    }
    return next;
  }

  uint32_t compile_capture(const RegexNode& n, uint32_t next) {
    if (!tree_.has_back_references) return compile(n.children[0], next);
    return emit_save(2 * n.group, compile(n.children[0], emit_save(2 * n.group + 1, next)));
  }

  uint32_t emit_save(uint32_t slot, uint32_t next) {
    Instruction in;
    in.op = Op::kSave;
    in.a = slot;
    in.next = next;
    return emit(in);
  }

  uint32_t emit_atomic(uint32_t body, uint32_t next) {
    Instruction in;
    in.op = Op::kAtomic;
    in.a = body;
    in.next = next;
    return emit(in);
  }

  uint32_t compile_repeat(const RegexNode& n, uint32_t next) {
    const RegexNode& child = node(n.children[0]);
    if (n.max == 0) return next;
    if (child.kind == Kind::kCharacter || child.kind == Kind::kSet) {
      if (n.min == 1 && n.max == 1) return compile(n.children[0], next);
      return emit_span(n, child, next);
    }
    if (lengths_[n.children[0]].max == 0) {
      // Only assertions: once is enough, and not at all where that is allowed.
      return n.min == 0 ? next : compile(n.children[0], next);
    }
    if (n.greed == Greed::kPossessive) {
      return emit_atomic(compile_copies(n, kMatchAt), next);
    }
    return compile_copies(n, next);
  }

  uint32_t emit_span(const RegexNode& n, const RegexNode& child, uint32_t next) {
    Instruction in;
    in.op = Op::kSpan;
    in.next = next;
    in.greed = n.greed;
    in.b = n.min;
    in.c = n.max;
    in.d = program_.spans++;
    in.a = child.kind == Kind::kSet ? child.set : set_of_character(child.code_point);
    return emit(in);
  }

  uint32_t set_of_character(char32_t c) {
    const auto [known, is_new] =
        character_sets_.try_emplace(c, static_cast<uint32_t>(program_.sets.size()));
    if (is_new) {
      if (program_.sets.size() >= kMostSets) refuse_size();
      program_.sets.emplace_back(CodePointSet(c, c));
    }
    return known->second;
  }

  [[noreturn]] void refuse_size() const {
    throw Error(ErrorCode::kUnsupported,
                "the pattern is too large when its repetitions are written out",
                "regular expression " + quoted_pattern(pattern_));
  }

  uint32_t emit_choice(uint32_t body, uint32_t next, Greed greed) {
    return greed == Greed::kLazy ? emit_split({next, body}) : emit_split({body, next});
  }

  uint32_t compile_copies(const RegexNode& n, uint32_t next) {
    const uint32_t child = n.children[0];
    uint32_t at = next;
    if (n.max == kUnboundedRepeat) {
      at = compile_loop(child, next, n.greed);
    } else {
      for (uint32_t i = n.min; i < n.max; ++i) at = emit_choice(compile(child, at), next, n.greed);
    }
    for (uint32_t i = 0; i < n.min; ++i) at = compile(child, at);
    return at;
  }

  /// child*: a split whose body comes back to it. A body that may match nothing ends the loop when
  /// it does, as in the reference engines.
  uint32_t compile_loop(uint32_t child, uint32_t next, Greed greed) {
    const uint32_t head = emit_choice(next, next, greed);
    uint32_t body = 0;
    if (lengths_[child].min > 0) {
      body = compile(child, head);
    } else {
      memoizable_ = false;
      const uint32_t slot = program_.registers++;
      Instruction check;
      check.op = Op::kProgress;
      check.a = slot;
      check.b = next;
      check.next = head;
      body = emit_save(slot, compile(child, emit(check)));
    }
    program_.branches[program_.code[head].a + (greed == Greed::kLazy ? 1 : 0)] = body;
    return head;
  }

  // ---------------------------------------------------------------- first bytes

  FirstBytes first_of(const Instruction& in) const {
    FirstBytes out;
    switch (in.op) {
      case Op::kMatch:
      case Op::kBackReference: return FirstBytes::anything();
      case Op::kGrapheme: out.bytes.fill(~uint64_t{0}); return out;
      case Op::kText: {
        const auto byte = static_cast<unsigned char>(program_.texts[in.a]);
        out.bytes[byte >> 6] |= uint64_t{1} << (byte & 63);
        return out;
      }
      case Op::kSet: out.bytes = program_.sets[in.a].lead_bytes(); return out;
      case Op::kSpan:
        out.bytes = program_.sets[in.a].lead_bytes();
        if (in.b == 0) out.add(program_.first[in.next]);
        return out;
      case Op::kSplit:
        for (uint32_t i = 0; i < in.b; ++i) out.add(program_.first[program_.branches[in.a + i]]);
        return out;
      // The group's own end counts as "anything", so a group that may be empty allows all.
      case Op::kAtomic: return program_.first[in.a];
      case Op::kProgress: out = program_.first[in.b]; break;
      case Op::kLook:
      case Op::kAssertion:
      case Op::kSave: break;
    }
    out.add(program_.first[in.next]);
    return out;
  }

  void find_first_bytes() {
    program_.first.resize(program_.code.size());
    // Only loops point to what comes later, so a few rounds reach the fixed point.
    for (bool changed = true; changed;) {
      changed = false;
      for (size_t i = 0; i < program_.code.size(); ++i) {
        const FirstBytes now = first_of(program_.code[i]);
        if (now == program_.first[i]) continue;
        program_.first[i] = now;
        changed = true;
      }
    }
  }

  void fill_dispatch() {
    for (Instruction& in : program_.code) {
      if (in.op == Op::kSplit) {
        RegexProgram::Dispatch& table = program_.dispatch[in.c];
        for (uint32_t i = 0; i < in.b; ++i) {
          const FirstBytes& first = program_.first[program_.branches[in.a + i]];
          for (size_t byte = 0; byte < 256; ++byte) {
            if (first.has(static_cast<unsigned char>(byte))) table[byte] |= 1u << i;
          }
          if (first.at_end) table[256] |= 1u << i;
        }
      } else if (in.op == Op::kSpan && in.greed == Greed::kGreedy) {
        // What comes next begins with nothing of the span: giving characters back is no use.
        if (program_.first[in.next].disjoint(program_.sets[in.a].lead_bytes())) {
          in.greed = Greed::kPossessive;
        }
      }
    }
  }

  void number_choices() {
    if (!memoizable_) return;
    for (Instruction& in : program_.code) {
      if (in.op == Op::kSplit || in.op == Op::kSpan || in.op == Op::kLook || in.op == Op::kAtomic) {
        in.memo = program_.memos++;
      }
    }
  }

  RegexTree tree_;
  std::string_view pattern_;
  RegexProgram program_;
  std::vector<Length> lengths_;
  std::map<char32_t, uint32_t> character_sets_;
  bool memoizable_ = true;
};

}  // namespace

void FirstBytes::add(const FirstBytes& other) noexcept {
  for (size_t i = 0; i < 4; ++i) bytes[i] |= other.bytes[i];
  at_end |= other.at_end;
}

bool FirstBytes::disjoint(const std::array<uint64_t, 4>& other) const noexcept {
  for (size_t i = 0; i < 4; ++i) {
    if ((bytes[i] & other[i]) != 0) return false;
  }
  return true;
}

FirstBytes FirstBytes::anything() noexcept {
  FirstBytes all;
  all.bytes.fill(~uint64_t{0});
  all.at_end = true;
  return all;
}

RegexProgram compile_regex(RegexTree tree, std::string_view pattern) {
  return Compiler(std::move(tree), pattern).run();
}

}  // namespace tokrail::detail
