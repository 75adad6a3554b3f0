#include <fstream>

#include <gmock/gmock.h>

#include "builtin/engine_loading.h"
#include "builtin/openai/endpoints.h"

namespace manta::builtin {
namespace {

using ::testing::HasSubstr;

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
  const std::string path = ::testing::TempDir() + "/version.onnx";
  std::ofstream(path) << "one";
  const std::string before = version_of(path);
  std::ofstream(path) << "three";
  EXPECT_THAT(before, HasSubstr("version.onnx@"));
  EXPECT_NE(version_of(path), before);
}

openai::Endpoints serving(OpenAiModels models) { return {.models = std::move(models)}; }

TEST(ModelChoiceTest, TakesTheOnlyModelWhenNoneIsNamed) {
  const auto endpoints = serving({.llms = {"a"}, .embedders = {"b"}, .rerankers = {"c"}});
  EXPECT_EQ(endpoints.llm(std::nullopt), 0u);
  EXPECT_EQ(endpoints.llm(""), 0u);
  EXPECT_EQ(endpoints.embedder(std::nullopt), 0u);
  EXPECT_EQ(endpoints.reranker(std::nullopt), 0u);
}

TEST(ModelChoiceTest, TakesTheDefaultOfSeveralOfItsKind) {
  const auto endpoints = serving({.llms = {"a", "b"},
                                  .embedders = {"c", "d", "e"},
                                  .rerankers = {"f", "g"},
                                  .default_model = "b",
                                  .default_embedder = "e",
                                  .default_reranker = "g"});
  EXPECT_EQ(endpoints.llm(std::nullopt), 1u);
  EXPECT_EQ(endpoints.llm("a"), 0u);
  EXPECT_EQ(endpoints.embedder(std::nullopt), 2u);
  EXPECT_EQ(endpoints.embedder("c"), 0u);
  EXPECT_EQ(endpoints.reranker(""), 1u);
}

TEST(ModelChoiceTest, NeedsANameAmongSeveralWithoutADefault) {
  const auto endpoints = serving({.llms = {"a", "b"}, .embedders = {"c", "d"}, .default_model = "a"});
  const auto found = endpoints.embedder(std::nullopt);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::InvalidArgument);
  EXPECT_THAT(found.error().message, HasSubstr("c, d"));
}

TEST(ModelChoiceTest, AnUnknownNameIsNotFoundEvenWithOneModel) {
  EXPECT_EQ(serving({.llms = {"a"}}).llm("b").error().code, ErrorCode::NotFound);
}

struct BadNames {
  OpenAiModels models;
  std::string place, says;
};
class ModelNamesRefusal : public ::testing::TestWithParam<BadNames> {};

TEST_P(ModelNamesRefusal, NamesThePlace) {
  try {
    openai::check_names(GetParam().models);
    FAIL();
  } catch (const Exception& exception) {
    EXPECT_EQ(exception.code(), ErrorCode::InvalidArgument);
    EXPECT_EQ(exception.error().detail, GetParam().place);
    EXPECT_THAT(exception.what(), HasSubstr(GetParam().says));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Names, ModelNamesRefusal,
    ::testing::Values(BadNames{{.llms = {"a", "b", "a"}}, "llms[2].id", "llms[0] and llms[2] are both named 'a'"},
                      BadNames{{.llms = {"a"}, .embedders = {"a"}}, "embedders[0].id", "llms[0] and embedders[0]"},
                      BadNames{{.llms = {"a", "b"}, .default_model = "c"}, "default_model", "it has: a, b"},
                      BadNames{{.embedders = {"a"}, .default_model = "a"}, "default_model", "llms has no such model"},
                      BadNames{{.embedders = {"a"}, .default_embedder = "x"}, "default_embedder", "'x'"},
                      BadNames{{.default_reranker = "x"}, "default_reranker", "it has: none"}));

TEST(ModelNamesTest, DifferentNamesAndKnownDefaultsAreFine) {
  openai::check_names({.llms = {"a", "b"}, .embedders = {"c"}, .default_model = "b", .default_embedder = "c"});
}

}  // namespace
}  // namespace manta::builtin
