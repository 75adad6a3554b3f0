// Deployments that tell how they were batched, and how often a cached method has run: what tests of batching and of the
// response cache need.
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

#include <manta/manta.h>

struct Question {
  std::string text;
  int sleep_ms = 0;
};
BOOST_DESCRIBE_STRUCT(Question, (), (text, sleep_ms))

struct Told {
  std::string text;
  int batch = 0;  // items that ran together
  int pid = 0;
};
BOOST_DESCRIBE_STRUCT(Told, (), (text, batch, pid))

class Batched {
 public:
  manta::Task<Told> echo(Question question) { co_return co_await items_.submit(std::move(question)); }
  manta::Task<void> letters(Question question, manta::Writer<Told> out) {
    co_await letters_.submit(std::move(question), out);
  }
  using methods = manta::Methods<&Batched::echo, &Batched::letters>;

 private:
  static std::vector<Told> run(std::vector<Question> questions) {
    std::vector<Told> told;
    for (Question& question : questions)
      told.push_back({std::move(question.text), static_cast<int>(questions.size()), static_cast<int>(::getpid())});
    return told;
  }
  // One letter of each text in turn, every few milliseconds.
  static void spell(std::vector<Question> questions, manta::BatchStreams<Question, Told>& out) {
    for (std::size_t at = 0; out.any_wanted(); ++at) {
      int wanted = 0;
      for (std::size_t i = 0; i < questions.size(); ++i) wanted += out.wanted(i) ? 1 : 0;
      for (std::size_t i = 0; i < questions.size(); ++i) {
        if (at < questions[i].text.size())
          out.write(i, {questions[i].text.substr(at, 1), wanted, static_cast<int>(::getpid())});
        else
          out.end(i);
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(questions[0].sleep_ms));
    }
  }
  static double length(const Question& question) { return static_cast<double>(question.text.size()); }

  manta::Batcher<Question, Told> items_{
      {.max_batch_size = 4, .batch_wait_timeout_s = 0.001}, run, nullptr, "echo", length};
  manta::StreamBatcher<Question, Told> letters_{
      {.max_batch_size = 2, .batch_wait_timeout_s = 0.5}, spell, nullptr, "letters"};
};

struct Answered {
  std::string text;
  int run = 0;        // which run of the process this was
  int cancelled = 0;  // runs that were
  std::string level;
};
BOOST_DESCRIBE_STRUCT(Answered, (), (text, run, cancelled, level))

class Model {
 public:
  manta::Task<Answered> answer(Question question) {
    Run run{*this};
    const int number = ++runs_;
    if (question.sleep_ms > 0) co_await manta::sleep(std::chrono::milliseconds(question.sleep_ms));
    run.ended = true;
    if (question.text == "fail") throw std::runtime_error("told to fail");
    co_return Answered{std::move(question.text), number, cancelled_, level_};
  }
  manta::Task<Answered> change(Question question) {
    co_return Answered{std::move(question.text), ++runs_, cancelled_, level_};
  }
  void reconfigure(std::string level) { level_ = std::move(level); }
  using methods = manta::Methods<manta::idempotent<&Model::answer>, &Model::change>;

 private:
  struct Run {
    Model& model;
    bool ended = false;
    ~Run() { model.cancelled_ += ended ? 0 : 1; }
  };
  int runs_ = 0, cancelled_ = 0;
  std::string level_ = "first";
};

manta::Application build(const manta::Args&) { return {.name = "test", .ingress = manta::bind<Batched>()}; }
manta::Application build_model(const manta::Args&) { return {.name = "test", .ingress = manta::bind<Model>()}; }
MANTA_APP(build)
MANTA_APP(build_model)
