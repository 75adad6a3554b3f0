#include <manta/detail/json_schema.h>

#include <gmock/gmock.h>

#include <manta/detail/json.h>

#include "unit/codec/payloads.h"

namespace manta::detail {
namespace {

using testing::HasSubstr;

struct Tree {
  std::string label;
  std::vector<Tree> children;
};
BOOST_DESCRIBE_STRUCT(Tree, (), (label, children))

TEST(JsonSchemaTest, NamesTypesAndDefaults) {
  EXPECT_EQ(json_schema<test::Source>(),
            R"({"type":"object","title":"Source","properties":{"text":{"type":"string","default":""},)"
            R"("score":{"type":"number","default":0.5}},"additionalProperties":false})");
}

TEST(JsonSchemaTest, CoversEveryKindOfMember) {
  const std::string schema = json_schema<test::Everything>();
  ASSERT_TRUE(from_json<Json>(schema)) << schema;
  EXPECT_THAT(schema, HasSubstr(R"("i8":{"type":"integer","minimum":-128,"maximum":127,"default":0})"));
  EXPECT_THAT(schema, HasSubstr(R"("u64":{"type":"integer","minimum":0,"default":0})"));
  EXPECT_THAT(schema, HasSubstr(R"("colour":{"type":"string","enum":["Red","Green","Blue"],"default":"Green"})"));
  EXPECT_THAT(schema, HasSubstr(R"("triple":{"type":"array","items":{"type":"integer")"));
  EXPECT_THAT(schema, HasSubstr(R"("minItems":3,"maxItems":3)"));
  EXPECT_THAT(schema, HasSubstr(R"("blob":{"type":"string","contentEncoding":"base64","default":""})"));
  EXPECT_THAT(schema, HasSubstr(R"("json":{"default":null})"));
  EXPECT_THAT(schema, HasSubstr(R"({"anyOf":[{"type":"null"},{"type":"string"},{"type":"array",)"));
}

TEST(JsonSchemaTest, AStructInsideItselfIsCut) {
  EXPECT_THAT(json_schema<Tree>(), HasSubstr(R"("items":{"type":"object","title":"Tree"},)"));
}

}  // namespace
}  // namespace manta::detail
