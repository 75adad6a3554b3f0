#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/loop.h"

struct epoll_event;

namespace manta {

class Descriptor;

// How a Loop waits: an epoll set of the descriptors on it, and the callbacks posted to it. Asks the kernel once for all
// that is ready, tells each descriptor, then runs what was posted, also by these. Confined to the thread that runs the
// loop, but for post_from_anywhere() and interrupt().
class Poller {
 public:
  Poller();
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  void close();  // the loop ends: whatever waits is dropped

  void post(Loop::Callback callback) { posted_.push_back(std::move(callback)); }
  void post_from_anywhere(Loop::Callback callback);
  void interrupt();  // wait() returns at once, now or the next time

  // Waits until something is ready, at most for `limit` (none: as long as it takes), and tells the descriptors. Returns
  // how many were told.
  std::size_t wait(std::optional<Duration> limit);
  // Runs what has been posted until then, and a bounded number of what that posts: I/O has its turn in between. Stops
  // early once `stopped`. Returns how many ran.
  std::size_t run_posted(const std::atomic<bool>& stopped);

 private:
  friend class Descriptor;
  struct Entry;

  void take_from_others();
  int ask_kernel(epoll_event* events, int room, std::optional<Duration> limit);
  std::size_t tell_awaited();
  static std::size_t tell(Entry& entry);
  static void update(Entry& entry, std::uint32_t events);
  void forget(Entry& entry);

  int epoll_;
  int wake_;  // eventfd
  std::vector<Loop::Callback> posted_;
  std::vector<Loop::Callback> spare_;           // an empty one with room
  std::vector<Entry*> awaited_;                 // have been ready since before somebody waited
  std::vector<std::unique_ptr<Entry>> closed_;  // the kernel's answer under way may still name them
  Entry* entries_ = nullptr;                    // all that are open
  int telling_ = 0;                             // calls of wait() under way

  std::mutex mutex_;  // guards from_others_
  std::vector<Loop::Callback> from_others_;
  std::atomic<bool> woken_ = false;  // there are some
};

// One descriptor on a loop, which becomes non-blocking. It is told once for each wait(), from the loop and never
// inline. The kernel tells only what changes: who waits again must have found the descriptor exhausted, said so by
// exhausted(), or be content to be told at once. Loop-confined; may outlive the loop, and is told nothing then.
class Descriptor {
 public:
  enum Ready : std::uint32_t { kReadable = 1, kWritable = 2, kLost = 4 };  // kLost: an error, or both sides are shut

  class Owner {
   public:
    virtual void on_ready(Ready what) = 0;  // may destroy the descriptor
    // The loop has gone before the descriptor: what is kept for on_ready() may go. May destroy the descriptor.
    virtual void on_loop_end() = 0;

   protected:
    ~Owner() = default;
  };

  // Takes `fd`. `owner` outlives this.
  Descriptor(Loop& loop, int fd, Owner& owner);
  ~Descriptor();
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  void wait(Ready what);  // kWritable is always by the state now
  // The same, by the state that the descriptor is in now, whatever has been told of it before; costs a system call.
  void wait_anew(Ready what);
  // Told without asking: there is something to do by what is in memory.
  void tell_soon(Ready what);
  // A call would have blocked, or took less than there was room for.
  void exhausted(Ready what);
  // The peer has ended its side, or the descriptor is lost: there is an end to be read after all bytes.
  bool has_end() const;
  void close();
  int fd() const { return fd_; }  // -1 once closed

 private:
  bool is_told() const;

  int fd_;
  std::unique_ptr<Poller::Entry> entry_;  // null once closed
};

}  // namespace manta
