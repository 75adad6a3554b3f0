#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rag {

// The smallest parts of Markdown or plain text that say something by themselves: a sentence, an item of a list, a row
// of a table, a block of code. In their order, white space folded, without a table's bars. One that has no letter or
// digit is left out.
std::vector<std::string> sentences(std::string_view text);

}  // namespace rag
