// include/gemma4/tokenizer.h
#include <gemma4/tokenizer.h>

#include <span>
#include <string>
#include <vector>

#include "lib/api/boundary.h"
#include "lib/api/copy_out.h"
#include "lib/api/handles.h"
#include "lib/api/text_flags.h"
#include "lib/text/stream_decoder.h"
#include "lib/text/tokenizer.h"

namespace gemma4 {
namespace {

Status Detokenize(const LoadedModel& model, std::span<const int32_t> token_ids, std::string* text) {
  GEMMA4_ASSIGN_OR_RETURN(const Tokenizer* tokenizer, model.RequireTokenizer());
  StreamDecoder decoder;
  for (size_t i = 0; i < token_ids.size(); ++i) {
    if (token_ids[i] < 0 || static_cast<size_t>(token_ids[i]) >= tokenizer->vocab_size()) {
      return Status::InvalidArgument("token id %d at index %zu is outside the vocabulary of %zu",
                                     token_ids[i], i, tokenizer->vocab_size());
    }
    decoder.Feed(tokenizer->Bytes(token_ids[i]), text);
  }
  decoder.Finish(text);
  return Status::Ok();
}

}  // namespace
}  // namespace gemma4

using gemma4::AtBoundary;
using gemma4::CopyOut;
using gemma4::RequireGiven;
using gemma4::Status;

gemma4_status gemma4_model_tokenize(const gemma4_model* model, const char* text, size_t text_size,
                                    gemma4_text_flags flags, int32_t* out_ids, size_t capacity,
                                    size_t* out_num_ids) {
  return AtBoundary([&]() -> Status {
    GEMMA4_RETURN_IF_ERROR(RequireGiven(out_num_ids, "out_num_ids"));
    *out_num_ids = 0;
    GEMMA4_RETURN_IF_ERROR(RequireGiven(model, "model"));
    if (capacity > 0) GEMMA4_RETURN_IF_ERROR(RequireGiven(out_ids, "out_ids"));
    GEMMA4_ASSIGN_OR_RETURN(const gemma4::TextOptions options, gemma4::TextOptionsOf(flags));
    GEMMA4_ASSIGN_OR_RETURN(const std::string_view view, gemma4::TextArgument(text, text_size));
    GEMMA4_ASSIGN_OR_RETURN(const std::vector<int32_t> ids, model->model->Encode(view, options));
    return CopyOut<int32_t>(ids, out_ids, capacity, out_num_ids);
  });
}

gemma4_status gemma4_model_detokenize(const gemma4_model* model, const int32_t* token_ids,
                                      size_t num_tokens, char* out_text, size_t capacity,
                                      size_t* out_text_size) {
  return AtBoundary([&]() -> Status {
    GEMMA4_RETURN_IF_ERROR(RequireGiven(out_text_size, "out_text_size"));
    *out_text_size = 0;
    GEMMA4_RETURN_IF_ERROR(RequireGiven(model, "model"));
    if (num_tokens > 0) GEMMA4_RETURN_IF_ERROR(RequireGiven(token_ids, "token_ids"));
    if (capacity > 0) GEMMA4_RETURN_IF_ERROR(RequireGiven(out_text, "out_text"));
    std::string text;
    GEMMA4_RETURN_IF_ERROR(gemma4::Detokenize(*model->model, {token_ids, num_tokens}, &text));
    return CopyOut<char>(text, out_text, capacity, out_text_size);
  });
}
