// LatchedFailure: what a function of the user threw the first time, for calls that must not throw.
//
//   bool allows(TokenId id) const noexcept { return failure_.guarded(false, [&] { return ask(id);
//   }); }
//
// After a failure every guarded call answers `otherwise` without running its work. Copies share the
// text. Thread safety: that of its owner. Internal to constraints.
#pragma once

#include <exception>
#include <memory>
#include <string>
#include <string_view>

namespace tokrail {

class LatchedFailure {
 public:
  /// `who`: a literal, told where what was thrown says nothing.
  explicit LatchedFailure(const char* who) noexcept : who_(who) {}

  bool failed() const noexcept { return !view_.empty(); }
  std::string_view text() const noexcept { return view_; }

  template <typename Result, typename Work>
  Result guarded(Result otherwise, Work work) const noexcept {
    if (failed()) return otherwise;
    try {
      return work();
    } catch (const std::exception& error) {
      fail(error.what());
    } catch (...) {
      view_ = who_;
    }
    return otherwise;
  }

 private:
  void fail(const char* what) const noexcept {
    view_ = who_;
    try {
      text_ = std::make_shared<const std::string>(what);
      if (!text_->empty()) view_ = *text_;
    } catch (const std::exception&) {
      text_ = nullptr;
    }
  }

  const char* who_;
  mutable std::string_view view_;  ///< of text_, or of who_
  mutable std::shared_ptr<const std::string> text_;
};

}  // namespace tokrail
