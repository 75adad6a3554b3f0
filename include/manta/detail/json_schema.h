#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <manta/detail/encode.h>
#include <manta/detail/json_writer.h>

// JSON Schema (2020-12) of what from_json<T>() accepts: every key may be missing, and `default` is what the initialiser
// says.
namespace manta::detail {

// The structs being described, outermost first: one inside itself is cut there.
using OpenTypes = std::vector<const void*>;

template <class T>
inline constexpr char kTypeMark = 0;  // its address stands for T

template <class T>
struct SchemaOf;

template <class T>
void write_schema(JsonWriter& writer, OpenTypes& open) {
  writer.begin_object(0);
  SchemaOf<T>::write_keys(writer, open);
  writer.end_object();
}

// Bodies in src/codec.
void write_type(JsonWriter& writer, std::string_view type);
void write_bounds(JsonWriter& writer, std::int64_t least, std::uint64_t most);
void write_sizes(JsonWriter& writer, std::size_t size);
void write_names(JsonWriter& writer, const std::string_view* names, std::size_t count);
void write_tensor_keys(JsonWriter& writer);
// "default": <json>, unless the text is empty.
void write_default(JsonWriter& writer, const std::string& json);

template <class... T>
void write_schemas(JsonWriter& writer, OpenTypes& open, std::string_view key) {
  writer.field(key);
  writer.begin_array(sizeof...(T));
  (write_schema<T>(writer, open), ...);
  writer.end_array();
}

template <class T>
struct SchemaOf {
  static void write_keys(JsonWriter& writer, OpenTypes&) {
    if constexpr (std::same_as<T, bool>) {
      write_type(writer, "boolean");
    } else if constexpr (Integer<T>) {
      write_type(writer, "integer");
      if constexpr (sizeof(T) < 8)
        write_bounds(writer, std::numeric_limits<T>::min(), static_cast<std::uint64_t>(std::numeric_limits<T>::max()));
      else if constexpr (std::unsigned_integral<T>)
        write_bounds(writer, 0, 0);
    } else if constexpr (std::floating_point<T>) {
      write_type(writer, "number");
    } else if constexpr (std::same_as<T, std::monostate>) {
      write_type(writer, "null");
    } else if constexpr (std::same_as<T, Tensor>) {
      write_tensor_keys(writer);
    } else if constexpr (!std::same_as<T, Json>) {
      write_type(writer, "string");
      if constexpr (std::same_as<T, Blob>) {
        writer.field("contentEncoding");
        writer.string("base64");
      }
      if constexpr (DescribedEnum<T>) write_names(writer, kEnumeratorNames<T>.data(), kEnumeratorNames<T>.size());
    }
  }
};

template <class T>
struct SchemaOf<std::optional<T>> {
  static void write_keys(JsonWriter& writer, OpenTypes& open) {
    write_schemas<T, std::monostate>(writer, open, "anyOf");
  }
};

template <class T, class A>
struct SchemaOf<std::vector<T, A>> {
  static void write_keys(JsonWriter& writer, OpenTypes& open) {
    write_type(writer, "array");
    writer.field("items");
    write_schema<T>(writer, open);
  }
};

template <class T, std::size_t N>
struct SchemaOf<std::array<T, N>> {
  static void write_keys(JsonWriter& writer, OpenTypes& open) {
    SchemaOf<std::vector<T>>::write_keys(writer, open);
    write_sizes(writer, N);
  }
};

template <class... T>
struct SchemaOf<std::tuple<T...>> {
  static void write_keys(JsonWriter& writer, OpenTypes& open) {
    write_type(writer, "array");
    write_schemas<T...>(writer, open, "prefixItems");
    write_sizes(writer, sizeof...(T));
  }
};

template <class A, class B>
struct SchemaOf<std::pair<A, B>> : SchemaOf<std::tuple<A, B>> {};

template <class T>
struct SchemaOfMap {
  static void write_keys(JsonWriter& writer, OpenTypes& open) {
    write_type(writer, "object");
    writer.field("additionalProperties");
    write_schema<T>(writer, open);
  }
};
template <class T, class... Rest>
struct SchemaOf<std::map<std::string, T, Rest...>> : SchemaOfMap<T> {};
template <class T, class... Rest>
struct SchemaOf<std::unordered_map<std::string, T, Rest...>> : SchemaOfMap<T> {};

template <class... T>
struct SchemaOf<std::variant<T...>> {
  static void write_keys(JsonWriter& writer, OpenTypes& open) { write_schemas<T...>(writer, open, "anyOf"); }
};

template <class M>
void write_property(JsonWriter& writer, OpenTypes& open, std::string_view name, const M& initial) {
  writer.field(name);
  writer.begin_object(0);
  SchemaOf<M>::write_keys(writer, open);
  JsonWriter text;
  write_default(writer, encode(text, initial) ? text.take() : "");
  writer.end_object();
}

template <Described T>
struct SchemaOf<T> {
  static void write_keys(JsonWriter& writer, OpenTypes& open) {
    write_type(writer, "object");
    writer.field("title");
    writer.string(type_name<T>());
    if (std::ranges::find(open, &kTypeMark<T>) != open.end()) return;
    open.push_back(&kTypeMark<T>);
    writer.field("properties");
    writer.begin_object(0);
    write_properties(writer, open, T{}, Members<T>());
    writer.end_object();
    writer.field("additionalProperties");
    writer.boolean(false);
    open.pop_back();
  }

 private:
  template <template <class...> class List, class... D>
  static void write_properties(JsonWriter& writer, OpenTypes& open, const T& initial, List<D...>) {
    (write_property(writer, open, D::name, initial.*D::pointer), ...);
  }
};

template <class T>
std::string json_schema() {
  static_assert(Encodable<T>, "this type has no JSON form: describe it with BOOST_DESCRIBE_STRUCT");
  JsonWriter writer;
  OpenTypes open;
  write_schema<T>(writer, open);
  return writer.take();
}

}  // namespace manta::detail
