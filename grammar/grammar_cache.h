// GrammarCache: compiled grammars by their text, for servers that see the same ones again and
// again.
//
// A request names a grammar by notation, options and text. If it is there it is handed out; if
// somebody else is waiting for it, one compilation serves all; otherwise it is compiled in the
// background. The grammars that were not asked for longest go when all together take more bytes
// than the limit.
//
//   GrammarCache cache(tables, [](const GrammarCache::Key& key, const std::atomic<bool>&) {
//     return read_json_schema(key.text, options_of(key.options)).grammar;
//   });
//   GrammarCache::Ticket ticket = cache.request({"json_schema", "any", schema});
//   ...                                            // the prompt is read by the model meanwhile
//   Matcher matcher(ticket.get());                 // waits, or throws what reading threw
//
// A ticket that goes away or is cancelled leaves the others waiting; when the last one leaves, the
// compilation is cancelled. Errors go to all who wait and are not kept: the next request tries
// again. Grammars handed out live as long as somebody has them, whatever the cache does.
//
// Complexity: a hit O(size of the key). Memory: a grammar counts as CompiledGrammar::memory() when
// it was last asked for, plus its key. Thread safety: the cache may be used from any thread; a
// ticket belongs to one thread at a time and may outlive the cache. Errors: Error(kInvalidArgument)
// for no tables, no reader or a negative number of threads.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "grammar/compiled_grammar.h"

namespace tokrail {

class BackgroundTasks;

class GrammarCache {
 public:
  struct Key {
    std::string notation;
    std::string options;  ///< whatever else decides about the grammar, in words of the caller's
    std::string text;
    friend bool operator==(const Key&, const Key&) = default;
  };
  /// Turns a key into a grammar, on any thread, several at a time. May look at `cancelled` and
  /// throw Error(kCancelled).
  using Reader = std::function<Grammar(const Key& key, const std::atomic<bool>& cancelled)>;

  struct Options {
    size_t byte_limit = size_t{256} << 20;
    int threads = 0;            ///< compilations at a time; 0: as many as the machine has threads
    CompileLimits limits = {};  ///< `cancel` is not used: jobs have flags of their own
  };
  struct Statistics {
    uint64_t hits = 0;       ///< requests for grammars that were there
    uint64_t shared = 0;     ///< requests that joined a compilation
    uint64_t misses = 0;     ///< requests that began one
    uint64_t failures = 0;   ///< compilations that threw
    uint64_t cancelled = 0;  ///< compilations that nobody waited for any more
    uint64_t evictions = 0;  ///< grammars that went to keep the limit
    size_t grammars = 0, bytes = 0;
    size_t compiling = 0;
  };

  GrammarCache(std::shared_ptr<MaskTables> tables, Reader reader);
  GrammarCache(std::shared_ptr<MaskTables> tables, Reader reader, const Options& options);
  /// Cancels what is being compiled and waits for that; who waits gets Error(kCancelled).
  ~GrammarCache();
  GrammarCache(const GrammarCache&) = delete;
  GrammarCache& operator=(const GrammarCache&) = delete;

 private:
  struct Job;
  struct State;

 public:
  class Ticket {
   public:
    Ticket() = default;
    ~Ticket() { cancel(); }
    Ticket(Ticket&& other) noexcept = default;
    Ticket& operator=(Ticket&& other) noexcept;

    /// Whether get() answers at once.
    bool ready() const;
    /// Waits at most so long; the answer is ready().
    bool wait_for(double seconds) const;
    /// Waits. A compilation that has not begun is done here and now. Throws what it threw;
    /// Error(kCancelled) if this ticket was cancelled or is empty.
    std::shared_ptr<const CompiledGrammar> get() const;
    /// Stops waiting.
    void cancel() noexcept;

   private:
    friend class GrammarCache;
    std::shared_ptr<State> state_;
    std::shared_ptr<Job> job_;
  };

  Ticket request(Key key);
  std::shared_ptr<const CompiledGrammar> get(Key key) { return request(std::move(key)).get(); }

  Statistics statistics() const;
  /// Drops all grammars that are not being compiled.
  void clear();

 private:
  std::shared_ptr<State> state_;
  std::unique_ptr<BackgroundTasks> tasks_;
};

}  // namespace tokrail
