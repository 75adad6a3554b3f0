#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include <manta/detail/json.h>
#include <manta/detail/msgpack.h>
#include <manta/detail/transcode.h>

// Equality with the Python package: tests/data/msgpack_vectors.py made the bytes.
namespace manta::detail {
namespace {

struct ValueVector {
  std::string json;
  std::string hex;
};
BOOST_DESCRIBE_STRUCT(ValueVector, (), (json, hex))

struct HeaderVector {
  std::string kind;
  std::size_t size = 0;
  std::string hex;
};
BOOST_DESCRIBE_STRUCT(HeaderVector, (), (kind, size, hex))

struct Vectors {
  std::vector<ValueVector> values;
  std::vector<HeaderVector> headers;
};
BOOST_DESCRIBE_STRUCT(Vectors, (), (values, headers))

Vectors vectors() {
  std::ifstream file(MANTA_SOURCE_DIR "/tests/data/msgpack_vectors.json");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return from_json<Vectors>(text).value();
}

std::string unhex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2)
    bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return bytes;
}

TEST(MsgPackVectorsTest, ValuesEncodeToTheSameBytes) {
  for (const auto& [json, hex] : vectors().values) EXPECT_EQ(json_to_msgpack(json).value(), unhex(hex)) << json;
}

TEST(MsgPackVectorsTest, BytesDecodeToTheSameValues) {
  for (const auto& [json, hex] : vectors().values)
    EXPECT_EQ(msgpack_to_json(unhex(hex)).value(), compact_json(json).value());
}

TEST(MsgPackVectorsTest, HeadersAreTheSameAtEverySize) {
  for (const auto& [kind, size, hex] : vectors().headers) {
    MsgPackWriter writer;
    std::size_t content = size;
    if (kind == "str") writer.string(std::string(size, 'x'));
    if (kind == "bin") writer.bytes(std::string(size, 'x'));
    if (kind == "array") content = 0, writer.begin_array(size);
    if (kind == "map") content = 0, writer.begin_object(size);
    const std::string bytes = writer.take();
    EXPECT_EQ(bytes.substr(0, bytes.size() - content), unhex(hex)) << kind << " of " << size;
  }
}

}  // namespace
}  // namespace manta::detail
