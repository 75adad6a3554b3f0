#include "engines/onnx/session.h"

#include <algorithm>
#include <string_view>

#include "engines/message.h"
#include "engines/onnx/mapped_model.h"
#include "engines/onnx/ports.h"

namespace manta::engines::onnx {
namespace {

Ort::SessionOptions ort_options(const SessionOptions& options) {
  Ort::SessionOptions out;
  out.SetIntraOpNumThreads(options.intra_threads);
  out.SetInterOpNumThreads(options.inter_threads);
  if (options.inter_threads > 1) out.SetExecutionMode(ORT_PARALLEL);
  out.SetGraphOptimizationLevel(ORT_ENABLE_ALL);
  // A plan is kept for every input shape ever seen, and shapes vary with the texts: memory would grow.
  out.DisableMemPattern();
  const char* spin = options.allow_spinning ? "1" : "0";
  out.AddConfigEntry("session.intra_op.allow_spinning", spin);
  out.AddConfigEntry("session.inter_op.allow_spinning", spin);
  if (options.cuda) {
    OrtCUDAProviderOptions cuda{};
    cuda.device_id = options.device;
    out.AppendExecutionProvider_CUDA(cuda);
  }
  return out;
}

}  // namespace

Output::Output(Ort::Value value) : value_(std::move(value)) {
  const auto info = value_.GetTensorTypeAndShapeInfo();
  shape_ = info.GetShape();
  values_ = {value_.GetTensorData<float>(), info.GetElementCount()};
}

Result<std::unique_ptr<Session>> Session::open(Ort::Env& env, const std::string& path, const SessionOptions& options,
                                               const std::string& output) try {
  Ort::SessionOptions loading = ort_options(options);
  std::string file = path;
  if (!options.weights_cache.empty()) {
    Ort::SessionOptions making = ort_options(options);
    const auto mapped = mapped_model(env, path, options.weights_cache, making);
    if (!mapped) return std::unexpected(mapped.error());
    file = *mapped;
    loading.SetGraphOptimizationLevel(ORT_DISABLE_ALL);
  }
  std::unique_ptr<Session> session(new Session(path, Ort::Session(env, file.c_str(), loading)));
  if (auto inputs = session->bind_inputs(); !inputs) return std::unexpected(inputs.error());
  if (auto bound = session->bind_output(output); !bound) return std::unexpected(bound.error());
  return session;
} catch (const Ort::Exception& e) {
  return ort_failure(ErrorCode::InvalidArgument, message("{} cannot be loaded as an ONNX model", path), e);
}

Result<void> Session::bind_inputs() {
  const std::vector<Port> inputs = input_ports(session_);
  if (auto checked = check_inputs(path_, inputs); !checked) return checked;
  takes_types_ = std::ranges::find(inputs, "token_type_ids", &Port::name) != inputs.end();
  return {};
}

Result<void> Session::bind_output(const std::string& wanted) {
  const auto chosen = choose_output(path_, output_ports(session_), wanted);
  if (!chosen) return std::unexpected(chosen.error());
  output_ = chosen->name;
  output_rank_ = chosen->shape.size();
  return {};
}

Result<Output> Session::run(PaddedBatch& batch) try {
  const auto memory = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
  const std::int64_t shape[2] = {static_cast<std::int64_t>(batch.rows), static_cast<std::int64_t>(batch.width)};
  const auto tensor = [&](std::vector<std::int64_t>& values) {
    return Ort::Value::CreateTensor<std::int64_t>(memory, values.data(), values.size(), shape, 2);
  };
  const Ort::Value inputs[] = {tensor(batch.ids), tensor(batch.mask), tensor(batch.types)};
  const char* names[] = {"input_ids", "attention_mask", "token_type_ids"};
  const char* output = output_.c_str();
  auto results = session_.Run(Ort::RunOptions{nullptr}, names, inputs, takes_types_ ? 3 : 2, &output, 1);
  return Output(std::move(results[0]));
} catch (const Ort::Exception& e) {
  return ort_failure(ErrorCode::Internal, message("{} failed on {} x {} tokens", path_, batch.rows, batch.width), e);
}

}  // namespace manta::engines::onnx
