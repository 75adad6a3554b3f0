#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <manta/error.h>

#include "engines/onnx/ort_api.h"

namespace manta::engines::onnx {

struct SessionOptions {
  int intra_threads = 1;  // threads inside one run; 1 = the calling thread only
  int inter_threads = 1;  // branches of the graph at once
  bool allow_spinning = false;
  bool cuda = false;
  int device = 0;
  std::string weights_cache;  // folder for mapped_model(); empty: off
};

// One dense batch: rows x width, row-major.
struct PaddedBatch {
  std::size_t rows = 0, width = 0;
  std::vector<std::int64_t> ids, mask, types;
};

// The float output of one run. Row-major, in ONNX Runtime's memory.
class Output {
 public:
  explicit Output(Ort::Value value);
  std::span<const float> values() const { return values_; }
  const std::vector<std::int64_t>& shape() const { return shape_; }

 private:
  Ort::Value value_;
  std::vector<std::int64_t> shape_;
  std::span<const float> values_;
};

// A transformer in ONNX form that takes input_ids and attention_mask (and token_type_ids) and yields floats.
// Thread-safe.
class Session {
 public:
  // InvalidArgument for a file that is no such model: names it, what was found and what is needed. Picks the output
  // `output`, or when that is empty the first float output of rank 1 or 2, else the first of rank 3.
  static Result<std::unique_ptr<Session>> open(Ort::Env& env, const std::string& path, const SessionOptions& options,
                                               const std::string& output);

  // Blocks for the time of the computation.
  Result<Output> run(PaddedBatch& batch);

  std::size_t output_rank() const { return output_rank_; }
  const std::string& path() const { return path_; }

 private:
  Session(std::string path, Ort::Session session) : path_(std::move(path)), session_(std::move(session)) {}
  Result<void> bind_inputs();
  Result<void> bind_output(const std::string& wanted);

  std::string path_;
  Ort::Session session_;
  bool takes_types_ = false;
  std::string output_;
  std::size_t output_rank_ = 0;
};

}  // namespace manta::engines::onnx
