#include "replica/control_streams.h"

#include <utility>

#include "net/items.h"
#include "net/wire.h"

namespace manta::replica {
namespace {

constexpr std::size_t kMaxBehind = 1 << 20;  // bytes; a reader so far behind is not listening

}  // namespace

void ControlStreams::open(const net::ExchangePtr& exchange) {
  auto& stream = streams_[exchange->connection_id()];
  if (stream) stream->finish();
  stream = exchange;
  stream->start(200, {{"content-type", net::wire::kItems}});
}

void ControlStreams::write(net::Exchange& stream, const std::string& item) {
  if (stream.closed() || stream.queued() > kMaxBehind) return;
  std::string framed;
  net::append_item(framed, item);
  stream.write(framed);
}

void ControlStreams::send(ConnectionId connection, const std::string& item) {
  const auto stream = streams_.find(connection);
  if (stream != streams_.end()) write(*stream->second, item);
}

void ControlStreams::send_all(const std::string& item) {
  for (const auto& [connection, stream] : streams_) write(*stream, item);
}

void ControlStreams::finish_all() {
  for (const auto& [connection, stream] : std::exchange(streams_, {})) stream->finish();
}

}  // namespace manta::replica
