// What an H2Session writes: requests, answers, and the batches they leave in.

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <charconv>

#include "net/field_rules.h"
#include "net/h2_session.h"
#include "net/http_date.h"
#include "net/wire.h"

namespace manta::net {
namespace {

constexpr int kWrites = 4;                // gathered writes of one turn
constexpr std::size_t kSeedEvery = 1024;  // messages
constexpr std::size_t kSeeds = 4;         // in a row: the first of a connection may be of another kind
constexpr std::size_t kSmallAnswer = 16 << 10;
constexpr std::size_t kSmallRequest = 16 << 10;  // a body that comes in one piece anyway: its length is not announced

constexpr std::uint8_t kNoCopy = NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE;

nghttp2_nv field(std::string_view name, std::string_view value, std::uint8_t flags = kNoCopy) {
  return {reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
          reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())), name.size(), value.size(), flags};
}

// Header fields for one submit call, on the stack for usual requests.
class Fields {
 public:
  void add(const nghttp2_nv& value) {
    if (size_ < few_.size())
      few_[size_] = value;
    else
      spill(value);
    ++size_;
  }
  const nghttp2_nv* data() const { return many_.empty() ? few_.data() : many_.data(); }
  std::size_t size() const { return size_; }

 private:
  void spill(const nghttp2_nv& value) {
    if (many_.empty()) many_.assign(few_.begin(), few_.end());
    many_.push_back(value);
  }
  std::array<nghttp2_nv, 24> few_;
  std::vector<nghttp2_nv> many_;
  std::size_t size_ = 0;
};

std::string_view to_text(std::array<char, 24>& into, std::size_t number) {
  const auto result = std::to_chars(into.data(), into.data() + into.size(), number);
  return {into.data(), static_cast<std::size_t>(result.ptr - into.data())};
}

std::string_view to_status(std::array<char, 4>& into, int status) {
  std::to_chars(into.data(), into.data() + into.size(), std::clamp(status, 100, 999));
  return {into.data(), 3};
}

// Values that differ from message to message would only push useful ones out of the header table, and make searching it
// long. Their names are in it (trap 4): every so often one goes there, with its value.
std::uint8_t flags_of(std::string_view name, bool seed) {
  const bool varies = name == wire::kRequestId || name == wire::kTraceParent || name == wire::kQueue;
  return varies && !seed ? kNoCopy | NGHTTP2_NV_FLAG_NO_INDEX : kNoCopy;
}

}  // namespace

// Called by nghttp2 for the DATA of one stream: how much can be sent, and whether it is the end.
static ssize_t read_out(nghttp2_session* session, std::int32_t id, std::uint8_t*, std::size_t room,
                        std::uint32_t* flags, nghttp2_data_source* source, void*) {
  auto& stream = *static_cast<H2Stream*>(source->ptr);
  const std::size_t left = stream.unsent().size();
  if (left == 0 && stream.abort_after) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  if (left == 0 && !stream.last) {
    stream.deferred = true;
    return NGHTTP2_ERR_DEFERRED;
  }
  const std::size_t size = std::min(left, room);
  *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  if (!stream.last || size != left) return static_cast<ssize_t>(size);
  *flags |= NGHTTP2_DATA_FLAG_EOF;
  if (stream.out_trailers.empty()) return static_cast<ssize_t>(size);
  *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
  Fields fields;
  for (const auto [name, value] : stream.out_trailers) fields.add(field(name, value));
  nghttp2_submit_trailer(session, id, fields.data(), fields.size());
  return static_cast<ssize_t>(size);
}

void H2Session::submit_request(H2Stream& stream) {
  const bool seed = requests_made_++ % kSeedEvery < kSeeds;
  Fields fields;
  fields.add(field(":method", stream.in.method));
  fields.add(field(":scheme", "http"));
  fields.add(field(":authority", stream.in.authority));
  fields.add(field(":path", stream.in.target));
  for (const auto [name, value] : stream.out_headers) {
    if (!may_send(name, value) || name == "content-length") continue;
    fields.add(field(name, value, flags_of(name, seed)));
  }
  const bool has_body = stream.shared_out && !stream.shared_out->empty();
  if (has_body && stream.shared_out->size() > kSmallRequest)
    fields.add(field("content-length", to_text(stream.number, stream.shared_out->size())));
  stream.last = true;
  nghttp2_data_provider provider{.source = {.ptr = &stream}, .read_callback = read_out};
  const std::int32_t id =
      nghttp2_submit_request(nghttp2_, nullptr, fields.data(), fields.size(), has_body ? &provider : nullptr, &stream);
  if (id < 0) {
    stream.closed = true;
    stream.failure = CallFailure::NeverStarted;
    stream.reason = "no stream ids are left on this connection";
    changed(stream);
    return;
  }
  open_stream(stream, id);
  queued_ += stream.unsent().size();
  kick();
}

