#include "net/peer_handshake.h"

#include <cstring>
#include <span>
#include <utility>

#include "net/peer_security_impl.h"

namespace manta::net {

PeerHandshake::PeerHandshake(Loop& loop, int fd, PeerProof::Role role, PeerSecurityPtr security, std::string peer,
                             Done done)
    : loop_(loop),
      socket_(loop, fd),
      role_(role),
      security_(std::move(security)),
      peer_(std::move(peer)),
      done_(std::move(done)) {}

void PeerHandshake::start_when_connected() { socket_.wait_writable(shared_from_this()); }

void PeerHandshake::start() {
  const auto& tls = security_->impl().tls;
  if (!tls) return begin_proof();
  phase_ = Phase::Encrypting;
  socket_.encrypt(tls, !is_client(), shared_from_this());
}

void PeerHandshake::close() {
  if (std::exchange(phase_, Phase::Over) != Phase::Over) socket_.close();
  done_ = nullptr;
}

void PeerHandshake::give_up(std::string_view reason) {
  if (phase_ == Phase::Over) return;
  phase_ = Phase::Over;
  socket_.close();
  loop_.post([self = shared_from_this(), why = std::string(reason)]() mutable {
    if (auto done = std::exchange(self->done_, nullptr)) done(std::unexpected(std::move(why)));
  });
}

void PeerHandshake::give_up_late() {
  if (phase_ == Phase::Connecting) return give_up("the connection was not made in time");
  give_up(peer_ + " did not prove in time that it knows this instance's token");
}

void PeerHandshake::begin_proof() {
  phase_ = Phase::Proving;
  proof_.emplace(role_, security_->impl().options.token, socket_.binding(), make_nonce());
  out_ = proof_->start();
  write();
}

void PeerHandshake::write() {
  while (!out_.empty()) {
    const iovec part{out_.data(), out_.size()};
    const std::ptrdiff_t sent = socket_.write({&part, 1});
    if (sent < 0) return peer_closed();
    if (sent == 0) return socket_.wait_writable(shared_from_this());
    out_.erase(0, static_cast<std::size_t>(sent));
  }
  go_on();
}

void PeerHandshake::go_on() {
  const std::size_t wanted = proof_->wanted();
  if (wanted != 0) return socket_.read(std::span(in_).first(wanted).subspan(in_size_), shared_from_this());
  phase_ = Phase::Over;
  auto done = std::exchange(done_, nullptr);
  done(std::move(socket_));
}

void PeerHandshake::on_read(std::size_t bytes) {
  if (phase_ == Phase::Over) return;
  if (bytes == 0) return peer_closed();
  in_size_ += bytes;
  const std::string_view message(in_.data(), in_size_);
  if (message.size() < proof_->wanted()) {
    const auto looked = proof_->look(message);
    return looked ? go_on() : proof_failed(looked.error());
  }
  auto reply = proof_->take(message);
  if (!reply) return proof_failed(reply.error());
  in_size_ = 0;
  out_ = std::move(*reply);
  write();
}

void PeerHandshake::on_writable() {
  if (phase_ == Phase::Over) return;
  if (phase_ == Phase::Proving) return write();
  if (phase_ == Phase::Encrypting) return begin_proof();
  if (const int error = socket_.pending_error(); error != 0)
    return give_up(std::string("cannot connect: ") + std::strerror(error));
  start();
}

void PeerHandshake::on_lost(int) {
  if (phase_ != Phase::Over) peer_closed();
}

void PeerHandshake::peer_closed() {
  if (const std::string failure = socket_.failure(); !failure.empty())
    return give_up("TLS with " + peer_ + " failed: " + failure);
  if (!is_client()) return give_up(peer_ + " went away before it had proved that it knows this instance's token");
  give_up(peer_ + " does not know this instance's token, or is ending: it closed the connection");
}

void PeerHandshake::proof_failed(ProofFailure failure) {
  switch (failure) {
    case ProofFailure::NotManta:
      return give_up(peer_ + (is_client()
                                  ? " asks for no proof of this instance's token: it is another program, or "
                                    "has no token"
                                  : " sent no proof that it knows this instance's token: it is another program, "
                                    "or has no token"));
    case ProofFailure::OtherVersion:
      return give_up(peer_ + " proves itself in another version of the protocol: both must run the same Manta");
    case ProofFailure::WrongToken:
      return give_up(peer_ + " does not know this instance's token");
  }
}

}  // namespace manta::net
