// What docs/guide/http.md shows: routes, errors and a stream.
#include <string>

#include <manta/manta.h>

// [app]
struct Item {
  std::string name;
  int amount = 1;
};
BOOST_DESCRIBE_STRUCT(Item, (), (name, amount))

class Shop {
 public:
  manta::Task<manta::HttpResponse> item(manta::HttpRequest request) {
    co_return manta::HttpResponse::text("item " + request.path_parameters["id"] + "\n");
  }
  manta::Task<Item> order(Item item) {
    if (item.amount > 9) throw manta::HttpError(409, "only 9 are left");
    co_return item;
  }
  manta::Task<void> count(int to, manta::Writer<int> out) {
    for (int i = 1; i <= to; ++i) co_await out.write(i);
  }
  manta::Task<Item> call(Item item) { co_return item; }
  using methods = manta::Methods<manta::route<"GET", "/items/{id}", &Shop::item>, &Shop::order, &Shop::count,
                                 manta::idempotent<&Shop::call>>;
};

manta::Application build() { return {.name = "shop", .ingress = manta::bind<Shop>()}; }
MANTA_APP(build)
// [/app]