// Big answers take turns with the others of the connection, unless the client says what it wants (RFC 9218): nghttp2
// would send one after the other, and a small one after all that were begun before it.
static void take_turns(nghttp2_session* session, const H2Stream& stream) {
  const bool is_small = stream.last && stream.out.size() <= kSmallAnswer;
  if (is_small || stream.in.headers.has("priority")) return;
  const nghttp2_extpri in_turns{.urgency = NGHTTP2_EXTPRI_DEFAULT_URGENCY, .inc = 1};
  nghttp2_session_change_extpri_stream_priority(session, stream.id, &in_turns, 0);
}

void H2Session::submit_response(H2Stream& stream, int status, bool has_body) {
  Fields fields;
  fields.add(field(":status", to_status(stream.status_text, status)));
  const bool whole = stream.last;
  const bool is_head = stream.in.method == "HEAD";
  const bool own_length = is_head && stream.out.empty();
  const bool seed = answers_made_++ % kSeedEvery < kSeeds;
  for (const auto [name, value] : stream.out_headers) {
    if (may_send(name, value) && (own_length || name != "content-length"))
      fields.add(field(name, value, flags_of(name, seed)));
  }
  if (whole && !own_length && status >= 200 && status != 204 && status != 304)
    fields.add(field("content-length", to_text(stream.number, stream.out.size())));
  if (options_.has_date && !stream.out_headers.has("date"))
    fields.add(field("date", http_date(), NGHTTP2_NV_FLAG_NO_COPY_NAME));
  if (is_head) stream.out.clear();
  nghttp2_data_provider provider{.source = {.ptr = &stream}, .read_callback = read_out};
  const bool with_data = has_body && !is_head;
  nghttp2_submit_response(nghttp2_, stream.id, fields.data(), fields.size(), with_data ? &provider : nullptr);
  if (with_data) take_turns(nghttp2_, stream);
  queued_ += stream.unsent().size();
  stream.answer_begun = true;
  if (with_data) stream.progress = loop_.now();
  kick();
}

void H2Session::resume(H2Stream& stream) {
  if (stream.deferred) {
    stream.deferred = false;
    nghttp2_session_resume_data(nghttp2_, stream.id);
  }
  kick();
}

void H2Session::reset(H2Stream& stream, std::uint32_t code) {
  nghttp2_submit_rst_stream(nghttp2_, NGHTTP2_FLAG_NONE, stream.id, code);
  kick();
}

void H2Session::flush() {
  if (ended_ || !connected_ || write_blocked_) return;
  if (unwritten_.empty()) batch_ = &room_->output;
  write();
  if (batch_ != &unwritten_ && !batch_->empty()) std::swap(unwritten_, *batch_);
  batch_ = &unwritten_;
}

void H2Session::write() {
  for (int i = 0; i < kWrites; ++i) {
    if (!fill()) return;
    if (batch_->empty()) {
      if (finished()) end("the connection was closed");
      return;
    }
    const std::size_t offered = batch_->bytes();
    const auto outcome = batch_->write(socket_);
    if (outcome == WriteBatch::Outcome::Lost) return end("the connection was lost while writing");
    if (outcome == WriteBatch::Outcome::Blocked) return wait_writable(batch_->bytes() < offered);
    pinned_.clear();
    if (offered < kBatch && !finished()) return;  // a batch with room to spare held all there was to write
  }
  loop_.post([self = shared_from_this()] { self->turn(); });
}

void H2Session::wait_writable(bool progress) {
  if (progress) write_progress_ = loop_.now();
  write_blocked_ = true;
  socket_.wait_writable(shared_from_this());
}

bool H2Session::fill() {
  while (batch_->bytes() < kBatch) {
    const std::uint8_t* data = nullptr;
    const auto size = nghttp2_session_mem_send(nghttp2_, &data);
    if (size < 0) {
      end(std::string("cannot write: ") + nghttp2_strerror(static_cast<int>(size)));
      return false;
    }
    if (size == 0) break;
    batch_->copy({reinterpret_cast<const char*>(data), static_cast<std::size_t>(size)});
  }
  return true;
}

bool H2Session::finished() const {
  return nghttp2_session_want_read(nghttp2_) == 0 && nghttp2_session_want_write(nghttp2_) == 0 && batch_->empty();
}

}  // namespace manta::net
