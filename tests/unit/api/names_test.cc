#include <manta/detail/names.h>

#include <gtest/gtest.h>

namespace manta {
namespace {

struct Local {
  void in_anonymous_namespace() const noexcept {}
};
template <class T>
struct Templated {
  int of(T value) { return value ? 1 : 0; }
};

static_assert(detail::member_name<&Local::in_anonymous_namespace>() == "in_anonymous_namespace");
static_assert(detail::member_name<&Templated<int>::of>() == "of");
static_assert(detail::class_name<Local>() == "Local");
static_assert(detail::class_name<Templated<Local>>() == "Templated");

TEST(NamesTest, ComeFromTheCompilersText) { EXPECT_EQ(detail::class_name<Local>(), "Local"); }

}  // namespace
}  // namespace manta
