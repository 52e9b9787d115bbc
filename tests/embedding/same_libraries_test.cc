// A host with an XNNPACK, a pthreadpool and a sentencepiece (so a protobuf and an abseil) of its
// own, in one program with libgemma4: both work, in turns, and the host can shut its own down.
//
//     same_libraries_test MODEL
#include <gemma4/gemma4.h>
#include <pthreadpool.h>
#include <sentencepiece_processor.h>
#include <xnnpack.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

void Check(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "%s: %s\n", what, gemma4_last_error_message());
  std::exit(1);
}

// y = 2 x + 1 with the host's XNNPACK, over the host's thread pool.
float HostComputes(float x, pthreadpool_t threads) {
  const float kernel[] = {2.0f}, bias[] = {1.0f};
  float input[1 + XNN_EXTRA_BYTES / sizeof(float)] = {x}, output[1] = {0.0f};
  xnn_operator_t operation = nullptr;
  Check(xnn_create_fully_connected_nc_f32(1, 1, 1, 1, kernel, bias, -1e30f, 1e30f, 0, nullptr,
                                          nullptr, &operation) == xnn_status_success,
        "the host's operator");
  Check(xnn_reshape_fully_connected_nc_f32(operation, 1, threads) == xnn_status_success, "reshape");
  Check(xnn_setup_fully_connected_nc_f32(operation, input, output) == xnn_status_success, "setup");
  Check(xnn_run_operator(operation, threads) == xnn_status_success, "run");
  xnn_delete_operator(operation);
  return output[0];
}

std::string Ask(gemma4_model* model, const char* question) {
  std::string answer;
  gemma4_session* session = nullptr;
  Check(gemma4_session_create(model, nullptr, &session) == GEMMA4_OK, "session");
  Check(gemma4_session_add_user_text(session, question, GEMMA4_NUL_TERMINATED) == GEMMA4_OK,
        "text");
  const auto append = [](const gemma4_event* event, void* userdata) {
    static_cast<std::string*>(userdata)->append(event->text, event->text_size);
    return 0;
  };
  Check(gemma4_session_generate(session, append, &answer) == GEMMA4_OK, "generate");
  gemma4_session_free(session);
  return answer;
}

// The host's sentencepiece: what is no model is refused, by its own protobuf.
bool HostRefusesText() {
  sentencepiece::SentencePieceProcessor processor;
  return !processor.LoadFromSerializedProto("this is no model").ok();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  Check(xnn_initialize(nullptr) == xnn_status_success, "the host's XNNPACK");
  pthreadpool_t threads = pthreadpool_create(2);
  Check(HostComputes(3.0f, threads) == 7.0f, "the host before");
  Check(HostRefusesText(), "the host's sentencepiece before");

  gemma4_model* model = nullptr;
  Check(gemma4_model_load(argv[1], nullptr, &model) == GEMMA4_OK, "load");
  Check(Ask(model, "What is 7 + 5?").find("12") != std::string::npos, "the first answer");
  Check(HostComputes(4.0f, threads) == 9.0f, "the host between");
  Check(HostRefusesText(), "the host's sentencepiece between");

  Check(xnn_deinitialize() == xnn_status_success, "the host lets go");
  pthreadpool_destroy(threads);
  Check(Ask(model, "What is the capital of France?").find("Paris") != std::string::npos,
        "the second answer");
  gemma4_model_free(model);
  return 0;
}
