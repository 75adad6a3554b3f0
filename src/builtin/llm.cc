#include <manta/builtin/llm.h>

#include <ctime>

#include <manta/mailbox.h>

#include "builtin/engine_loading.h"
#include "builtin/llm_counters.h"
#include "builtin/llm_request.h"

namespace manta::builtin {
namespace {

engines::EngineOptions engine_options(const LlmOptions& options) {
  engines::EngineOptions given = options.engine_options;
  given["context"] = std::to_string(options.context);
  given["slots"] = std::to_string(options.slots);
  if (options.engine != "llama") return given;
  given["model"] = options.model;
  given["threads"] = std::to_string(options.threads);
  given["prefix_cache"] = options.prefix_cache ? "true" : "false";
  return given;
}

std::unique_ptr<engines::LlmEngine> load(const LlmOptions& options) {
  if (options.engine == "llama") require_model("llm", options.model);
  auto made = value_or_throw(engine(options.engine).make_llm(engine_options(options)));
  if (!made)
    throw Exception(
        {.code = ErrorCode::InvalidArgument, .message = "llm: the engine '" + options.engine + "' generates no text"});
  return made;
}

// What the engine's thread hands to the strand.
struct Event {
  std::string text;
  std::optional<engines::FinishReason> finish;
  engines::Usage usage;
  std::optional<Error> error;
};

class MailboxSink final : public engines::GenerationSink {
 public:
  // A sequence makes one event a token, and its context bounds their number: the mailbox never fills.
  explicit MailboxSink(std::size_t capacity) : events(std::make_shared<Mailbox<Event>>(capacity)) {}
  void on_text(std::string_view text, std::size_t tokens) override {
    Event event{.text = std::string(text)};
    event.usage.completion_tokens = tokens;
    if (!text.empty()) events->push(std::move(event));
  }
  void on_finish(engines::FinishReason reason, const engines::Usage& usage, const Error* error) override {
    Event event{.finish = reason, .usage = usage};
    if (error) event.error = *error;
    events->push(std::move(event));
    events->close();
  }

  std::shared_ptr<Mailbox<Event>> events;
};

// A generation that is cancelled when this goes away before its end.
class Running {
 public:
  Running(std::shared_ptr<engines::LlmEngine> engine, GenerateRequest request)
      : engine_(std::move(engine)),
        sink_(std::make_shared<MailboxSink>(engine_->context_tokens() + 16)),
        id_(value_or_throw(engine_->generate(to_engine(std::move(request)), sink_))) {}
  ~Running() {
    if (!ended_) engine_->cancel(id_);
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  // Throws what the engine reports.
  Task<Event> next() {
    auto waiting = sink_->events->next();
    std::optional<Event> event = co_await waiting;
    if (!event) throw Exception({.code = ErrorCode::Internal, .message = "the generation ended without saying why"});
    if (event->finish) ended_ = true;
    if (event->error) throw Exception(std::move(*event->error));
    co_return std::move(*event);
  }

 private:
  std::shared_ptr<engines::LlmEngine> engine_;
  std::shared_ptr<MailboxSink> sink_;
  engines::LlmEngine::Id id_;
  bool ended_ = false;
};

std::string finish_reason(engines::FinishReason reason) {
  return reason == engines::FinishReason::Length ? "length" : "stop";
}

TokenUsage to_usage(const engines::Usage& usage) {
  return {.prompt_tokens = static_cast<std::int64_t>(usage.prompt_tokens),
          .completion_tokens = static_cast<std::int64_t>(usage.completion_tokens),
          .cached_tokens = static_cast<std::int64_t>(usage.cached_tokens)};
}

}  // namespace

struct Llm::Impl {
  explicit Impl(LlmOptions given)
      : options(std::move(given)),
        engine(load(options)),
        counters(model_id(options.id, options.model)),
        loaded_at(std::time(nullptr)) {}

  LlmOptions options;
  std::shared_ptr<engines::LlmEngine> engine;
  LlmCounters counters;
  std::int64_t loaded_at;
};

Llm::Llm(LlmOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Llm::~Llm() = default;

Task<Generation> Llm::generate(GenerateRequest request) {
  check_size(request, impl_->engine->context_tokens());
  Running running(impl_->engine, std::move(request));
  Generation generation;
  for (;;) {
    auto next = running.next();
    Event event = co_await next;
    generation.text += event.text;
    if (!event.finish) continue;
    impl_->counters.update(impl_->engine->load());
    generation.finish_reason = finish_reason(*event.finish);
    generation.usage = to_usage(event.usage);
    co_return generation;
  }
}

Task<void> Llm::stream(GenerateRequest request, Writer<GenerationChunk> out) {
  check_size(request, impl_->engine->context_tokens());
  Running running(impl_->engine, std::move(request));
  for (;;) {
    auto next = running.next();
    Event event = co_await next;
    GenerationChunk chunk{.text = std::move(event.text)};
    if (event.finish) {
      impl_->counters.update(impl_->engine->load());
      chunk.finish_reason = finish_reason(*event.finish);
      chunk.usage = to_usage(event.usage);
    }
    auto writing = out.write(std::move(chunk));
    co_await writing;
    if (event.finish) co_return;
  }
}

Task<std::int64_t> Llm::count_tokens(std::string text) {
  co_return static_cast<std::int64_t>(value_or_throw(impl_->engine->count_tokens(text)));
}

Task<ModelCard> Llm::card() {
  co_return ModelCard{.id = model_id(impl_->options.id, impl_->options.model),
                      .created = impl_->loaded_at,
                      .context_tokens = static_cast<std::int64_t>(impl_->engine->context_tokens())};
}

std::string Llm::model_version() const { return version_of(impl_->options.model); }

}  // namespace manta::builtin
