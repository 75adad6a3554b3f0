#include "engines/onnx/batch_runner.h"

#include <algorithm>

#include "engines/message.h"
#include "engines/onnx/length_batches.h"
#include "engines/onnx/model_files.h"

namespace manta::engines::onnx {
namespace {

constexpr std::int64_t kMaxThreads = 1024, kMaxTokens = 1 << 20;

PaddedBatch pad(std::span<const Tokens> inputs, const LengthBatch& batch, std::int64_t pad_id) {
  const std::size_t total = batch.rows.size() * batch.width;
  PaddedBatch padded{.rows = batch.rows.size(), .width = batch.width};
  padded.ids.assign(total, pad_id);
  padded.mask.assign(total, 0);
  padded.types.assign(total, 0);
  for (std::size_t i = 0; i < batch.rows.size(); ++i) {
    const Tokens& row = inputs[batch.rows[i]];
    const std::size_t to = i * batch.width;
    std::ranges::copy(row.ids, padded.ids.data() + to);
    std::ranges::copy(row.types, padded.types.data() + to);
    std::fill_n(padded.mask.data() + to, row.size(), 1);
  }
  return padded;
}

}  // namespace

BatchRunner::Options BatchRunner::read(OptionReader& reader) {
  Options options;
  options.model = reader.required("model", "the path of an .onnx file, or a folder with model.onnx and tokenizer.json");
  options.tokenizer = reader.text("tokenizer", "");
  options.output = reader.text("output", "");
  options.max_tokens = static_cast<std::size_t>(reader.integer("max_tokens", 0, 0, kMaxTokens));
  options.max_batch_tokens = static_cast<std::size_t>(reader.integer("max_batch_tokens", 512, 1, kMaxTokens));
  options.session.intra_threads = static_cast<int>(reader.integer("intra_threads", 1, 1, kMaxThreads));
  options.session.inter_threads = static_cast<int>(reader.integer("inter_threads", 1, 1, kMaxThreads));
  options.session.allow_spinning = reader.flag("allow_spinning", false);
  options.session.cuda = reader.choice("provider", "cpu", {"cpu", "cuda"}) == "cuda";
  options.session.weights_cache = reader.text("weights_cache", "");
  options.session.device = static_cast<int>(reader.integer("device", 0, 0, 1023));
  return options;
}

Result<std::unique_ptr<BatchRunner>> BatchRunner::open(Ort::Env& env, const Options& options) {
  const auto files = find_model_files(options.model, options.tokenizer);
  if (!files) return std::unexpected(files.error());
  auto tokenizer = Tokenizer::load(files->tokenizer, options.max_tokens ? options.max_tokens : files->max_tokens);
  if (!tokenizer) return std::unexpected(tokenizer.error());
  auto session = Session::open(env, files->model, options.session, options.output);
  if (!session) return std::unexpected(session.error());
  return std::unique_ptr<BatchRunner>(
      new BatchRunner(std::move(*tokenizer), std::move(*session), options.max_batch_tokens));
}

Result<void> BatchRunner::run(std::span<const Tokens> inputs, const Take& take) {
  std::vector<std::size_t> lengths(inputs.size());
  std::ranges::transform(inputs, lengths.begin(), &Tokens::size);
  for (const LengthBatch& batch : length_batches(lengths, max_batch_tokens_)) {
    PaddedBatch padded = pad(inputs, batch, tokenizer_.pad_id());
    const auto output = session_->run(padded);
    if (!output) return std::unexpected(output.error());
    const auto& shape = output->shape();
    if (shape[0] != static_cast<std::int64_t>(batch.rows.size()))
      return fail(ErrorCode::Internal, message("{} returned {} rows for {} inputs; export it with a dynamic batch axis",
                                               session_->path(), shape[0], batch.rows.size()));
    if (auto taken = take(batch.rows, *output); !taken) return taken;
  }
  return {};
}

}  // namespace manta::engines::onnx
