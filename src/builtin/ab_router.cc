#include <manta/builtin/ab_router.h>

#include <random>
#include <utility>

#include <manta/detail/request_context.h>

#include "builtin/scatter.h"

namespace manta::builtin {

ABChoice::ABChoice(double traffic_split)
    : split_(traffic_split), random_(std::uint64_t{std::random_device{}()} << 32U | std::random_device{}()) {
  if (!(traffic_split >= 0 && traffic_split <= 1))
    throw Exception({.code = ErrorCode::InvalidArgument,
                     .message = "ABRouter: traffic_split is the part of the first model, 0 to 1; found " +
                                std::to_string(traffic_split)});
}

bool ABChoice::takes_first() {
  const auto& request = manta::detail::current_request();
  const bool has_session = request && !request->session_id.empty();
  const std::uint64_t bits = has_session ? hash_of(request->session_id) : random_ += kGoldenStep;
  return static_cast<double>(scattered(bits) >> 11U) * 0x1p-53 < split_;
}

Task<void> ab::pass_on(HttpReader answer, HttpWriter out) {
  auto beginning = answer.head();
  HttpResponse head = co_await beginning;
  co_await out.start(head.status, std::move(head.headers));
  for (;;) {
    auto reading = answer.next();
    auto bytes = co_await reading;
    if (!bytes) co_return;
    co_await out.write(std::move(*bytes));
  }
}

}  // namespace manta::builtin
