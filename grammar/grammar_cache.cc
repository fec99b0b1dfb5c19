#include "grammar/grammar_cache.h"

#include <chrono>
#include <condition_variable>
#include <exception>
#include <list>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/background_tasks.h"
#include "base/error.h"

namespace tokrail {

namespace {

using Grammars = std::vector<std::shared_ptr<const CompiledGrammar>>;

struct KeyHash {
  size_t operator()(const GrammarCache::Key& key) const noexcept {
    const std::hash<std::string_view> hash;
    size_t sum = hash(key.text);
    for (const std::string* part : {&key.options, &key.notation}) {
      sum = (sum ^ (sum >> 29)) * 0x9E3779B97F4A7C15 + hash(*part);
    }
    return sum;
  }
};

size_t bytes_of(const GrammarCache::Key& key) noexcept {
  return sizeof(key) + key.notation.size() + key.options.size() + key.text.size();
}

std::exception_ptr cancelled() {
  return std::make_exception_ptr(
      Error(ErrorCode::kCancelled, "nobody waits for the grammar any more"));
}

}  // namespace

/// One compilation. All but `cancel` is read and written under the state's lock.
struct GrammarCache::Job {
  enum class Stage : uint8_t { kQueued, kRunning, kDone };

  Key key;
  std::atomic<bool> cancel = false;
  Stage stage = Stage::kQueued;
  size_t waiters = 0;
  std::shared_ptr<const CompiledGrammar> result;
  std::exception_ptr failure;
  std::condition_variable done;
};

/// What tickets need of the cache, so that they may outlive it.
struct GrammarCache::State {
  struct Entry {
    std::shared_ptr<Job> job;                        ///< while it is compiled
    std::shared_ptr<const CompiledGrammar> grammar;  ///< afterwards
    size_t bytes = 0;
    std::list<const Key*>::iterator place = {};  ///< in `used`
  };
  using Entries = std::unordered_map<Key, Entry, KeyHash>;

  std::shared_ptr<MaskTables> tables;
  Reader reader;
  Options options;

  mutable std::mutex mutex;
  Entries entries;
  std::list<const Key*> used;  ///< keys with grammars, the last used first
  Statistics statistics;

