#include "engines/onnx/ports.h"

#include <gmock/gmock.h>

namespace manta::engines::onnx {
namespace {

using ::testing::HasSubstr;

constexpr auto kInt64 = ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64;
constexpr auto kFloat = ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT;
constexpr auto kHalf = ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16;

Port input(std::string name) { return {.name = std::move(name), .type = kInt64, .shape = {-1, -1}}; }

TEST(OnnxPortsTest, ATransformerTakesIdsMaskAndPerhapsTypes) {
  EXPECT_TRUE(check_inputs("m.onnx", {input("input_ids"), input("attention_mask")}));
  EXPECT_TRUE(check_inputs("m.onnx", {input("token_type_ids"), input("attention_mask"), input("input_ids")}));
}

struct WrongInputs {
  std::vector<Port> inputs;
  std::string found;
};
class WrongInputsTest : public ::testing::TestWithParam<WrongInputs> {};

TEST_P(WrongInputsTest, AreRefusedWithWhatThereIsAndWhatIsNeeded) {
  const auto checked = check_inputs("m.onnx", GetParam().inputs);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(checked.error().detail, "m.onnx");
  EXPECT_THAT(checked.error().message, HasSubstr("m.onnx has the wrong inputs: found " + GetParam().found + ";"));
  EXPECT_THAT(checked.error().message, HasSubstr("needed input_ids int64[?,?], attention_mask int64[?,?]"));
}

INSTANTIATE_TEST_SUITE_P(
    Inputs, WrongInputsTest,
    ::testing::Values(WrongInputs{{}, "none"}, WrongInputs{{input("input_ids")}, "input_ids int64[?,?]"},
                      WrongInputs{{{"pixels", kFloat, {-1, 3, 224, 224}}}, "pixels float32[?,3,224,224]"},
                      WrongInputs{{input("input_ids"), {"attention_mask", kFloat, {-1, -1}}},
                                  "input_ids int64[?,?], attention_mask float32[?,?]"},
                      WrongInputs{{{"input_ids", kInt64, {-1}}, input("attention_mask")},
                                  "input_ids int64[?], attention_mask int64[?,?]"},
                      WrongInputs{{input("input_ids"), input("attention_mask"), input("position_ids")},
                                  "input_ids int64[?,?], attention_mask int64[?,?], position_ids int64[?,?]"}));

TEST(OnnxPortsTest, TheOutputIsAPooledOneElseHiddenStates) {
  const Port hidden{"last_hidden_state", kFloat, {-1, -1, 384}}, pooled{"sentence_embedding", kFloat, {-1, 384}};
  EXPECT_EQ(choose_output("m", {hidden, pooled}, "")->name, "sentence_embedding");
  EXPECT_EQ(choose_output("m", {hidden, pooled}, "last_hidden_state")->name, "last_hidden_state");
  EXPECT_EQ(choose_output("m", {hidden}, "")->name, "last_hidden_state");
}

TEST(OnnxPortsTest, AnOutputThatIsNoneOrNoFloatIsRefusedWithWhatThereIs) {
  const auto unknown = choose_output("m.onnx", {{"logits", kFloat, {-1, 2}}}, "logit");
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().message, HasSubstr("no usable output named 'logit': found logits float32[?,2]"));
  const auto half = choose_output("m.onnx", {{"logits", kHalf, {-1, 2}}}, "");
  ASSERT_FALSE(half);
  EXPECT_THAT(half.error().message, HasSubstr("found logits float16[?,2]; needed a float32 output"));
}

}  // namespace
}  // namespace manta::engines::onnx
