#include <cstdio>
#include <iostream>
#include <string>

#include "engines/engine.h"
#include "engines/onnx/tokenizer.h"

// For onnx_vs_python.py. usage: onnx_dump ids|embed|rerank ENGINES_DIR MODEL_DIR MAX_BATCH_TOKENS [OPTION=VALUE...]
// ids: a line is a text; prints its token ids. embed: prints "<token count> v0 v1 ...". rerank: a line is
// "query<TAB>document"; prints "<token count> score".
using namespace manta::engines;

namespace {

int ids(const std::string& model, const std::vector<std::string>& lines) {
  const auto tokenizer = manta::value_or_throw(onnx::Tokenizer::load(model + "/tokenizer.json", 256));
  const std::vector<std::string_view> texts(lines.begin(), lines.end());
  for (const Tokens& row : manta::value_or_throw(tokenizer.encode(texts))) {
    for (const std::int64_t id : row.ids) std::printf("%ld ", id);
    std::puts("");
  }
  return 0;
}

int embed(Engine& engine, const EngineOptions& options, const std::vector<std::string>& lines) {
  const auto model = manta::value_or_throw(engine.make_embedding(options));
  const std::vector<Tokens> inputs = manta::value_or_throw(model->tokenize(lines));
  const Matrix matrix = manta::value_or_throw(model->embed(inputs));
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::printf("%zu", inputs[i].size());
    for (const float value : matrix.row(i)) std::printf(" %.9g", static_cast<double>(value));
    std::puts("");
  }
  return 0;
}

int rerank(Engine& engine, const EngineOptions& options, const std::vector<std::string>& lines) {
  const auto model = manta::value_or_throw(engine.make_rerank(options));
  std::vector<RerankEngine::Pair> pairs;
  for (const std::string& line : lines) {
    const std::size_t tab = line.find('\t');
    pairs.push_back({line.substr(0, tab), line.substr(tab + 1)});
  }
  const std::vector<Tokens> inputs = manta::value_or_throw(model->tokenize(pairs));
  const auto scores = manta::value_or_throw(model->score(inputs));
  for (std::size_t i = 0; i < pairs.size(); ++i)
    std::printf("%zu %.9g\n", inputs[i].size(), static_cast<double>(scores[i]));
  return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 5) return 2;
  std::vector<std::string> lines;
  for (std::string line; std::getline(std::cin, line);) lines.push_back(line);
  const std::string kind = argv[1];
  if (kind == "ids") return ids(argv[3], lines);
  Engine& engine = *manta::value_or_throw(load_engine("onnx", argv[2]));
  EngineOptions options = {{"model", argv[3]}, {"max_batch_tokens", argv[4]}};
  for (int i = 5; i < argc; ++i) {
    const std::string option = argv[i];
    options[option.substr(0, option.find('='))] = option.substr(option.find('=') + 1);
  }
  return kind == "embed" ? embed(engine, options, lines) : rerank(engine, options, lines);
} catch (const manta::Exception& e) {
  std::fprintf(stderr, "%s\n", e.what());
  return 1;
}
