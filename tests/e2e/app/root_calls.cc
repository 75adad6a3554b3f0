// Applications whose ingress answers at its prefix itself: retrieval and generation at /, and an analysis with two
// models side by side that is made to be served at /analyze.
#include <algorithm>
#include <cctype>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <manta/manta.h>

namespace root_calls {

struct Query {
  std::string query;
};
BOOST_DESCRIBE_STRUCT(Query, (), (query))

struct Response {
  std::string query, context, response;
};
BOOST_DESCRIBE_STRUCT(Response, (), (query, context, response))

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

class Retriever {
 public:
  std::string retrieve(std::string query) {
    for (const auto& [word, text] : notes_)
      if (lower(query).contains(word)) return text;
    return "No relevant context found.";
  }
  using methods = manta::Methods<manta::idempotent<&Retriever::retrieve>>;

 private:
  std::map<std::string, std::string> notes_{{"docker", "Docker runs applications in containers."},
                                            {"kubernetes", "Kubernetes is a container orchestration platform."},
                                            {"ray", "Ray is a distributed computing framework."}};
};

class Generator {
 public:
  std::string generate(std::string query, std::string context) {
    return "Based on the context: " + context + "\n\nAnswer: a response about " + query;
  }
  using methods = manta::Methods<manta::idempotent<&Generator::generate>>;
};

class RAGPipeline {
 public:
  RAGPipeline(manta::Handle<Retriever> retriever, manta::Handle<Generator> generator)
      : retriever_(std::move(retriever)), generator_(std::move(generator)) {}
  manta::Task<Response> call(Query request) {
    Response answer{.query = request.query};
    auto context = retriever_.call<&Retriever::retrieve>(request.query);
    answer.context = co_await context;
    auto response = generator_.call<&Generator::generate>(request.query, answer.context);
    answer.response = co_await response;
    co_return answer;
  }
  using methods = manta::Methods<&RAGPipeline::call>;

 private:
  manta::Handle<Retriever> retriever_;
  manta::Handle<Generator> generator_;
};

struct Text {
  std::string text;
};
BOOST_DESCRIBE_STRUCT(Text, (), (text))

struct Processed {
  std::string text;
  int length = 0;  // words
};
BOOST_DESCRIBE_STRUCT(Processed, (), (text, length))

struct Sentiment {
  std::string label;
  double score = 0;
};
BOOST_DESCRIBE_STRUCT(Sentiment, (), (label, score))

struct Analysis {
  int original_length = 0;
  Sentiment sentiment;
  std::string summary;
};
BOOST_DESCRIBE_STRUCT(Analysis, (), (original_length, sentiment, summary))

class Preprocessor {
 public:
  Processed preprocess(std::string text) {
    std::istringstream words(text);
    Processed processed{.text = lower(text)};
    for (std::string word; words >> word;) ++processed.length;
    return processed;
  }
  using methods = manta::Methods<manta::idempotent<&Preprocessor::preprocess>>;
};

class SentimentModel {
 public:
  Sentiment predict(std::string text) {
    const bool good = lower(std::move(text)).contains("good");
    return {.label = good ? "5 stars" : "1 star", .score = 0.9};
  }
  using methods = manta::Methods<manta::idempotent<&SentimentModel::predict>>;
};

class SummaryModel {
 public:
  std::string summarize(std::string text) { return text.substr(0, text.find('.') + 1); }
  using methods = manta::Methods<manta::idempotent<&SummaryModel::summarize>>;
};

class Pipeline {
 public:
  Pipeline(manta::Handle<Preprocessor> preprocessor, manta::Handle<SentimentModel> sentiment,
           manta::Handle<SummaryModel> summary)
      : preprocessor_(std::move(preprocessor)), sentiment_(std::move(sentiment)), summary_(std::move(summary)) {}

  manta::Task<Analysis> call(Text request) {
    auto processing = preprocessor_.call<&Preprocessor::preprocess>(request.text);
    const Processed processed = co_await processing;
    auto sentiment = sentiment_.call<&SentimentModel::predict>(request.text);
    auto summary = summary_.call<&SummaryModel::summarize>(request.text);
    Analysis analysis{.original_length = processed.length};
    analysis.sentiment = co_await sentiment;
    analysis.summary = co_await summary;
    co_return analysis;
  }
  using methods = manta::Methods<&Pipeline::call>;

 private:
  manta::Handle<Preprocessor> preprocessor_;
  manta::Handle<SentimentModel> sentiment_;
  manta::Handle<SummaryModel> summary_;
};

manta::DeploymentConfig holding(double cpus, double gpus = 0, int replicas = 1) {
  return {.num_replicas = replicas, .ray_actor_options = {.num_cpus = cpus, .num_gpus = gpus}};
}

manta::Application app(const manta::Args&) {
  return {.name = "rag_app",
          .ingress = manta::bind<RAGPipeline>(manta::bind<Retriever>().with(holding(0.1, 0, 2)),
                                              manta::bind<Generator>().with(holding(0.1)))
                         .with(holding(0.1))};
}
MANTA_APP(app)

manta::Application analysis(const manta::Args&) {
  return {.name = "analysis",
          .ingress = manta::bind<Pipeline>(manta::bind<Preprocessor>().with(holding(1, 0, 2)),
                                           manta::bind<SentimentModel>().with(holding(0.1, 1)),
                                           manta::bind<SummaryModel>().with(holding(0.1, 1)))
                         .with(holding(0.1))};
}
MANTA_APP(analysis)

}  // namespace root_calls
