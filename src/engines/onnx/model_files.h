#pragma once

#include <cstddef>
#include <string>

#include <manta/error.h>

namespace manta::engines::onnx {

struct ModelFiles {
  std::string model;       // the .onnx file
  std::string tokenizer;   // tokenizer.json
  std::size_t max_tokens;  // what the files say a row may hold
};

// Finds the parts of a model. `model` is an .onnx file or a folder with model.onnx (also in onnx/, as on the Hugging
// Face hub); `tokenizer` is a tokenizer.json, or empty: beside the model, or one folder up. max_tokens: max_seq_length
// of sentence_bert_config.json; else the truncation in tokenizer.json, not below 256 and not above 512 (exporters write
// training lengths there); else max_position_embeddings of config.json, at most 512; else 256. NotFound names each path
// that was tried. Reads files: not for a strand.
Result<ModelFiles> find_model_files(const std::string& model, const std::string& tokenizer);

}  // namespace manta::engines::onnx
