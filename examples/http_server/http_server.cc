// Answers over HTTP as server-sent events: http_server MODEL [PORT]
//
//   GET /ask?text=QUESTION     data: lines with pieces of the answer, then "event: end"
//   GET /health                200
//
// Every request has a session of its own; all share the model. When a client goes away its
// generation stops; SIGINT or SIGTERM stops all. Introduces sessions of one model on several
// threads, a callback that stops a generation, and a cancel that reaches all of them.
#include <gemma4/gemma4.h>
#include <httplib.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <thread>

namespace {

struct Free {
  void operator()(gemma4_session* session) const { gemma4_session_free(session); }
};

// One server-sent event; a text of several lines is as many data fields.
std::string ServerSentEvent(const char* name, const std::string& text) {
  std::string message = name == nullptr ? "" : "event: " + std::string(name) + "\n";
  size_t begin = 0;
  for (;;) {
    const size_t end = text.find('\n', begin);
    message += "data: " + text.substr(begin, end - begin) + "\n";
    if (end == std::string::npos) return message + "\n";
    begin = end + 1;
  }
}

// Runs on the thread that generates, which is the request's own.
int SendEvent(const gemma4_event* event, void* userdata) {
  auto& sink = *static_cast<httplib::DataSink*>(userdata);
  if (event->kind != GEMMA4_EVENT_TEXT || event->text_size == 0) return 0;
  const std::string message = ServerSentEvent(nullptr, {event->text, event->text_size});
  return sink.write(message.data(), message.size()) ? 0 : 1;  // 1: the client is gone
}

void Ask(gemma4_model* model, const gemma4_cancel* cancel, const httplib::Request& request,
         httplib::Response& response) {
  const std::string text = request.get_param_value("text");
  gemma4_session_params params = GEMMA4_SESSION_PARAMS_INIT;
  params.max_new_tokens = 512;
  gemma4_session* raw_session = nullptr;
  gemma4_status status = gemma4_session_create(model, &params, &raw_session);
  const std::shared_ptr<gemma4_session> session(raw_session, Free());
  if (status == GEMMA4_OK) {
    status = gemma4_session_add_user_text(raw_session, text.data(), text.size());
  }
  if (status != GEMMA4_OK) {
    // What the client sent is the client's fault; the rest is ours.
    const bool bad_request =
        status == GEMMA4_ERROR_INVALID_UTF8 || status == GEMMA4_ERROR_CONTEXT_FULL;
    response.status = bad_request ? 400 : 503;
    response.set_content(gemma4_last_error_message(), "text/plain");
    return;
  }
  response.set_chunked_content_provider(
      "text/event-stream", [session, cancel](size_t, httplib::DataSink& sink) {
        gemma4_step_params step = GEMMA4_STEP_PARAMS_INIT;
        step.cancel = cancel;
        const gemma4_status status =
            gemma4_session_generate_with(session.get(), &step, SendEvent, &sink);
        if (status == GEMMA4_ERROR_STOPPED) return false;
        const std::string last = status == GEMMA4_OK
                                     ? ServerSentEvent("end", "")
                                     : ServerSentEvent("error", gemma4_last_error_message());
        if (!sink.write(last.data(), last.size())) return false;
        sink.done();
        return true;
      });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "http_server MODEL [PORT]\n";
    return 2;
  }
  gemma4_model* model = nullptr;
  gemma4_cancel* cancel = nullptr;
  if (gemma4_model_load(argv[1], nullptr, &model) != GEMMA4_OK ||
      gemma4_cancel_create(&cancel) != GEMMA4_OK) {
    std::cerr << "http_server: " << gemma4_last_error_message() << "\n";
    return 1;
  }

  // Every thread made from here on leaves these two to the sigwait below.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  httplib::Server server;
  server.Get("/health", [](const httplib::Request&, httplib::Response& response) {
    response.set_content(gemma4_version(), "text/plain");
  });
  server.Get("/ask", [&](const httplib::Request& request, httplib::Response& response) {
    Ask(model, cancel, request, response);
  });
  int port = argc > 2 ? std::atoi(argv[2]) : 8080;
  if (port == 0) {
    port = server.bind_to_any_port("127.0.0.1");
  } else if (!server.bind_to_port("127.0.0.1", port)) {
    std::cerr << "http_server: port " << port << " is taken\n";
    return 1;
  }
  std::cout << "http://127.0.0.1:" << port << "/ask?text=Hello" << std::endl;

  std::thread listener([&] { server.listen_after_bind(); });
  int signal = 0;
  sigwait(&signals, &signal);
  gemma4_cancel_set(cancel);  // what is being generated ends with an error event
  server.stop();
  listener.join();
  gemma4_cancel_free(cancel);
  gemma4_model_free(model);
  std::cout << "stopped\n";
  return 0;
}
