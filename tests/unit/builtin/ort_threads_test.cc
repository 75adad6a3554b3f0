#include "builtin/ort_threads.h"

#include <gmock/gmock.h>

#include <manta/application.h>
#include <manta/testing.h>

namespace manta::builtin {
namespace {

using ::testing::HasSubstr;

TEST(OrtThreadsTest, TheOptionGoesBeforeTheVariableAndOneIsTheDefault) {
  EXPECT_EQ(ort_threads(3, "V", "5"), 3);
  EXPECT_EQ(ort_threads(0, "V", "5"), 5);
  EXPECT_EQ(ort_threads(0, "V", std::nullopt), 1);
  EXPECT_EQ(ort_threads(3, "V", "not read"), 3);
}

TEST(OrtThreadsTest, AVariableThatIsNoCountIsNamed) {
  for (const std::string value : {"two", "2x", "0", "-1", "1025", "1.5", " 2"}) {
    try {
      ort_threads(0, "ORT_INTRA_THREADS", value);
      FAIL() << value;
    } catch (const Exception& exception) {
      EXPECT_EQ(exception.code(), ErrorCode::InvalidArgument);
      EXPECT_THAT(exception.what(), HasSubstr("ORT_INTRA_THREADS"));
      EXPECT_THAT(exception.what(), HasSubstr("'" + value + "'"));
    }
  }
}

TEST(OrtThreadsTest, OutsideAReplicaThereIsNoVariable) {
  EXPECT_EQ(ort_intra_threads(0), 1);
  EXPECT_EQ(ort_inter_threads(4), 4);
}

// What a deployment of this configuration makes of the options 0 and 0.
struct Threads {
  Threads() : intra(ort_intra_threads(0)), inter(ort_inter_threads(0)) {}
  int sum() { return 100 * intra + inter; }
  int intra, inter;
  using methods = Methods<&Threads::sum>;
};

TEST(OrtThreadsTest, TheVariablesOfTheReplicaCount) {
  manta::testing::LocalApp app(
      {.ingress = manta::bind<Threads>().with({.env_vars = {{"ORT_INTRA_THREADS", "3"}, {"ORT_INTER_THREADS", "2"}}})});
  EXPECT_EQ(app.handle<Threads>().call<&Threads::sum>().get(), 302);
}

}  // namespace
}  // namespace manta::builtin
