#include "grammar/regex/regex_set.h"

#include <algorithm>

#include "grammar/regex/regex_store.h"

namespace tokrail {

RegexSet::RegexSet(size_t max_nodes) : impl_(std::make_unique<Impl>(max_nodes)) {}
RegexSet::~RegexSet() = default;
RegexSet::RegexSet(const RegexSet& other) : impl_(std::make_unique<Impl>(*other.impl_)) {}
RegexSet& RegexSet::operator=(const RegexSet& other) {
  if (this != &other) impl_ = std::make_unique<Impl>(*other.impl_);
  return *this;
}
RegexSet::RegexSet(RegexSet&&) noexcept = default;
RegexSet& RegexSet::operator=(RegexSet&&) noexcept = default;

RegexId RegexSet::bytes(const ByteSet& set) {
  return impl_->bytes(set);
}

RegexId RegexSet::literal(std::string_view bytes) {
  if (bytes.empty()) return kEmpty;
  const size_t nodes_before = impl_->nodes.size(), text_before = impl_->text.size();
  const RegexId id = impl_->literal(impl_->write(bytes), kEmpty);
  if (impl_->nodes.size() == nodes_before) impl_->text.resize(text_before);
  return id;
}

RegexId RegexSet::characters(std::span<const CodePointRange> ranges) {
  return impl_->characters(ranges);
}

RegexId RegexSet::concat(RegexId first, RegexId second) {
  return impl_->concat(first, second);
}

RegexId RegexSet::concat(std::span<const RegexId> parts) {
  return impl_->concat(parts);
}

RegexId RegexSet::alternate(std::span<const RegexId> choices) {
  return impl_->alternate(choices);
}

RegexId RegexSet::intersect(std::span<const RegexId> all) {
  return impl_->intersect(all);
}

RegexId RegexSet::complement(RegexId of) {
  return impl_->complement(of);
}

RegexId RegexSet::repeat(RegexId what, uint32_t min, uint32_t max) {
  return impl_->repeat(what, min, max);
}

RegexId RegexSet::any_text() {
  return impl_->repeat(impl_->any_character(), 0, kUnbounded);
}

RegexId RegexSet::any_character() {
  return impl_->any_character();
}

RegexId RegexSet::import(const RegexSet& from, RegexId id) {
  if (&from == this) return id;
  const Impl& theirs = *from.impl_;
  // Expressions are in their final form and operands in the order of their hashes, there as here.
  std::unordered_map<RegexId, RegexId> ours = {
      {kNothing, kNothing}, {kEmpty, kEmpty}, {kAnything, kAnything}};
  std::vector<RegexId> work = {id}, list;
  while (!work.empty()) {
    const RegexId at = work.back();
    if (ours.contains(at)) {
      work.pop_back();
      continue;
    }
    const Impl::Node& node = theirs.node(at);
    const size_t before = work.size();
    list.clear();
    for (const RegexId part : theirs.operands_of(node)) {
      const auto known = ours.find(part);
      if (known == ours.end())
        work.push_back(part);
      else
        list.push_back(known->second);
    }
    if (work.size() > before) continue;
    work.pop_back();
    ours[at] = impl_->add_copy(theirs, node, list);
  }
  return ours[id];
}

RegexId RegexSet::derivative(RegexId of, std::string_view prefix) {
  for (const char byte : prefix) {
    if (of == kNothing) break;
    of = impl_->raw_step(of, static_cast<uint8_t>(byte));
  }
  return of;
}

bool RegexSet::is_nullable(RegexId id) const noexcept {
  return impl_->nullable(id);
}

std::span<const RegexTransition> RegexSet::transitions(RegexId id) {
  return impl_->pruned_transitions(id);
}

const ByteSet& RegexSet::first_bytes(RegexId id) {
  const auto [entry, added] = impl_->first_bytes.try_emplace(id);
  if (added) {
    ByteSet bytes;
    for (const RegexTransition& transition : transitions(id)) bytes |= transition.bytes;
    impl_->first_bytes[id] = bytes;
  }
  return impl_->first_bytes[id];
}

RegexId RegexSet::step(RegexId id, uint8_t byte) {
  for (const RegexTransition& transition : impl_->pruned_transitions(id)) {
    if (transition.bytes.contains(byte)) return transition.next;
  }
  return kNothing;
}

std::optional<std::string> RegexSet::as_literal(RegexId id) const {
  const Impl::Node& node = impl_->node(id);
  if (id == kEmpty) return "";
  if (const auto byte = impl_->single_byte(id)) return std::string(1, static_cast<char>(*byte));
  if (node.kind != Kind::kLiteral || node.value[0] != kEmpty) return std::nullopt;
  return literal_bytes(id);
}

RegexHash RegexSet::hash(RegexId id) const noexcept {
  return impl_->node(id).hash;
}

RegexSet::Kind RegexSet::kind(RegexId id) const noexcept {
  return impl_->node(id).kind;
}

std::span<const RegexId> RegexSet::operands(RegexId id) const noexcept {
  return impl_->operands_of(impl_->node(id));
}

const ByteSet& RegexSet::byte_set(RegexId id) const noexcept {
  return impl_->byte_sets[impl_->node(id).value[0]];
}

std::string RegexSet::literal_bytes(RegexId id) const {
  const Impl::Piece piece = impl_->piece(impl_->node(id));
  std::string bytes(impl_->text, piece.end - piece.length, piece.length);
  std::reverse(bytes.begin(), bytes.end());
  return bytes;
}

std::pair<uint32_t, uint32_t> RegexSet::bounds(RegexId id) const noexcept {
  const Impl::Node& node = impl_->node(id);
  return {node.value[1], node.value[2]};
}

size_t RegexSet::size() const noexcept {
  return impl_->nodes.size();
}

size_t RegexSet::memory() const noexcept {
  const Impl& impl = *impl_;
  constexpr size_t kMapEntry = sizeof(std::pair<RegexId, ByteSet>) + 2 * sizeof(void*);
  return sizeof(Impl) + impl.nodes.capacity() * sizeof(Impl::Node) +
         impl.slots.capacity() * sizeof(uint32_t) + impl.byte_sets.capacity() * sizeof(ByteSet) +
         impl.operands.capacity() * sizeof(RegexId) + impl.text.capacity() +
         impl.arena.capacity() * sizeof(RegexTransition) + impl.first_bytes.size() * kMapEntry;
}

}  // namespace tokrail
