#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <string>
#include <type_traits>
#include <utility>

#include <manta/detail/block_pool.h>
#include <manta/detail/msgpack.h>
#include <manta/error.h>

namespace manta::detail {

// Arguments or a result that stay as they are because caller and callee share a process. Encoded after all where one
// side knows them by another type, or they leave the process.
class HeldValue {
 public:
  virtual ~HeldValue() = default;
  static void* operator new(std::size_t bytes) { return take_block(bytes); }
  static void operator delete(void* value, std::size_t bytes) noexcept { give_block(value, bytes); }
  static void* operator new(std::size_t bytes, std::align_val_t alignment) { return ::operator new(bytes, alignment); }
  static void operator delete(void* value, std::align_val_t alignment) noexcept { ::operator delete(value, alignment); }
  virtual const void* type() const = 0;            // see TypeTag
  virtual Result<std::string> encode() const = 0;  // MessagePack
};

// The address of `here` stands for T within one program or shared object; in another one T may have another, which
// costs an encoding and nothing else.
template <class T>
struct TypeTag {
  inline static char here = 0;
};

template <class T>
class Held final : public HeldValue {
 public:
  explicit Held(T held) : value(std::move(held)) {}
  const void* type() const override { return &TypeTag<T>::here; }
  Result<std::string> encode() const override { return to_msgpack(value); }

  T value;
};

// The T that is held; null: none, or another type.
template <class T>
T* held(HeldValue* value) {
  return value && value->type() == &TypeTag<T>::here ? &static_cast<Held<T>*>(value)->value : nullptr;
}

// What a call gave: encoded, or as it is.
struct CallResult {
  std::string encoded;
  std::unique_ptr<HeldValue> held = nullptr;
};

// The bytes of `result`, whichever form it has.
Result<std::string> encoded(CallResult result);

}  // namespace manta::detail
