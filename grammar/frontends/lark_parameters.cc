#include "grammar/frontends/lark_parameters.h"

#include <bit>

namespace tokrail {
namespace {

uint64_t mask_of(LarkBits bits) {
  const unsigned width = static_cast<unsigned>(bits.end - bits.first);
  return (width == 64 ? ~uint64_t{0} : (uint64_t{1} << width) - 1) << bits.first;
}

bool compare(LarkCondition::Order order, uint64_t a, uint64_t b) {
  using Order = LarkCondition::Order;
  switch (order) {
    case Order::kEqual: return a == b;
    case Order::kNotEqual: return a != b;
    case Order::kLess: return a < b;
    case Order::kLessEqual: return a <= b;
    case Order::kGreater: return a > b;
    case Order::kGreaterEqual: return a >= b;
  }
  return false;
}

}  // namespace

uint64_t apply_parameter(const LarkParameter& parameter, uint64_t self) {
  using ParameterKind = LarkParameter::Kind;
  const uint64_t mask = mask_of(parameter.bits);
  const uint64_t one = uint64_t{1} << parameter.bits.first;
  switch (parameter.kind) {
    case ParameterKind::kNone:
    case ParameterKind::kConstant: return parameter.value;
    case ParameterKind::kSelf: return self;
    case ParameterKind::kIncrement: return (self & mask) == mask ? self : self + one;
    case ParameterKind::kDecrement: return (self & mask) == 0 ? self : self - one;
    case ParameterKind::kAnd: return self & parameter.value;
    case ParameterKind::kOr: return self | parameter.value;
  }
  return self;
}

// Conditions nest no deeper than kMaxLarkNesting.
bool lark_condition_holds(const std::vector<LarkCondition>& conditions, uint32_t id,
                          uint64_t self) {
  const LarkCondition& condition = conditions[id];
  const uint64_t mask = mask_of(condition.bits) >> condition.bits.first;
  const uint64_t bits = self >> condition.bits.first & mask;
  switch (condition.kind) {
    case LarkCondition::Kind::kTrue: return true;
    case LarkCondition::Kind::kCompare:
      // is_ones() asks for all bits there are.
      return compare(condition.order, bits,
                     condition.value == ~uint64_t{0} ? mask : condition.value);
    case LarkCondition::Kind::kCompareCount:
      return compare(condition.order, static_cast<uint64_t>(std::popcount(bits)), condition.value);
    case LarkCondition::Kind::kAnd:
      return lark_condition_holds(conditions, condition.left, self) &&
             lark_condition_holds(conditions, condition.right, self);
    case LarkCondition::Kind::kOr:
      return lark_condition_holds(conditions, condition.left, self) ||
             lark_condition_holds(conditions, condition.right, self);
    case LarkCondition::Kind::kNot: return !lark_condition_holds(conditions, condition.left, self);
  }
  return false;
}

}  // namespace tokrail
