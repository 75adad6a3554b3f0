#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace manta::detail {

// A string that is written at its end. Room lies behind what has been written, so that a short piece costs a
// comparison and a copy.
class GrowingText {
 public:
  explicit GrowingText(std::size_t room) { make_room(room); }
  explicit GrowingText(std::string text) : text_(std::move(text)), size_(text_.size()) { make_room(0); }
  GrowingText(const GrowingText&) = delete;
  GrowingText& operator=(const GrowingText&) = delete;

  // Where at least `size` bytes may be written: they count once end_at() has been told where they end.
  char* room(std::size_t size) {
    if (size > text_.size() - size_) make_room(size);
    return text_.data() + size_;
  }
  void end_at(const char* end) { size_ = static_cast<std::size_t>(end - text_.data()); }

  void push(char c) {
    *room(1) = c;
    ++size_;
  }
  void append(std::string_view piece) { size_ += piece.copy(room(piece.size()), piece.size()); }
  void cut_to(std::size_t size) { size_ = size; }

  std::size_t size() const { return size_; }
  std::string_view view() const { return {text_.data(), size_}; }
  // Leaves nothing that may be used.
  std::string take() {
    text_.resize(size_);
    return std::move(text_);
  }

 private:
  void make_room(std::size_t size);

  std::string text_;  // all the memory that it has
  std::size_t size_ = 0;
};

}  // namespace manta::detail
