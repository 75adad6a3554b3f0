#include <manta/detail/bind_argument.h>

namespace manta::detail {

void ArgumentWriter::add_child(std::shared_ptr<const Node> child) {
  add_text("child " + std::to_string(node_.children.size()));
  node_.children.push_back(std::move(child));
}

void ArgumentWriter::add_text(const std::string& text) { node_.arguments += std::to_string(text.size()) + ':' + text; }

}  // namespace manta::detail
