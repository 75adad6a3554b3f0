// C interface to the Hugging Face `tokenizers` crate (static library, built by tools/setup).
//
// Errors: a function that can fail takes `char** error`. On failure it returns NULL or -1 and stores a text there that
// says what failed; release it with tokc_string_free. On success *error is NULL. No function aborts or unwinds.
// Texts: pointer and length, UTF-8, no terminator needed. Invalid sequences are read as U+FFFD, like Python's
// errors="replace". {NULL, 0} is the empty text.
// Threads: a tokenizer is immutable after loading and may be used by many threads at once. Work is done on the calling
// thread only.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tokc_tokenizer tokc_tokenizer;

typedef struct {
  const char* data;
  size_t size;
} tokc_text;

typedef struct {
  // Longest row in tokens, special tokens included; 0 = never truncate. Which end is cut, and how a pair shares the
  // room, is what tokenizer.json says (default: the end; the longer text first).
  size_t max_length;
  // Adds the model's special tokens, such as [CLS] and [SEP].
  int add_special_tokens;
  // Fills all rows at the right to the longest row of the batch, with mask 0. Otherwise rows lie back to back.
  int pad;
} tokc_options;

// Row i is [offsets[i], offsets[i + 1]) of ids, mask and type_ids; its first lengths[i] elements are real tokens (the
// rest, if any, is padding). With options.pad all rows are equally long: a dense rows x (offsets[1]) matrix.
typedef struct {
  size_t rows;
  size_t* offsets;     // rows + 1
  size_t* lengths;     // rows
  uint8_t* truncated;  // rows; 1 if max_length cut this row
  int64_t* ids;        // offsets[rows]
  int64_t* mask;       // offsets[rows]; 1 = token, 0 = padding
  int64_t* type_ids;   // offsets[rows]; 0 = first text, 1 = second text of a pair
} tokc_encoding;

// Reads a tokenizer.json. The padding and truncation it may contain are ignored: they are chosen per call.
tokc_tokenizer* tokc_load(const char* path, char** error);
void tokc_free(tokc_tokenizer* tokenizer);

// Encodes `count` texts, or `count` pairs (first[i], second[i]) if `second` is not NULL; one text is a batch of one.
// A max_length below the number of special tokens is an error.
// Returns NULL on error. Release with tokc_encoding_free.
tokc_encoding* tokc_encode(const tokc_tokenizer* tokenizer, const tokc_text* first, const tokc_text* second,
                           size_t count, tokc_options options, char** error);
void tokc_encoding_free(tokc_encoding* encoding);

// Number of tokens of one text, never truncated; -1 on error.
int64_t tokc_count(const tokc_tokenizer* tokenizer, tokc_text text, int add_special_tokens, char** error);

// Text of `count` ids, NUL-terminated (it may also contain NULs; *size is its length). Unknown ids are skipped.
// Returns NULL on error (an id out of range of the format). Release with tokc_string_free.
char* tokc_decode(const tokc_tokenizer* tokenizer, const int64_t* ids, size_t count, int skip_special_tokens,
                  size_t* size, char** error);
void tokc_string_free(char* text);

// Id of one token as spelled in the vocabulary ("[SEP]"), or -1 if there is none.
int64_t tokc_token_id(const tokc_tokenizer* tokenizer, tokc_text token);

#ifdef __cplusplus
}
#endif
