#include <manta/tensor.h>

#include <limits>
#include <string>

namespace manta {

std::size_t size_of(Tensor::Type type) {
  switch (type) {
    case Tensor::Type::F32:
    case Tensor::Type::I32:
      return 4;
    case Tensor::Type::F64:
    case Tensor::Type::I64:
      return 8;
    case Tensor::Type::U8:
    case Tensor::Type::Bool:
      return 1;
  }
  return 1;
}

Result<std::size_t> element_count(const Tensor& tensor) {
  constexpr std::size_t kMost = static_cast<std::size_t>(std::numeric_limits<std::int64_t>::max()) / 8;
  std::size_t count = 1;
  bool empty = false;
  for (std::size_t i = 0; i < tensor.shape.size(); ++i) {
    const std::int64_t extent = tensor.shape[i];
    const std::string place = "shape[" + std::to_string(i) + "]";
    if (extent < 0) return fail(ErrorCode::InvalidArgument, "expected a dimension of 0 or more", place);
    if (extent == 0) empty = true;
    if (extent != 0 && count > kMost / static_cast<std::size_t>(extent))
      return fail(ErrorCode::InvalidArgument, "the tensor is too large", place);
    if (extent != 0) count *= static_cast<std::size_t>(extent);
  }
  return empty ? 0 : count;
}

Result<void> check(const Tensor& tensor) {
  if (tensor.shape.empty() && tensor.data.empty()) return {};
  const Result<std::size_t> count = element_count(tensor);
  if (!count) return std::unexpected(count.error());
  const std::size_t bytes = *count * size_of(tensor.dtype);
  if (tensor.data.size() == bytes) return {};
  return fail(ErrorCode::InvalidArgument,
              "expected " + std::to_string(*count) + " elements of " + std::to_string(size_of(tensor.dtype)) +
                  " bytes, as the shape says, found " + std::to_string(tensor.data.size()) + " bytes",
              "data");
}

}  // namespace manta
