// What docs/guide/writing_deployments.md shows, with small stand-ins for a search and a model.
#include <manta/manta.h>

class Retriever {
 public:
  explicit Retriever(std::string docs) : docs_(std::move(docs)) {}
  std::vector<std::string> search(std::string /* query */, int top_k) {
    std::vector<std::string> found;
    for (int i = 1; i <= top_k; ++i) found.push_back(docs_ + "/" + std::to_string(i) + ".md");
    return found;
  }
  using methods = manta::Methods<manta::idempotent<&Retriever::search>>;

 private:
  std::string docs_;
};

class Llm {
 public:
  explicit Llm(std::string model) : model_(std::move(model)) {}
  std::string generate(std::string prompt, std::vector<std::string> sources) {
    return model_ + " read " + std::to_string(sources.size()) + " sources about " + prompt;
  }
  using methods = manta::Methods<&Llm::generate>;

 private:
  std::string model_;
};

// [whole]
struct Question {
  std::string query;
  int top_k = 3;
};
struct Answer {
  std::string answer;
  std::vector<std::string> sources;
};
BOOST_DESCRIBE_STRUCT(Question, (), (query, top_k))
BOOST_DESCRIBE_STRUCT(Answer, (), (answer, sources))

class Rag {
 public:
  Rag(manta::Handle<Retriever> retriever, manta::Handle<Llm> llm) : retriever_(retriever), llm_(llm) {}

  manta::Task<Answer> query(Question question) {
    auto searching = retriever_.call<&Retriever::search>(question.query, question.top_k);  // starts now
    auto sources = co_await searching;
    auto answering = llm_.call<&Llm::generate>(question.query, sources);
    co_return Answer{.answer = co_await answering, .sources = sources};
  }
  using methods = manta::Methods<&Rag::query>;

 private:
  manta::Handle<Retriever> retriever_;
  manta::Handle<Llm> llm_;
};

manta::Application build(const manta::Args& args) {
  auto retriever = manta::bind<Retriever>(args.at("docs")).with({.num_replicas = 2});
  return {.name = "rag", .ingress = manta::bind<Rag>(retriever, manta::bind<Llm>(args.get("model", "small.gguf")))};
}
MANTA_APP(build)
// [/whole]

struct Article {
  std::string text;
};
struct Summary {
  std::string text;
};
BOOST_DESCRIBE_STRUCT(Article, (), (text))
BOOST_DESCRIBE_STRUCT(Summary, (), (text))

// [function]
Summary summarise(Article article) { return {article.text.substr(0, article.text.find('.') + 1)}; }

manta::Application build_summary(const manta::Args&) {
  return {.name = "summary", .ingress = manta::bind_function<&summarise>(), .route_prefix = "/summary"};
}
// [/function]
MANTA_APP(build_summary)