  void work_on(const std::shared_ptr<Job>& job);
  std::shared_ptr<const CompiledGrammar> compile(const Job& job) const;
  void finish(Job& job, std::shared_ptr<const CompiledGrammar> result, std::exception_ptr failure);
  void leave(Job& job);
  void forget(const Job& job);
  void update_size(const Key& key, const std::shared_ptr<const CompiledGrammar>& grammar);
  void evict(Grammars& out);
};

std::shared_ptr<const CompiledGrammar> GrammarCache::State::compile(const Job& job) const {
  const Grammar grammar = reader(job.key, job.cancel);
  CompileLimits limits = options.limits;
  limits.cancel = &job.cancel;
  return CompiledGrammar::compile(grammar, tables, limits);
}

void GrammarCache::State::work_on(const std::shared_ptr<Job>& job) {
  {
    const std::lock_guard lock(mutex);
    if (job->stage != Job::Stage::kQueued) return;
    job->stage = Job::Stage::kRunning;
  }
  std::shared_ptr<const CompiledGrammar> result;
  std::exception_ptr failure;
  try {
    if (!job->cancel) result = compile(*job);
  } catch (...) {
    failure = std::current_exception();
  }
  if (!result && !failure) failure = cancelled();
  finish(*job, std::move(result), std::move(failure));
}

void GrammarCache::State::finish(Job& job, std::shared_ptr<const CompiledGrammar> result,
                                 std::exception_ptr failure) {
  const size_t bytes = result ? bytes_of(job.key) + result->memory() : 0;
  Grammars gone;  // freed without the lock
  const std::lock_guard lock(mutex);
  job.stage = Job::Stage::kDone;
  job.result = std::move(result);
  job.failure = std::move(failure);
  --statistics.compiling;
  if (job.cancel) {
    ++statistics.cancelled;
  } else if (job.failure) {
    ++statistics.failures;
  }
  const auto at = entries.find(job.key);
  if (at != entries.end() && at->second.job.get() == &job) {
    if (job.failure) {
      entries.erase(at);
    } else {
      Entry& entry = at->second;
      entry.job = nullptr;
      entry.grammar = job.result;
      entry.bytes = bytes;
      entry.place = used.insert(used.begin(), &at->first);
      statistics.bytes += bytes;
      evict(gone);
    }
  }
  job.done.notify_all();
}

// Takes a job that is not wanted any more out of the way of new requests.
void GrammarCache::State::forget(const Job& job) {
  const auto at = entries.find(job.key);
  if (at != entries.end() && at->second.job.get() == &job) entries.erase(at);
}

void GrammarCache::State::leave(Job& job) {
  const std::lock_guard lock(mutex);
  if (--job.waiters > 0 || job.stage == Job::Stage::kDone) return;
  job.cancel = true;
  forget(job);
}

void GrammarCache::State::evict(Grammars& out) {
  while (statistics.bytes > options.byte_limit && !used.empty()) {
    const auto at = entries.find(*used.back());
    statistics.bytes -= at->second.bytes;
    out.push_back(std::move(at->second.grammar));
    used.pop_back();
    entries.erase(at);
    ++statistics.evictions;
  }
}

// Grammars grow while they are used.
void GrammarCache::State::update_size(const Key& key,
                                      const std::shared_ptr<const CompiledGrammar>& grammar) {
  const size_t bytes = bytes_of(key) + grammar->memory();
  Grammars gone;
  const std::lock_guard lock(mutex);
  const auto at = entries.find(key);
  if (at == entries.end() || at->second.grammar != grammar) return;
  statistics.bytes += bytes - at->second.bytes;
  at->second.bytes = bytes;
  evict(gone);
}

GrammarCache::GrammarCache(std::shared_ptr<MaskTables> tables, Reader reader)
    : GrammarCache(std::move(tables), std::move(reader), Options{}) {}

GrammarCache::GrammarCache(std::shared_ptr<MaskTables> tables, Reader reader,
                           const Options& options)
    : state_(std::make_shared<State>()),
      tasks_(std::make_unique<BackgroundTasks>(options.threads)) {
  if (!tables || !reader) {
    throw Error(ErrorCode::kInvalidArgument, "a cache of grammars needs tables and a reader");
  }
  state_->tables = std::move(tables);
  state_->reader = std::move(reader);
  state_->options = options;
}

GrammarCache::~GrammarCache() {
  {
    const std::lock_guard lock(state_->mutex);
    for (auto& [key, entry] : state_->entries) {
      if (entry.job) entry.job->cancel = true;
    }
  }
  tasks_.reset();
  clear();
}

GrammarCache::Ticket GrammarCache::request(Key key) {
  Ticket ticket;
  ticket.state_ = state_;
  std::shared_ptr<const CompiledGrammar> found;
  {
    const std::lock_guard lock(state_->mutex);
    Statistics& statistics = state_->statistics;
    const auto [at, is_new] = state_->entries.try_emplace(std::move(key));
    State::Entry& entry = at->second;
    if (entry.grammar) {
      ++statistics.hits;
      state_->used.splice(state_->used.begin(), state_->used, entry.place);
      found = entry.grammar;
      key = at->first;
      ticket.job_ = std::make_shared<Job>();
      ticket.job_->stage = Job::Stage::kDone;
      ticket.job_->result = found;
    } else if (!is_new) {
      ++statistics.shared;
      ticket.job_ = entry.job;
    } else {
      ++statistics.misses;
      ++statistics.compiling;
      entry.job = ticket.job_ = std::make_shared<Job>();
      ticket.job_->key = at->first;
    }
    ++ticket.job_->waiters;
    if (!is_new && !found) return ticket;
  }
  if (found) {
    state_->update_size(key, found);
  } else {
    tasks_->run([state = state_, job = ticket.job_] { state->work_on(job); });
  }
  return ticket;
}

GrammarCache::Statistics GrammarCache::statistics() const {
  const std::lock_guard lock(state_->mutex);
  Statistics statistics = state_->statistics;
  statistics.grammars = state_->used.size();
  return statistics;
}

void GrammarCache::clear() {
  Grammars gone;
  const std::lock_guard lock(state_->mutex);
  for (const Key* key : state_->used) {
    const auto at = state_->entries.find(*key);
    gone.push_back(std::move(at->second.grammar));
    state_->entries.erase(at);
  }
  state_->used.clear();
  state_->statistics.bytes = 0;
}

GrammarCache::Ticket& GrammarCache::Ticket::operator=(Ticket&& other) noexcept {
  if (this != &other) {
    cancel();
    state_ = std::move(other.state_);
    job_ = std::move(other.job_);
  }
  return *this;
}

bool GrammarCache::Ticket::ready() const {
  if (!job_) return true;
  const std::lock_guard lock(state_->mutex);
  return job_->stage == Job::Stage::kDone;
}

bool GrammarCache::Ticket::wait_for(double seconds) const {
  if (!job_) return true;
  std::unique_lock lock(state_->mutex);
  return job_->done.wait_for(lock, std::chrono::duration<double>(seconds),
                             [&] { return job_->stage == Job::Stage::kDone; });
}

std::shared_ptr<const CompiledGrammar> GrammarCache::Ticket::get() const {
  if (!job_) std::rethrow_exception(cancelled());
  // Where all threads of the machine wait like this one, nobody else would begin.
  state_->work_on(job_);
  std::unique_lock lock(state_->mutex);
  job_->done.wait(lock, [&] { return job_->stage == Job::Stage::kDone; });
  if (job_->failure) std::rethrow_exception(job_->failure);
  return job_->result;
}

void GrammarCache::Ticket::cancel() noexcept {
  if (job_) state_->leave(*job_);
  job_ = nullptr;
  state_ = nullptr;
}

}  // namespace tokrail
