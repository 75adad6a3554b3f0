#include "net/write_batch.h"

#include <algorithm>
#include <array>

namespace manta::net {
namespace {

constexpr std::size_t kMaxParts = 64;
constexpr std::size_t kKeptCopies = 256 << 10;
constexpr std::size_t kCompactCopiesAt = 64 << 10;

}  // namespace

void WriteBatch::copy(std::string_view bytes) {
  begin_copy().append(bytes);
  commit();
}

std::string& WriteBatch::begin_copy() {
  compact();
  begun_ = copies_.size();
  return copies_;
}

void WriteBatch::commit() {
  const std::size_t added = copies_.size() - begun_;
  if (added == 0) return;
  left_ += added;
  if (next_ < pieces_.size() && pieces_.back().data == nullptr)
    pieces_.back().size += added;
  else
    pieces_.push_back({nullptr, begun_, added});
}

void WriteBatch::reference(std::string_view bytes) {
  if (bytes.empty()) return;
  pieces_.push_back({bytes.data(), 0, bytes.size()});
  left_ += bytes.size();
}

WriteBatch::Outcome WriteBatch::write(Socket& socket) {
  while (left_ != 0) {
    std::array<iovec, kMaxParts> parts;
    std::size_t count = 0;
    std::size_t offered = 0;
    for (std::size_t i = next_; i < pieces_.size() && count < kMaxParts; ++i, ++count) {
      const Piece& piece = pieces_[i];
      const char* data = piece.data != nullptr ? piece.data : copies_.data() + piece.at;
      parts[count] = {const_cast<char*>(data), piece.size};
      offered += piece.size;
    }
    const auto sent = socket.write({parts.data(), count});
    if (sent < 0) return Outcome::Lost;
    advance(static_cast<std::size_t>(sent));
    if (static_cast<std::size_t>(sent) < offered) return Outcome::Blocked;
  }
  return Outcome::Done;
}

void WriteBatch::advance(std::size_t bytes) {
  left_ -= bytes;
  if (left_ == 0) return clear();
  while (bytes != 0) {
    Piece& piece = pieces_[next_];
    const std::size_t step = std::min(bytes, piece.size);
    (piece.data != nullptr) ? void(piece.data += step) : void(piece.at += step);
    piece.size -= step;
    bytes -= step;
    if (piece.size == 0) ++next_;
  }
}

void WriteBatch::clear() {
  pieces_.clear();
  next_ = 0;
  copies_.clear();
  if (copies_.capacity() > kKeptCopies) copies_ = std::string();
}

// What a slow reader has taken is dropped from the front, so that a long stream does not keep all it ever wrote.
void WriteBatch::compact() {
  if (next_ == pieces_.size()) return;
  pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<std::ptrdiff_t>(next_));
  next_ = 0;
  const auto first = std::ranges::find(pieces_, nullptr, &Piece::data);
  const std::size_t dead = first == pieces_.end() ? copies_.size() : first->at;
  if (dead < kCompactCopiesAt || dead < copies_.size() / 2) return;
  copies_.erase(0, dead);
  for (Piece& piece : pieces_)
    if (piece.data == nullptr) piece.at -= dead;
}

}  // namespace manta::net
