#include <optional>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include <manta/detail/json.h>
#include <manta/detail/msgpack.h>
#include <manta/detail/transcode.h>

namespace manta {
namespace {

struct Message {
  std::string role, content;
};
BOOST_DESCRIBE_STRUCT(Message, (), (role, content))

struct Chat {
  std::string model;
  std::vector<Message> messages;
  std::int64_t max_tokens = 16;
  double temperature = 1;
  std::vector<std::string> stop;
  bool stream = false;
  std::string user;
};
BOOST_DESCRIBE_STRUCT(Chat, (), (model, messages, max_tokens, temperature, stop, stream, user))

Chat chat() {
  return {.model = "tiny-llm-v1",
          .messages = {{"system", "You are a helpful assistant that answers in short and plain English sentences."},
                       {"user",
                        "Explain in one sentence what a reverse proxy does and why it matters for model serving.\n"
                        "Thanks \"a lot\"!"},
                       {"assistant", "It sits in front of many replicas and shares the load."},
                       {"user", "And what about streaming?"}},
          .max_tokens = 256,
          .temperature = 0.7,
          .stop = {"\n\n", "###"},
          .stream = true,
          .user = "bench-001"};
}

void set_bytes(benchmark::State& state, std::size_t bytes) {
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes) * state.iterations());
  state.counters["bytes"] = static_cast<double>(bytes);
}

void ReadJson(benchmark::State& state) {
  const std::string text = detail::to_json(chat()).value();
  for (auto _ : state) benchmark::DoNotOptimize(detail::from_json<Chat>(text));
  set_bytes(state, text.size());
}
BENCHMARK(ReadJson);

void WriteJson(benchmark::State& state) {
  const Chat value = chat();
  for (auto _ : state) benchmark::DoNotOptimize(detail::to_json(value));
  set_bytes(state, detail::to_json(value)->size());
}
BENCHMARK(WriteJson);

void ReadMsgPack(benchmark::State& state) {
  const std::string bytes = detail::to_msgpack(chat()).value();
  for (auto _ : state) benchmark::DoNotOptimize(detail::from_msgpack<Chat>(bytes));
  set_bytes(state, bytes.size());
}
BENCHMARK(ReadMsgPack);

void WriteMsgPack(benchmark::State& state) {
  const Chat value = chat();
  for (auto _ : state) benchmark::DoNotOptimize(detail::to_msgpack(value));
  set_bytes(state, detail::to_msgpack(value)->size());
}
BENCHMARK(WriteMsgPack);

void JsonToMsgPack(benchmark::State& state) {
  const std::string text = detail::to_json(chat()).value();
  for (auto _ : state) benchmark::DoNotOptimize(detail::json_to_msgpack(text));
  set_bytes(state, text.size());
}
BENCHMARK(JsonToMsgPack);

// An embedding answer: many floats.
void WriteFloats(benchmark::State& state) {
  std::vector<float> values(384);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = 1.0f / static_cast<float>(i + 3);
  for (auto _ : state) benchmark::DoNotOptimize(detail::to_json(values));
  set_bytes(state, detail::to_json(values)->size());
}
BENCHMARK(WriteFloats);

void ReadFloats(benchmark::State& state) {
  std::vector<float> values(384);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = 1.0f / static_cast<float>(i + 3);
  const std::string text = detail::to_json(values).value();
  for (auto _ : state) benchmark::DoNotOptimize(detail::from_json<std::vector<float>>(text));
  set_bytes(state, text.size());
}
BENCHMARK(ReadFloats);

// A long text beyond ASCII, as retrieved documents are.
void WriteLongText(benchmark::State& state) {
  std::string text;
  while (text.size() < 100'000) text += "Zwölf Boxkämpfer jagen Viktor quer über den großen \"Deich\".\n";
  for (auto _ : state) benchmark::DoNotOptimize(detail::to_json(text));
  set_bytes(state, text.size());
}
BENCHMARK(WriteLongText);

}  // namespace
}  // namespace manta

BENCHMARK_MAIN();
