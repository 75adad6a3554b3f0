#pragma once

#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <manta/detail/json.h>
#include <manta/error.h>
#include <manta/tensor.h>

namespace manta {

// One argument of an application: becomes whatever the place that takes it wants (std::string, int, a described struct,
// ...).
class ArgValue {
 public:
  ArgValue(std::string key, Json value) : key_(std::move(key)), value_(std::move(value)) {}

  // InvalidArgument, naming the argument, when the value is of another type.
  template <class T>
  T as() const {
    Result<T> value = detail::from_json<T>(value_.text);
    if (!value) throw_mismatch(value.error());
    return std::move(*value);
  }
  template <class T>
    requires detail::Encodable<T>
  operator T() const {
    return as<T>();
  }
  const std::string& json() const { return value_.text; }

 private:
  [[noreturn]] void throw_mismatch(const Error& error) const;

  std::string key_;
  Json value_;
};

// The arguments given to build(): `args` of the configuration or of the command line, a JSON object.
class Args {
 public:
  Args() = default;
  // From the text of a JSON object; throws InvalidArgument.
  static Args parse(std::string_view json);

  bool has(std::string_view key) const;
  // Throws InvalidArgument that names the key and the keys that were given.
  ArgValue at(std::string_view key) const;

  template <class T>
  T get(std::string_view key) const {
    return at(key).as<T>();
  }
  template <class T>
  auto get(std::string_view key, T fallback) const {
    using Value = std::conditional_t<std::is_convertible_v<T, std::string>, std::string, T>;
    return has(key) ? at(key).as<Value>() : Value(std::move(fallback));
  }
  // All of them as one described struct: a missing one keeps its initialiser, an unknown one is an error that names it.
  template <class T>
  T as() const {
    return value_or_throw(detail::from_json<T>(json()));
  }
  std::string json() const;

 private:
  std::map<std::string, Json, std::less<>> values_;
};

}  // namespace manta
