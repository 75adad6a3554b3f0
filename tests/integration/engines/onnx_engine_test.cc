#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <thread>

#include "engines/engine.h"
#include "integration/engines/models.h"

namespace manta::engines {
namespace {

Engine& onnx() { return built_engine("onnx"); }

std::unique_ptr<EmbeddingEngine> embedding(EngineOptions options = {}) {
  options.insert({"model", model_path("minilm-l6")});
  auto engine = onnx().make_embedding(options);
  EXPECT_TRUE(engine) << engine.error().message;
  return std::move(*engine);
}

std::unique_ptr<RerankEngine> reranker(EngineOptions options = {}) {
  options.insert({"model", model_path("minilm-rerank")});
  auto engine = onnx().make_rerank(options);
  EXPECT_TRUE(engine) << engine.error().message;
  return std::move(*engine);
}

float dot(std::span<const float> a, std::span<const float> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0F);
}

float largest_difference(std::span<const float> a, std::span<const float> b) {
  float largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a[i] - b[i]));
  return largest;
}

std::vector<std::string> mixed_texts() {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < 40; ++i) {
    std::string text = "Clause " + std::to_string(i);
    for (std::size_t word = 0; word < (i * 7) % 90; ++word) text += " tenant";
    texts.push_back(text);
  }
  return texts;
}

TEST(OnnxEmbeddingTest, AMappedCopyGivesTheSameVectorsAndIsMadeOnce) {
  const ScratchFolder folder;
  const auto files = [&] {
    std::vector<std::string> names;
    for (const auto& file : std::filesystem::recursive_directory_iterator(folder.path())) names.push_back(file.path());
    std::ranges::sort(names);
    return names;
  };
  const std::vector<std::string> texts = mixed_texts();
  const Matrix plain = embedding()->embed_texts(texts).value();
  const Matrix first = embedding({{"weights_cache", folder.path()}})->embed_texts(texts).value();
  const auto made = files();
  EXPECT_EQ(made.size(), 3U);  // a folder, the graph and the weights
  const auto time = std::filesystem::last_write_time(made.back());
  const Matrix second = embedding({{"weights_cache", folder.path()}})->embed_texts(texts).value();
  EXPECT_EQ(files(), made);
  EXPECT_EQ(std::filesystem::last_write_time(made.back()), time);
  EXPECT_EQ(first.values, plain.values);
  EXPECT_EQ(second.values, plain.values);
}

TEST(OnnxEmbeddingTest, AWeightsCacheThatCannotBeWrittenIsNamed) {
  const auto refused = onnx().make_embedding({{"model", model_path("minilm-l6")}, {"weights_cache", "/proc/nowhere"}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::InvalidArgument);
  EXPECT_TRUE(contains(refused.error().message, "weights_cache: /proc/nowhere")) << refused.error().message;
}

TEST(OnnxEmbeddingTest, SimilarSentencesAreNear) {
  auto engine = embedding();
  const std::vector<std::string> texts = {"That is a happy person", "That is a happy dog",
                                          "That is a very happy person", "Today is a sunny day"};
  const Matrix matrix = engine->embed_texts(texts).value();
  EXPECT_EQ(engine->dimensions(), 384U);
  EXPECT_NEAR(dot(matrix.row(0), matrix.row(1)), 0.6946, 1e-3);  // reference/engines.md
  EXPECT_NEAR(dot(matrix.row(0), matrix.row(2)), 0.9429, 1e-3);
  EXPECT_NEAR(dot(matrix.row(0), matrix.row(3)), 0.2569, 1e-3);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(dot(matrix.row(i), matrix.row(i)), 1, 1e-5);
}

TEST(OnnxEmbeddingTest, ATextHasOneEmbeddingWhateverIsBatchedWithIt) {
  auto engine = embedding({{"max_batch_tokens", "300"}});
  const std::vector<std::string> texts = mixed_texts();
  const Matrix together = engine->embed_texts(texts).value();
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const Matrix alone = engine->embed_texts(std::span(&texts[i], 1)).value();
    EXPECT_LT(largest_difference(together.row(i), alone.row(0)), 1e-5) << i;
  }
}

