#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "api/strand.h"
#include "api/transport.h"
#include "replica/servable.h"

namespace manta::api {

// The items of one stream inside a process: written on one strand (null: by other threads only) or its compute threads,
// read on another. A slow reader holds the writer back. Kept by both sides.
class LocalItems final : public replica::ItemSink, public std::enable_shared_from_this<LocalItems> {
 public:
  LocalItems(std::shared_ptr<Strand> writer, std::shared_ptr<Strand> reader)
      : writer_strand_(std::move(writer)), reader_strand_(std::move(reader)) {}

  // For one that was made without: before the first next().
  void set_reader(std::shared_ptr<Strand> reader);

  Task<Result<void>> write(std::string item) override;
  Result<void> write_blocking(std::string item) override;
  void start(int status, net::Headers headers) override;
  void end(Result<void> how);  // any thread; the first counts

  // On the reader's strand: the next item; nullopt at the end. One at a time.
  Task<Result<std::optional<std::string>>> next();
  void stop_reading();         // later writes fail with Cancelled
  net::Response head() const;  // what start() was given

 private:
  struct WriterWait;
  struct ReaderWait;
  bool has_room();
  bool readable();
  Result<void> add(std::string item);
  void wake_reader();
  void wake_writer();

  const std::shared_ptr<Strand> writer_strand_;
  detail::Resumption writer_;  // on the writer's strand only
  detail::Resumption reader_;  // on the reader's strand only

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable room_;
  std::shared_ptr<Strand> reader_strand_;
  std::deque<std::string> items_;
  net::Response head_;
  bool ended_ = false;
  bool nobody_reads_ = false;
  std::optional<Error> error_;
};

}  // namespace manta::api
