// Deployments that hold resources; what they do does not matter here.
#include <manta/manta.h>

class Embed {
 public:
  int rank() { return manta::replica_context().rank; }
  using methods = manta::Methods<&Embed::rank>;
};

class Llm : public Embed {
 public:
  int rank() { return Embed::rank(); }
  using methods = manta::Methods<&Llm::rank>;
};

class Moe : public Embed {
 public:
  int rank() { return Embed::rank(); }
  using methods = manta::Methods<&Moe::rank>;
};

class Front {
 public:
  Front(manta::Handle<Embed> embed, manta::Handle<Llm> llm, manta::Handle<Moe> moe)
      : embed_(embed), llm_(llm), moe_(moe) {}
  manta::Task<int> ranks() {
    auto embed = embed_.call<&Embed::rank>();
    auto llm = llm_.call<&Llm::rank>();
    auto moe = moe_.call<&Moe::rank>();
    co_return co_await embed + co_await llm + co_await moe;
  }
  using methods = manta::Methods<&Front::ranks>;

 private:
  manta::Handle<Embed> embed_;
  manta::Handle<Llm> llm_;
  manta::Handle<Moe> moe_;
};

manta::Application build() {
  return {.name = "rag", .ingress = manta::bind<Front>(manta::bind<Embed>(), manta::bind<Llm>(), manta::bind<Moe>())};
}
MANTA_APP(build)