TEST(OnnxEmbeddingTest, ATextOverTheBatchBudgetIsStillEmbedded) {
  auto engine = embedding({{"max_batch_tokens", "1"}});
  EXPECT_EQ(engine->embed_texts(mixed_texts()).value().rows, 40U);
}

TEST(OnnxEmbeddingTest, LongTextsAreTruncatedToMaxTokens) {
  auto engine = embedding();
  EXPECT_EQ(engine->max_tokens(), 256U);
  std::string text;
  for (int i = 0; i < 2000; ++i) text += "word ";
  const std::vector<std::string> texts = {"two words", text};
  const std::vector<Tokens> inputs = engine->tokenize(texts).value();
  EXPECT_EQ(inputs[0].size(), 4U);
  EXPECT_EQ(inputs[1].size(), 256U);
  EXPECT_EQ(engine->embed_texts(texts).value().rows, 2U);
}

TEST(OnnxEmbeddingTest, TakesNoTextsAndEmptyTexts) {
  auto engine = embedding();
  EXPECT_EQ(engine->embed_texts({}).value().rows, 0U);
  const std::vector<std::string> empty = {""};
  EXPECT_NEAR(dot(engine->embed_texts(empty).value().row(0), engine->embed_texts(empty).value().row(0)), 1, 1e-5);
}

TEST(OnnxEmbeddingTest, RefusesInvalidUtf8) {
  const std::vector<std::string> texts = {"fine", "bro\xFFken"};
  const auto refused = embedding()->embed_texts(texts);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(refused.error().message, "text 1 is not valid UTF-8 (byte 3)");
}

TEST(OnnxEmbeddingTest, ManyThreadsGetTheSameEmbeddings) {
  auto engine = embedding();
  const std::vector<std::string> texts = mixed_texts();
  const Matrix expected = engine->embed_texts(texts).value();
  std::vector<Matrix> results(4);
  std::vector<std::thread> threads;
  for (Matrix& result : results) threads.emplace_back([&] { result = engine->embed_texts(texts).value(); });
  for (std::thread& thread : threads) thread.join();
  for (const Matrix& result : results) EXPECT_LT(largest_difference(result.values, expected.values), 1e-5);
}

TEST(OnnxEmbeddingTest, NormalizeAndPoolingAreOptional) {
  const std::vector<std::string> texts = {"That is a happy person"};
  auto raw = embedding({{"normalize", "false"}});
  const Matrix matrix = raw->embed_texts(texts).value();
  EXPECT_GT(dot(matrix.row(0), matrix.row(0)), 0);
}

TEST(OnnxRerankTest, RelatedDocumentsScoreHigher) {
  auto engine = reranker();
  const std::string query = "How can I end my lease early?";
  const std::vector<RerankEngine::Pair> pairs = {
      {query, "The cat sat on the mat."},
      {query, "A tenant may terminate the lease before its end with notice."},
      {query, "Invoices are due within thirty days."}};
  const auto scores = engine->score_pairs(pairs).value();
  EXPECT_GT(scores[1], scores[0]);
  EXPECT_GT(scores[1], scores[2]);
}

TEST(OnnxRerankTest, APairHasOneScoreWhateverIsBatchedWithIt) {
  auto engine = reranker({{"max_batch_tokens", "200"}});
  std::vector<RerankEngine::Pair> pairs;
  for (const std::string& text : mixed_texts()) pairs.push_back({"What does the tenant owe?", text});
  const auto together = engine->score_pairs(pairs).value();
  for (std::size_t i = 0; i < pairs.size(); ++i)
    EXPECT_NEAR(together[i], engine->score_pairs(std::span(&pairs[i], 1)).value()[0], 1e-4) << i;
}

