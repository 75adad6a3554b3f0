#include "api/deployment_servable.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

#include <manta/detail/json.h>
#include <manta/detail/msgpack.h>

#include "api/graph.h"
#include "api/http_parts.h"
#include "api/lines_input.h"
#include "api/machine.h"
#include "api/method_input.h"
#include "api/path_parameters.h"
#include "api/query_string.h"
#include "base/pooled.h"

namespace manta::api {
namespace {

// The host's sink under the name that user code is compiled against.
class SinkAdapter final : public detail::ItemSink {
 public:
  explicit SinkAdapter(replica::ItemSink* sink) : sink_(sink) {}
  Task<Result<void>> write(std::string item) override { return sink_->write(std::move(item)); }
  Result<void> write_blocking(std::string item) override { return sink_->write_blocking(std::move(item)); }
  Result<bool> try_write(std::string_view item) override { return sink_->try_write(item); }
  void start(int status, HttpHeaders headers) override {
    net::Headers given;
    for (const auto& [name, value] : headers) given.add(name, value);
    sink_->start(status, std::move(given));
  }

 private:
  replica::ItemSink* sink_;
};

// Where the answer of one call goes: bytes over HTTP and items as they are; for a handle that called a raw method,
// items that HttpReader reads.
struct CallSinks : Pooled {
  CallSinks(const replica::Invocation& invocation, const detail::MethodEntry& method)
      : plain(invocation.items), parts(plain), as_parts(method.raw_http && !invocation.http && invocation.items) {}
  CallSinks(const CallSinks&) = delete;
  CallSinks& operator=(const CallSinks&) = delete;
  detail::ItemSink& sink() { return as_parts ? static_cast<detail::ItemSink&>(parts) : plain; }

