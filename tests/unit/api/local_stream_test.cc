#include <gtest/gtest.h>

#include "deployments.h"

namespace manta {
namespace {

using manta::testing::fake;
using manta::testing::LocalApp;

TEST(LocalStreamTest, ItemsArriveInOrderAndEnd) {
  LocalApp app(rag_application());
  auto reader = app.handle<Rag>().stream<&Rag::words>("abc");
  std::string text;
  while (auto item = reader.next_blocking()) text += *item;
  EXPECT_EQ(text, "abc");
}

TEST(LocalStreamTest, ADeploymentReadsTheStreamOfAnother) {
  LocalApp app(rag_application());
  EXPECT_EQ(app.handle<Rag>().call<&Rag::sum>(1000).get(), 499'500);
}

TEST(LocalStreamTest, AFakeStreamsItems) {
  LocalApp app(rag_application(),
               {fake<Retriever>().on<&Retriever::count>([](int) { return std::vector<int>{40, 2}; })});
  EXPECT_EQ(app.handle<Rag>().call<&Rag::sum>(9).get(), 42);
}

struct Fails {
  Task<void> after(int count, Writer<int> out) {
    for (int i = 0; i < count; ++i) co_await out.write(i);
    throw std::runtime_error("lost it");
  }
  using methods = Methods<&Fails::after>;
};

TEST(LocalStreamTest, AnErrorComesAfterTheItems) {
  LocalApp app({.ingress = bind<Fails>()});
  auto reader = app.handle<Fails>().stream<&Fails::after>(2);
  EXPECT_EQ(reader.next_blocking(), 0);
  EXPECT_EQ(reader.next_blocking(), 1);
  EXPECT_THROW(reader.next_blocking(), Exception);
}

struct Endless {
  static inline std::atomic<int> written = 0;
  static inline Meeting ended;
  struct Announce {
    ~Announce() { ended.arrive(); }
  };
  Task<void> items(Writer<int> out) {
    const Announce announce;
    for (int i = 0;; ++i) {
      co_await out.write(i);
      ++written;
    }
  }
  using methods = Methods<&Endless::items>;
};

TEST(LocalStreamTest, ASlowReaderHoldsTheWriterBackAndDroppingItCancels) {
  LocalApp app({.ingress = bind<Endless>()});
  {
    auto reader = app.handle<Endless>().stream<&Endless::items>();
    ASSERT_EQ(reader.next_blocking(), 0);
    EXPECT_LT(Endless::written, 500);
  }
  EXPECT_TRUE(Endless::ended.wait_for(1));
}

TEST(LocalStreamTest, CallingAStreamAsACallIsRefused) {
  LocalApp app(rag_application());
  try {
    app.handle("Rag").call<int>("words", std::string("x")).get();
    FAIL();
  } catch (const Exception& exception) {
    EXPECT_EQ(exception.code(), ErrorCode::InvalidArgument);
  }
}

}  // namespace
}  // namespace manta
