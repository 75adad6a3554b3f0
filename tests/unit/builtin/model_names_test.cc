#include <fstream>

#include <gmock/gmock.h>

#include "builtin/engine_loading.h"
#include "builtin/openai/endpoints.h"

namespace manta::builtin {
namespace {

using testing::HasSubstr;

openai::Endpoints with_models(std::vector<std::string> llms, std::string default_model = {}) {
  return {.models = {.llms = std::move(llms), .default_model = std::move(default_model)}};
}

TEST(ModelNameTest, IsTheFolderOfTheModel) {
  EXPECT_EQ(model_id("", "/models/minilm-l6"), "minilm-l6");
  EXPECT_EQ(model_id("", "/models/minilm-l6/"), "minilm-l6");
  EXPECT_EQ(model_id("", "/models/minilm-l6/model.onnx"), "minilm-l6");
  EXPECT_EQ(model_id("", "smol.gguf"), "smol");
  EXPECT_EQ(model_id("mine", "/models/minilm-l6"), "mine");
}

TEST(ModelNameTest, AMissingModelSaysWhichFileAndWhatToDo) {
  try {
    require_model("embed", "/nowhere/model.onnx");
    FAIL();
  } catch (const Exception& exception) {
    EXPECT_EQ(exception.code(), ErrorCode::NotFound);
    EXPECT_THAT(exception.what(), HasSubstr("/nowhere/model.onnx"));
    EXPECT_THAT(exception.what(), HasSubstr("make setup"));
  }
  EXPECT_THROW(require_model("embed", ""), Exception);
}

TEST(ModelNameTest, TheVersionChangesWithTheFile) {
  const std::string path = testing::TempDir() + "/version.onnx";
  std::ofstream(path) << "one";
  const std::string before = version_of(path);
  std::ofstream(path) << "three";
  EXPECT_THAT(before, HasSubstr("version.onnx@"));
  EXPECT_NE(version_of(path), before);
}

TEST(ModelChoiceTest, TakesTheOnlyModelWhenNoneIsNamed) {
  const auto endpoints = with_models({"a"});
  EXPECT_EQ(endpoints.find(std::nullopt, endpoints.models.llms, true), 0u);
  EXPECT_EQ(endpoints.find("", endpoints.models.llms, true), 0u);
}

TEST(ModelChoiceTest, TakesTheDefaultOfSeveral) {
  const auto endpoints = with_models({"a", "b"}, "b");
  EXPECT_EQ(endpoints.find(std::nullopt, endpoints.models.llms, true), 1u);
  EXPECT_EQ(endpoints.find("a", endpoints.models.llms, true), 0u);
}

TEST(ModelChoiceTest, NeedsANameAmongSeveralWithoutADefault) {
  const auto endpoints = with_models({"a", "b"});
  const auto found = endpoints.find(std::nullopt, endpoints.models.llms, true);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::InvalidArgument);
  EXPECT_THAT(found.error().message, HasSubstr("a, b"));
}

TEST(ModelChoiceTest, AnUnknownNameIsNotFoundEvenWithOneModel) {
  const auto endpoints = with_models({"a"});
  EXPECT_EQ(endpoints.find("b", endpoints.models.llms, true).error().code, ErrorCode::NotFound);
}

}  // namespace
}  // namespace manta::builtin
