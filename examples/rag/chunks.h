#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rag {

// A passage of a document: what is cited. It is found by its sentences, as one vector of a long text is near to nothing
// in particular.
struct Chunk {
  std::string document;                // path relative to the folder
  std::string text;                    // begins with the headings above it
  std::vector<std::string> sentences;  // at least one; each begins with the headings as well
};

// Cuts Markdown or plain text at headings, and sections at blank lines so that a passage has at most `max_characters`
// (a longer paragraph is cut between sentences, or lines of a table), headings not counted.
std::vector<Chunk> cut(const std::string& document, std::string_view text, std::size_t max_characters = 1200);

// Reads every .md and .txt file below `folder`, in the order of their names; one that is not UTF-8 is reported and left
// out. Throws manta::Exception that names the folder when it is missing, cannot be read, or holds no such file.
std::vector<Chunk> read_folder(const std::string& folder, std::size_t max_characters = 1200);

}  // namespace rag