  SinkAdapter plain;
  HttpParts parts;
  const bool as_parts;
};

Task<Result<replica::Reply>> finish_stream(std::unique_ptr<CallSinks> sinks, Task<Result<replica::Reply>> running) {
  Result<replica::Reply> reply = co_await running;
  if (sinks->as_parts && reply) {
    auto ending = sinks->parts.finish();
    co_await ending;
  }
  co_return reply;
}

bool has_parameters(const detail::RouteEntry& route) { return route.path.contains('{'); }

std::shared_ptr<HttpRequest> to_api(net::Request& request, const detail::MethodEntry& method) {
  auto made = make_pooled<HttpRequest>();
  const std::string_view target = request.target;
  const auto question = std::min(target.find('?'), target.size());
  made->method = std::move(request.method);
  made->query_string = target.substr(std::min(question + 1, target.size()));
  if (target.contains('%') || question < target.size())
    made->path = percent_decode(target.substr(0, question), false);
  else
    made->path = std::move(request.target);
  made->headers.reserve(request.headers.size());
  for (const auto [name, value] : request.headers) made->headers.emplace_back(name, value);
  made->body = std::move(request.body);
  if (std::ranges::none_of(method.routes, has_parameters)) return made;
  for (const auto& route : method.routes) {
    auto found = path_parameters(route.path, made->path, true);
    if (!found) continue;
    made->path_parameters = std::move(*found);
    break;
  }
  return made;
}

detail::IncomingCall to_api(replica::Invocation& invocation, const detail::MethodEntry& method,
                            const std::shared_ptr<Strand>& strand) {
  detail::IncomingCall call{.request_format = invocation.request_format,
                            .reply_format = invocation.reply_format,
                            .body = std::move(invocation.body),
                            .values = std::move(invocation.values),
                            .holds_result = invocation.holds_result};
  if (method.takes_stream) {
    if (!invocation.input && invocation.request_format == replica::Format::Json) {
      auto lines = std::make_shared<LinesInput>(std::exchange(call.body, {}));
      if (method.takes_values) call.body = lines->next_line().value_or("");
      invocation.input = std::move(lines);
    }
    call.input = open_input(strand, std::move(invocation.input));
  }
  if (!invocation.http) return call;
  if (method.raw_http) {
    call.http = to_api(*invocation.http, method);
  } else {
    const std::string_view target = invocation.http->target;
    const auto question = target.find('?');
    if (question != std::string_view::npos) call.query_string = std::string(target.substr(question + 1));
  }
  return call;
}

replica::MethodTerms terms_of(const detail::MethodEntry& method) {
  using Runs = replica::MethodTerms::Runs;
  replica::MethodTerms terms{.runs = Runs::Pool, .max_concurrent = method.max_concurrent};
  if (method.start)
    terms.runs = Runs::Coroutine;
  else if (method.where == detail::Where::Strand)
    terms.runs = Runs::Inline;
  else if (method.where == detail::Where::Dedicated)
    terms.runs = Runs::Dedicated;
  return terms;
}

}  // namespace

DeploymentServable::DeploymentServable(std::shared_ptr<const detail::Node> node, detail::HandleSource& handles,
                                       const ReplicaScope& scope, std::string configuration_hash)
    : node_(std::move(node)),
      scope_(scope),
      configuration_hash_(std::move(configuration_hash)),
      methods_(method_specs(*node_->table, false)) {
  for (auto& recording : recording_) recording = std::make_shared<std::atomic<bool>>(false);
  const ScopedReplica inside(&scope_);
  scope_.batchers->configure(scope_.context.config.batching);
  const auto started = std::chrono::steady_clock::now();
  object_ = node_->construct(handles);
  load_time_s_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  value_or_throw(scope_.batchers->check(scope_.context.config.batching));
}

// Null: where_am_i, which comes after those of the class.
const detail::MethodEntry* DeploymentServable::find(const spec::MethodSpec& method) const {
  const auto number = static_cast<std::size_t>(&method - methods_.data());
  return number < node_->table->methods.size() ? &node_->table->methods[number] : nullptr;
}

bool DeploymentServable::is_coroutine(std::string_view method) const {
  const spec::MethodSpec* const known = find_method(*this, method);
  return known && terms(*known).runs == replica::MethodTerms::Runs::Coroutine;
}

// What the request's code asks for (replica_context() and the like) is this replica's, whichever shares the thread.
void DeploymentServable::claim_request() const {
  if (const auto& request = detail::current_request()) request->replica = &scope_;
}

Task<Result<replica::Reply>> DeploymentServable::call(replica::Invocation& invocation) {
  claim_request();
  const detail::MethodEntry& entry = *find(*invocation.method);
  detail::IncomingCall call = to_api(invocation, entry, scope_.strand);
  if (!invocation.items) return entry.start(object_.get(), call);
  auto sinks = std::make_unique<CallSinks>(invocation, entry);
  call.items = &sinks->sink();
  auto running = entry.start(object_.get(), call);
  return finish_stream(std::move(sinks), std::move(running));
}

Result<replica::Reply> DeploymentServable::call_blocking(replica::Invocation& invocation) {
  claim_request();
  const ScopedReplica inside(&scope_);
  const detail::MethodEntry* entry = find(*invocation.method);
  if (!entry) return where_am_i(invocation.reply_format);
  detail::IncomingCall call = to_api(invocation, *entry, scope_.strand);
  if (!invocation.items) return entry->run(object_.get(), call);
  CallSinks sinks(invocation, *entry);
  call.items = &sinks.sink();
  Result<replica::Reply> reply = entry->run(object_.get(), call);
  if (sinks.as_parts && reply) sinks.parts.finish_blocking();
  return reply;
}

replica::MethodTerms DeploymentServable::terms(const spec::MethodSpec& method) const {
  const detail::MethodEntry* const entry = find(method);
  return entry ? terms_of(*entry) : replica::MethodTerms{.runs = replica::MethodTerms::Runs::Aside};
}

Result<void> DeploymentServable::check_health() {
  const ScopedReplica inside(&scope_);
  if (!node_->table->check_health) return {};
  try {
    node_->table->check_health(object_.get());
    return {};
  } catch (const std::exception& exception) {
    return fail(ErrorCode::Unavailable, exception.what());
  }
}

Result<void> DeploymentServable::reconfigure(const std::string& user_config_json) {
  const ScopedReplica inside(&scope_);
  if (!node_->table->reconfigure)
    return fail(ErrorCode::InvalidArgument,
                "user_config is set, but class '" + node_->table->class_name + "' has no reconfigure()");
  return node_->table->reconfigure(object_.get(), user_config_json);
}

Result<void> DeploymentServable::check_batching(const BatchingConfigs& configs) const {
  return scope_.batchers->check(configs);
}

void DeploymentServable::configure_batching(const BatchingConfigs& configs) { scope_.batchers->configure(configs); }

Result<replica::Reply> DeploymentServable::where_am_i(replica::Format format) const {
  WhereAmI here = describe_machine();
  here.node_id = scope_.context.node_id;
  here.application = scope_.context.application;
  here.deployment = scope_.context.deployment;
  here.replica = scope_.context.replica;
  if (node_->table->model_version) here.model_version = node_->table->model_version(object_.get());
  here.load_time_s = load_time_s_;
  here.configuration_hash = configuration_hash_;
  auto body = format == replica::Format::Json ? detail::to_json(here) : detail::to_msgpack(here);
  if (!body) return std::unexpected(std::move(body.error()));
  return replica::Reply{.body = std::move(*body)};
}

}  // namespace manta::api
