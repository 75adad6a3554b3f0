// The code of docs/guide/testing.md: a small application and its tests.
#include <gtest/gtest.h>

#include <manta/manta.h>
#include <manta/testing.h>

namespace {

struct Question {
  std::string query;
};
struct Answer {
  std::string answer;
  std::vector<std::string> sources;
};
BOOST_DESCRIBE_STRUCT(Question, (), (query))
BOOST_DESCRIBE_STRUCT(Answer, (), (answer, sources))

class Retriever {
 public:
  explicit Retriever(std::string docs) : docs_(std::move(docs)) {}
  std::vector<std::string> search(std::string /* query */) {
    return {docs_ + "/1.md", docs_ + "/2.md", docs_ + "/3.md"};
  }
  void rows(int count, manta::Writer<std::string> writer) {
    for (int i = 0; i < count; ++i) writer.write_blocking(docs_);
  }
  using methods = manta::Methods<&Retriever::search, &Retriever::rows>;

 private:
  std::string docs_;
};

class Llm {
 public:
  std::string generate(std::string prompt) { return "a long answer to " + prompt; }
  using methods = manta::Methods<&Llm::generate>;
};

class Rag {
 public:
  Rag(manta::Handle<Retriever> retriever, manta::Handle<Llm> llm) : retriever_(retriever), llm_(llm) {}
  manta::Task<Answer> query(Question question) {
    auto found = retriever_.call<&Retriever::search>(question.query);
    auto text = llm_.call<&Llm::generate>(question.query);
    auto sources = co_await found;
    co_return Answer{co_await text, std::move(sources)};
  }
  using methods = manta::Methods<&Rag::query>;

 private:
  manta::Handle<Retriever> retriever_;
  manta::Handle<Llm> llm_;
};

manta::Application build(const manta::Args& args) {
  return {.ingress = manta::bind<Rag>(manta::bind<Retriever>(args.at("docs")), manta::bind<Llm>())};
}

// [whole]
TEST(RagTest, CitesItsSources) {
  manta::testing::LocalApp app(build(manta::Args::parse(R"({"docs": "testdata"})")));
  auto answer = app.handle<Rag>().call<&Rag::query>(Question{"how?"}).get();
  EXPECT_EQ(answer.sources.size(), 3u);
  EXPECT_EQ(app.post("/query", R"({"qery": "how?"})").status, 400);
}
// [/whole]

TEST(RagTest, AnswersWithFakes) {
  const auto args = manta::Args::parse(R"({"docs": "testdata"})");
  // [fakes]
  using manta::testing::fake;
  manta::testing::LocalApp app(
      build(args), {fake<Llm>().on<&Llm::generate>([](std::string) { return std::string("short"); }),
                    fake<Retriever>()
                        .on<&Retriever::search>([](std::string) { return std::vector<std::string>{"a.md"}; })
                        .on<&Retriever::rows>([](int) { return std::vector<std::string>{"row 1", "row 2"}; })});
  // [/fakes]
  EXPECT_EQ(app.handle<Rag>().call<&Rag::query>(Question{"how?"}).get().answer, "short");
}

}  // namespace
