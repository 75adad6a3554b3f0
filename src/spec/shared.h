#pragma once

#include <concepts>
#include <memory>
#include <string>
#include <utility>

#include <manta/detail/decode.h>
#include <manta/detail/encode.h>

namespace manta::spec {

// A value of which all copies are one object, as cheap to copy as a pointer; there always is one. Two are compared as
// objects first, so that what has not changed is found equal at once. Its JSON form is that of the value. Copies may be
// used by several threads.
template <class T>
class Shared {
 public:
  Shared() : value_(initial()) {}
  template <class V>
    requires std::convertible_to<V, T> && (!std::same_as<std::remove_cvref_t<V>, Shared>)
  Shared(V&& value) : value_(std::make_shared<const T>(std::forward<V>(value))) {}

  const T& operator*() const { return *value_; }
  const T* operator->() const { return value_.get(); }
  operator const T&() const { return *value_; }

  bool is_same_object(const Shared& other) const { return value_ == other.value_; }
  // Makes it a copy of its own, which may be changed until this is copied.
  T& edit() {
    const auto own = std::make_shared<T>(*value_);
    value_ = own;
    return *own;
  }

  friend bool operator==(const Shared& a, const Shared& b) { return a.value_ == b.value_ || *a.value_ == *b.value_; }

 private:
  static const std::shared_ptr<const T>& initial() {
    static const auto value = std::make_shared<const T>();
    return value;
  }

  std::shared_ptr<const T> value_;
};

template <class W, class T>
bool encode(W& writer, const Shared<T>& value) {
  using detail::encode;
  return encode(writer, *value);
}

template <class R, class T>
bool decode(R& reader, Shared<T>& value, detail::Decoding& decoding) {
  using detail::decode;
  T read{};
  if (!decode(reader, read, decoding)) return false;
  value = std::move(read);
  return true;
}

}  // namespace manta::spec

namespace manta::detail {

template <class T>
inline constexpr bool kHasForm<spec::Shared<T>> = kHasForm<T>;

}  // namespace manta::detail
