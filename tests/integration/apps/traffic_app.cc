// Three models with the same methods, of which the second and third misbehave when they are told to: what tests of
// traffic weights need. Only the first is the ingress; nobody calls the others.
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>

#include <manta/manta.h>

struct Question {
  std::string text;
  int sleep_ms = 0;
};
BOOST_DESCRIBE_STRUCT(Question, (), (text, sleep_ms))

struct Reply {
  std::string model, session;
};
BOOST_DESCRIBE_STRUCT(Reply, (), (model, session))

struct Manners {
  bool fails = false;
  int sleep_ms = 0;
};
BOOST_DESCRIBE_STRUCT(Manners, (), (fails, sleep_ms))

// Each raw request leaves a line "model shadow" in the file of the variable TRAFFIC_LOG.
class Model {
 public:
  explicit Model(std::string name) : name_(std::move(name)) {}
  void reconfigure(const Manners& manners) { manners_ = manners; }

  manta::Task<Reply> ask(Question question) {
    const int sleep_ms = question.sleep_ms + manners_.sleep_ms;
    if (sleep_ms > 0) co_await manta::sleep(std::chrono::milliseconds(sleep_ms));
    if (manners_.fails) throw std::runtime_error("told to fail");
    const auto& request = manta::detail::current_request();
    co_return Reply{.model = name_, .session = request->session_id};
  }

  manta::Task<manta::HttpResponse> call(manta::HttpRequest request) {
    const std::string shadow(request.header("x-manta-shadow").value_or("-"));
    if (const char* path = std::getenv("TRAFFIC_LOG"))
      std::ofstream(path, std::ios::app) << name_ + " " + shadow + " " + std::to_string(request.body.size()) + "\n";
    if (manners_.sleep_ms > 0) co_await manta::sleep(std::chrono::milliseconds(manners_.sleep_ms));
    co_return manta::HttpResponse::text(name_);
  }

  using methods = manta::Methods<&Model::ask, &Model::call>;

 private:
  std::string name_;
  Manners manners_;
};

manta::Application build(const manta::Args&) {
  const auto model = [](const std::string& name) {
    return manta::bind<Model>(name).with(
        {.name = name, .max_ongoing_requests = 100, .ray_actor_options = {.num_cpus = 0.1}, .user_config = "{}"});
  };
  return {.ingress = model("ModelV1"), .variants = {model("ModelV2"), model("ModelV3")}};
}
MANTA_APP(build)
