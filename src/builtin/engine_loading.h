#pragma once

#include <string>

#include <manta/error.h>

#include "engines/engine.h"

namespace manta::builtin {

// The engine of that name from beside libmanta.so. Throws Exception that names the file and the remedy.
engines::Engine& engine(const std::string& name);

// The file or folder `model` stands for; `what` names the option in messages. Throws NotFound with the remedy when it
// does not exist.
std::string require_model(const std::string& what, const std::string& model);

// "minilm-l6" for "/models/minilm-l6" and for "/models/minilm-l6/model.onnx"; `id` itself when it is given.
std::string model_id(const std::string& id, const std::string& model);

// The model's file name with a hash of its size and time: changes when the file does, and costs nothing to compute.
std::string version_of(const std::string& model);

}  // namespace manta::builtin
