#include "bindings/cli/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <utility>

namespace tokrail::cli {

namespace {

std::string amount(double value, Progress::Unit unit) {
  const char* const* suffix = nullptr;
  static constexpr const char* kBytes[] = {"B", "kB", "MB", "GB", "TB"};
  static constexpr const char* kItems[] = {"", "k", "M", "G", "T"};
  suffix = unit == Progress::Unit::kBytes ? kBytes : kItems;
  int step = 0;
  for (; value >= 1000 && step < 4; ++step) value /= 1000;
  char text[32];
  std::snprintf(text, sizeof text, step == 0 ? "%.0f %s" : "%.1f %s", value, suffix[step]);
  return text;
}

}  // namespace

Progress::Progress(std::string label, uint64_t total, bool wanted, Unit unit)
    : label_(std::move(label)),
      total_(total),
      unit_(unit),
      visible_(wanted && ::isatty(STDERR_FILENO) != 0) {}

Progress::~Progress() {
  clear();
}

void Progress::clear() {
  if (drawn_) std::cerr << "\r\033[K" << std::flush;
  drawn_ = false;
}

void Progress::restart(std::string label, uint64_t total, Unit unit) {
  label_ = std::move(label);
  total_ = total;
  unit_ = unit;
  start_ = Clock::now();
}

void Progress::update(uint64_t done) {
  if (!visible_) return;
  const Clock::time_point now = Clock::now();
  if (now - last_draw_ < std::chrono::milliseconds(100)) return;
  last_draw_ = now;
  draw(done);
}

void Progress::draw(uint64_t done) {
  const double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
  const double rate = seconds > 0 ? static_cast<double>(done) / seconds : 0;
  std::string line = "\r\033[K" + label_ + ' ';
  if (total_ > 0) {
    constexpr uint64_t kWidth = 24;
    const double part = std::min(1.0, static_cast<double>(done) / static_cast<double>(total_));
    const size_t filled = static_cast<size_t>(part * kWidth);
    line += '[' + std::string(filled, '#') + std::string(kWidth - filled, '.') + ']';
    char text[48];
    const double left = rate > 0 ? static_cast<double>(total_ - std::min(done, total_)) / rate : 0;
    std::snprintf(text, sizeof text, " %3.0f %%  %.0f s left  ", part * 100, left);
    line += text;
  }
  line += amount(static_cast<double>(done), unit_) + ", " + amount(rate, unit_) + "/s";
  std::cerr << line << std::flush;
  drawn_ = true;
}

}  // namespace tokrail::cli
