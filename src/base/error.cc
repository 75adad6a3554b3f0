#include <manta/error.h>

#include <array>

#include "base/error_names.h"

namespace manta {
namespace {

struct Row {
  ErrorCode code;
  std::string_view name;
  int status;
};

constexpr std::array kTable{
    Row{ErrorCode::InvalidArgument, "InvalidArgument", 400},
    Row{ErrorCode::NotFound, "NotFound", 404},
    Row{ErrorCode::DeadlineExceeded, "DeadlineExceeded", 408},
    Row{ErrorCode::Cancelled, "Cancelled", 499},
    Row{ErrorCode::Overloaded, "Overloaded", 503},
    Row{ErrorCode::Unavailable, "Unavailable", 503},
    Row{ErrorCode::ReplicaDied, "ReplicaDied", 503},
    Row{ErrorCode::AppError, "AppError", 500},
    Row{ErrorCode::Internal, "Internal", 500},
};

const Row& row(ErrorCode code) {
  for (const Row& row : kTable)
    if (row.code == code) return row;
  return kTable.back();
}

}  // namespace

std::string_view name(ErrorCode code) { return row(code).name; }

ErrorCode error_code(std::string_view name) {
  for (const Row& row : kTable)
    if (row.name == name) return row.code;
  return ErrorCode::Internal;
}

std::string snake_name(ErrorCode code) {
  std::string text;
  for (const char c : name(code)) {
    const bool is_upper = c >= 'A' && c <= 'Z';
    if (is_upper && !text.empty()) text += '_';
    text += is_upper ? static_cast<char>(c + ('a' - 'A')) : c;
  }
  return text;
}

int http_status(const Error& error) { return error.status != 0 ? error.status : row(error.code).status; }

}  // namespace manta
