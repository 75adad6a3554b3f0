#include "simulate/ledger.h"

namespace manta::simulate {
namespace {

std::string name_of(CallId call) { return "call " + std::to_string(call); }

}  // namespace

CallId Ledger::begin(const CallTerms& terms, CallId parent) {
  entries_.push_back({.parent = parent, .terms = terms});
  ++open_;
  return static_cast<CallId>(entries_.size() - 1);
}

void Ledger::admitted(CallId call) {
  Entry& entry = entries_[call];
  const int limit = entry.terms.may_run_twice ? 2 : 1;
  if (++entry.runs > limit)
    findings_.add(name_of(call) + " has run " + std::to_string(entry.runs) + " times, at most " +
                  std::to_string(limit) + " is allowed");
}

void Ledger::hit(CallId call) {
  for (; call != kNone; call = entries_[call].parent) entries_[call].was_hit = true;
}

void Ledger::answer_came(CallId call) {
  if (++entries_[call].answers > 1) findings_.add(name_of(call) + " was answered twice");
}

bool Ledger::may_fail(const Entry& entry, const Error& error) const {
  if (entry.excused) return true;
  if (error.code == ErrorCode::Overloaded) return entry.terms.may_be_turned_away;
  if (error.code == ErrorCode::DeadlineExceeded) return entry.terms.has_deadline;
  if (error.code == ErrorCode::ReplicaDied) return entry.was_hit;
  return error.code == ErrorCode::Unavailable && (disturbed_ || entry.was_hit);
}

void Ledger::ended(CallId call, const Result<void>& result) {
  Entry& entry = entries_[call];
  if (entry.over) return findings_.add(name_of(call) + " ended twice");
  entry.over = true;
  --open_;
  const bool outermost = entry.parent == kNone;
  if (result) {
    if (outermost) ++answered_;
    if (entry.runs == 0) findings_.add(name_of(call) + " was answered, but no replica ran it");
    return;
  }
  const Error& error = result.error();
  const bool allowed = may_fail(entry, error);
  if (!allowed) findings_.add(name_of(call) + " failed without a reason: " + error.message);
  if (!outermost) entries_[entry.parent].excused = entries_[entry.parent].excused || allowed;
  if (outermost) ++failures_[std::string(name(error.code))];
}

void Ledger::dropped(CallId call) {
  Entry& entry = entries_[call];
  if (entry.over) return;
  entry.over = true;
  --open_;
  if (entry.parent == kNone) findings_.add(name_of(call) + " was lost: its caller forgot it");
}

void Ledger::check_closed() const {
  if (open_ == 0) return;
  std::string names;
  std::size_t named = 0;
  for (std::size_t i = 0; i < entries_.size() && named < 5; ++i)
    if (!entries_[i].over) names += (named++ > 0 ? ", " : "") + std::to_string(i);
  findings_.add(std::to_string(open_) + " calls never ended: " + names);
}

}  // namespace manta::simulate
