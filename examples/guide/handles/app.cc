// What docs/guide/handles.md shows, between deployments that answer with their arguments.
#include <manta/manta.h>

using namespace std::chrono_literals;

class Embed {
 public:
  std::vector<float> embed(std::string text) { return {static_cast<float>(text.size())}; }
  using methods = manta::Methods<manta::idempotent<&Embed::embed>>;
};

class Retriever {
 public:
  std::vector<std::string> search(std::string query, int top_k) {
    return std::vector<std::string>(static_cast<std::size_t>(top_k), query);
  }
  using methods = manta::Methods<manta::idempotent<&Retriever::search>>;
};

class Llm {
 public:
  std::string complete(std::string prompt) { return "about " + prompt; }
  using methods = manta::Methods<manta::idempotent<&Llm::complete>>;
};

// A composer whose methods are coroutines.
class Rag {
 public:
  Rag(manta::Handle<Embed> embed, manta::Handle<Retriever> retriever, manta::Handle<Llm> llm)
      : embed_(embed), retriever_(retriever), llm_(llm) {}

  manta::Task<int> parallel(std::string query) {
    // [parallel]
    auto a = embed_.call<&Embed::embed>(query);  // both start now and run in parallel
    auto b = retriever_.call<&Retriever::search>(query, 10);
    auto hits = co_await b;
    auto vector = co_await a;
    // [/parallel]
    co_return static_cast<int>(hits.size() + vector.size());
  }

  manta::Task<std::string> retried(std::string prompt) {
    // [retry]
    auto text = co_await manta::retry(3, 50ms, [&] { return llm_.call<&Llm::complete>(prompt); });  // 50 ms, 100 ms
    // [/retry]
    co_return text;
  }

  manta::Task<int> by_name(std::string text) {
    // [by_name]
    manta::DynamicHandle embed = manta::get_deployment_handle("Embed");  // of the own application, else the only one
    auto other = manta::get_deployment_handle("Embed", "search");        // of the application named
    auto dynamic = embed.call<std::vector<float>>("embed", text);        // nothing is checked before the call
    auto typed = other.as<Embed>().call<&Embed::embed>(text);
    // [/by_name]
    auto first = co_await dynamic;
    auto second = co_await typed;
    co_return static_cast<int>(first.size() + second.size());
  }
  using methods = manta::Methods<&Rag::parallel, &Rag::retried, &Rag::by_name>;

 private:
  manta::Handle<Embed> embed_;
  manta::Handle<Retriever> retriever_;
  manta::Handle<Llm> llm_;
};

// The same from a class with plain methods, which may block.
class Plain {
 public:
  explicit Plain(manta::Handle<Llm> llm) : llm_(llm) {}

  std::string ask(std::string prompt) {
    // [blocking]
    auto response = llm_.call<&Llm::complete>(prompt);
    auto first = response.get(10s);  // throws DeadlineExceeded
    auto second = manta::retry(3, 50ms, [&] { return llm_.call<&Llm::complete>(prompt).get(); });
    // [/blocking]
    return first == second ? first : "";
  }
  using methods = manta::Methods<&Plain::ask>;

 private:
  manta::Handle<Llm> llm_;
};

manta::Application build() {
  const manta::DeploymentConfig small{.ray_actor_options = {.num_cpus = 0.1}};
  return {.name = "search",
          .ingress = manta::bind<Rag>(manta::bind<Embed>().with(small), manta::bind<Retriever>().with(small),
                                      manta::bind<Llm>().with(small))
                         .with(small)};
}
MANTA_APP(build)

manta::Application build_plain() {
  const manta::DeploymentConfig small{.ray_actor_options = {.num_cpus = 0.1}};
  return {.name = "plain",
          .ingress = manta::bind<Plain>(manta::bind<Llm>().with(small)).with(small),
          .route_prefix = "/plain"};
}
MANTA_APP(build_plain)
