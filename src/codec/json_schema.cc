#include <manta/detail/json_schema.h>

namespace manta::detail {

void write_type(JsonWriter& writer, std::string_view type) {
  writer.field("type");
  writer.string(type);
}

void write_bounds(JsonWriter& writer, std::int64_t least, std::uint64_t most) {
  writer.field("minimum");
  writer.integer(least);
  if (most == 0) return;
  writer.field("maximum");
  writer.integer(most);
}

void write_sizes(JsonWriter& writer, std::size_t size) {
  for (const std::string_view key : {"minItems", "maxItems"}) {
    writer.field(key);
    writer.integer(std::uint64_t{size});
  }
}

void write_names(JsonWriter& writer, const std::string_view* names, std::size_t count) {
  writer.field("enum");
  writer.begin_array(count);
  for (std::size_t i = 0; i < count; ++i) writer.string(names[i]);
  writer.end_array();
}

void write_tensor_keys(JsonWriter& writer) {
  write_type(writer, "object");
  writer.field("title");
  writer.string("Tensor");
  writer.field("properties");
  OpenTypes open;
  writer.begin_object(3);
  writer.field("dtype");
  write_schema<Tensor::Type>(writer, open);
  writer.field("shape");
  write_schema<std::vector<std::int64_t>>(writer, open);
  writer.field("data");
  write_schema<std::vector<double>>(writer, open);
  writer.end_object();
}

void write_default(JsonWriter& writer, const std::string& json) {
  if (json.empty()) return;
  writer.field("default");
  encode(writer, Json{json});
}

}  // namespace manta::detail
