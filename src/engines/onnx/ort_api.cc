#include "engines/onnx/ort_api.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>

#include "engines/message.h"

namespace manta::engines::onnx {
namespace {

constexpr const char* kLibrary = "libonnxruntime.so.1";

}  // namespace

Result<void> bind_ort() {
  // ONNX Runtime reports its use to its maker, and leaves a device id in the home folder, unless told not to before its
  // first Env. Nobody asked for that.
  ::setenv("ORT_DISABLE_TELEMETRY", "1", 0);
  // Linked without a symbol, so it is loaded already; a direct reference would tie us to its exact release.
  void* library = ::dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);
  if (!library)
    return fail(ErrorCode::Unavailable, message("{} is not loaded; run tools/setup and build again", kLibrary));
  using BaseEntry = const OrtApiBase* (*)();
  const auto base_entry = reinterpret_cast<BaseEntry>(::dlsym(library, "OrtGetApiBase"));
  const OrtApiBase* base = base_entry ? base_entry() : nullptr;
  const OrtApi* api = base ? base->GetApi(ORT_API_VERSION) : nullptr;
  if (!api)
    return fail(
        ErrorCode::Unavailable,
        message("{} {} does not offer API {} (ONNX Runtime 1.{}), which this engine was built for; install a newer "
                "onnxruntime with tools/setup",
                kLibrary, base ? base->GetVersionString() : "of unknown version", ORT_API_VERSION, ORT_API_VERSION));
  Ort::InitApi(api);
  return {};
}

std::unexpected<Error> ort_failure(ErrorCode code, const std::string& what, const Ort::Exception& cause) {
  std::string reason = cause.what();
  std::ranges::replace(reason, '\n', ' ');
  return fail(code, message("{}: {}", what, reason));
}

}  // namespace manta::engines::onnx