TEST(OnnxRerankTest, AnEmbeddingModelIsNoReranker) {
  const auto refused = onnx().make_rerank({{"model", model_path("minilm-l6")}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::InvalidArgument);
  EXPECT_TRUE(contains(refused.error().message, "minilm-l6/model.onnx")) << refused.error().message;
}

TEST(OnnxModelFilesTest, AMissingModelNamesThePathsTried) {
  const auto missing = onnx().make_embedding({{"model", "/nowhere/model.onnx"}});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::NotFound);
  EXPECT_EQ(missing.error().message, "no ONNX model at /nowhere/model.onnx; set the option 'model'");
}

TEST(OnnxModelFilesTest, ACorruptModelNamesTheFile) {
  const ScratchFolder folder;
  std::ofstream(folder.file("model.onnx")) << "this is not protobuf";
  const auto corrupt =
      onnx().make_embedding({{"model", folder.path()}, {"tokenizer", model_path("minilm-l6") + "/tokenizer.json"}});
  ASSERT_FALSE(corrupt);
  EXPECT_EQ(corrupt.error().code, ErrorCode::InvalidArgument);
  EXPECT_TRUE(contains(corrupt.error().message, folder.file("model.onnx"))) << corrupt.error().message;
}

TEST(OnnxModelFilesTest, ATruncatedModelNamesTheFile) {
  const ScratchFolder folder;
  std::ifstream whole(model_path("minilm-l6") + "/model.onnx", std::ios::binary);
  std::string start(1 << 20, '\0');
  whole.read(start.data(), static_cast<std::streamsize>(start.size()));
  std::ofstream(folder.file("model.onnx"), std::ios::binary) << start;
  const auto corrupt =
      onnx().make_embedding({{"model", folder.path()}, {"tokenizer", model_path("minilm-l6") + "/tokenizer.json"}});
  ASSERT_FALSE(corrupt);
  EXPECT_TRUE(contains(corrupt.error().message, folder.file("model.onnx"))) << corrupt.error().message;
}

TEST(OnnxModelFilesTest, ACorruptTokenizerNamesTheFile) {
  const ScratchFolder folder;
  std::ofstream(folder.file("tokenizer.json")) << "{\"truncated\":";
  const auto corrupt = onnx().make_embedding(
      {{"model", model_path("minilm-l6") + "/model.onnx"}, {"tokenizer", folder.file("tokenizer.json")}});
  ASSERT_FALSE(corrupt);
  EXPECT_TRUE(contains(corrupt.error().message, folder.file("tokenizer.json"))) << corrupt.error().message;
}

TEST(OnnxModelFilesTest, AnUnknownOutputListsWhatTheModelHas) {
  const auto refused = onnx().make_embedding({{"model", model_path("minilm-l6")}, {"output", "pooled"}});
  ASSERT_FALSE(refused);
  EXPECT_TRUE(contains(refused.error().message, "no usable output named 'pooled'")) << refused.error().message;
  EXPECT_TRUE(contains(refused.error().message, "float32[")) << refused.error().message;
}

TEST(OnnxModelFilesTest, PoolingThatDoesNotFitTheOutputIsRefused) {
  const auto hidden = onnx().make_embedding({{"model", model_path("minilm-l6")}, {"pooling", "none"}});
  ASSERT_FALSE(hidden);
  EXPECT_TRUE(contains(hidden.error().message, "yields hidden states")) << hidden.error().message;
  const auto pooled = onnx().make_embedding({{"model", model_path("minilm-rerank")}, {"pooling", "cls"}});
  ASSERT_FALSE(pooled);
  EXPECT_TRUE(contains(pooled.error().message, "yields pooled vectors")) << pooled.error().message;
}

TEST(OnnxModelFilesTest, APooledOutputIsUsedAsItIs) {
  auto engine = onnx().make_embedding({{"model", model_path("minilm-rerank")}, {"normalize", "false"}}).value();
  EXPECT_EQ(engine->dimensions(), 1U);  // its logits [batch, 1]
  const std::vector<std::string> texts = {"a", "some longer text"};
  EXPECT_EQ(engine->embed_texts(texts).value().values.size(), 2U);
}

}  // namespace
}  // namespace manta::engines
