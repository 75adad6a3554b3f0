#include "net/h1_exchange.h"

#include <utility>

#include "net/h1_connection.h"
#include "net/refusal.h"
#include "net/server_connection.h"

namespace manta::net {

H1Exchange::H1Exchange(H1Connection& connection, std::shared_ptr<ServerContext> context, std::uint64_t connection_id,
                       Request request, std::shared_ptr<BodyStream> body)
    : connection_(&connection),
      context_(std::move(context)),
      connection_id_(connection_id),
      request_(std::move(request)),
      body_(std::move(body)) {
  ++context_->exchanges;
}

H1Exchange::~H1Exchange() {
  if (state_ == State::Open)
    respond(to_response({500, "the request was dropped without an answer"}));
  else if (state_ == State::Started)
    abort();
}

void H1Exchange::complete() {
  state_ = State::Complete;
  on_closed_ = nullptr;
  --context_->exchanges;
}

void H1Exchange::respond(Response response) {
  if (state_ != State::Open) return;
  complete();
  if (auto* connection = std::exchange(connection_, nullptr)) connection->respond(request_, std::move(response));
}

void H1Exchange::start(int status, Headers headers) {
  if (state_ != State::Open) return;
  state_ = State::Started;
  if (connection_ != nullptr) connection_->begin_answer(request_, status, headers);
}

void H1Exchange::write(std::string_view bytes) {
  if (state_ == State::Started && connection_ != nullptr && !bytes.empty()) connection_->write_chunk(bytes);
}

void H1Exchange::finish(Headers) {
  if (state_ != State::Started) return;
  complete();
  if (auto* connection = std::exchange(connection_, nullptr)) connection->finish_answer();
}

void H1Exchange::abort() {
  if (state_ == State::Complete) return;
  complete();
  if (auto* connection = std::exchange(connection_, nullptr)) connection->cut_answer();
}

std::size_t H1Exchange::queued() const { return connection_ != nullptr ? connection_->queued() : 0; }

void H1Exchange::when_drained(std::size_t low_water, Callback callback) {
  if (connection_ == nullptr) return;
  on_drained_ = std::move(callback);
  low_water_ = low_water;
  if (wants_drained()) connection_->kick();
}

void H1Exchange::when_closed(Callback callback) {
  if (state_ == State::Complete) return;
  on_closed_ = std::move(callback);
  if (on_closed_ && connection_ == nullptr) tell_soon();
}

void H1Exchange::lose() {
  connection_ = nullptr;
  tell_soon();
}

void H1Exchange::tell_soon() {
  context_->loop.post([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->tell();
  });
}

void H1Exchange::tell() {
  if (closed() && on_closed_) std::exchange(on_closed_, nullptr)();
  if (wants_drained()) std::exchange(on_drained_, nullptr)();
}

}  // namespace manta::net
