#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <manta/error.h>

#include "simulate/findings.h"

namespace manta::simulate {

using CallId = std::uint32_t;

// What may become of a call.
struct CallTerms {
  bool may_run_twice = false;
  bool has_deadline = false;
  bool may_be_turned_away = false;  // a bound of the queue, or of the rate
};

// The invariants of requests: each call ends exactly once; it is answered at most once; what must not run twice does
// not; it fails only for a reason that the run has given. Calls that a call makes have entries of their own.
class Ledger {
 public:
  explicit Ledger(Findings& findings) : findings_(findings) {}

  static constexpr CallId kNone = 0xffffffff;
  CallId begin(const CallTerms& terms, CallId parent = kNone);
  void admitted(CallId call);  // a replica runs it
  void hit(CallId call);       // its connection broke, or its replica was made to end
  void answer_came(CallId call);
  void ended(CallId call, const Result<void>& result);
  // Its caller has gone: only a call made by a call may.
  void dropped(CallId call);

  // Something has gone wrong that leaves callers without a replica for a while.
  void disturb() { disturbed_ = true; }
  // At the end: none is open.
  void check_closed() const;
  std::size_t open() const { return open_; }
  std::size_t answered() const { return answered_; }
  const std::map<std::string, std::size_t>& failures() const { return failures_; }  // of the outermost, by code

 private:
  struct Entry {
    CallId parent = kNone;
    CallTerms terms;
    std::uint8_t runs = 0, answers = 0;
    bool was_hit = false, excused = false, over = false;
  };
  bool may_fail(const Entry& entry, const Error& error) const;

  Findings& findings_;
  std::vector<Entry> entries_;
  std::size_t open_ = 0, answered_ = 0;
  bool disturbed_ = false;
  std::map<std::string, std::size_t> failures_;
};

}  // namespace manta::simulate
