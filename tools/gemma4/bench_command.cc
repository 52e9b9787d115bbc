// gemma4 bench: how fast a model prefills and decodes here, and what it takes.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "tools/gemma4/at_least.h"
#include "tools/gemma4/commands.h"
#include "tools/gemma4/handles.h"
#include "tools/gemma4/model_options.h"
#include "tools/gemma4/read_bandwidth.h"

namespace gemma4_tool {
namespace {

using nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

struct BenchOptions {
  ModelOptions model;
  size_t num_prompt = 512;
  size_t num_generate = 64;
  size_t depth = 0;
  size_t num_sessions = 1;
  size_t time_budget_us = 0;
  size_t num_repeats = 5;
  bool as_json = false;
};

double Since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

struct Spread {
  double median = 0, min = 0, max = 0;
};

Spread SpreadOf(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const size_t half = values.size() / 2;
  const double median =
      values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
  return {median, values.front(), values.back()};
}

ordered_json Json(const Spread& spread) {
  return {{"median", spread.median}, {"min", spread.min}, {"max", spread.max}};
}

// The same ids on every machine: speed does not depend on them, the hash of the logits does.
std::vector<int32_t> TokenIds(size_t count, size_t vocab_size) {
  std::vector<int32_t> ids(count);
  uint64_t state = 1;
  for (int32_t& id : ids) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    id = static_cast<int32_t>((state >> 33) % vocab_size);
  }
  return ids;
}

// FNV-1a of the bits.
std::string HashOf(std::span<const float> logits) {
  uint64_t hash = 14695981039346656037u;
  for (const std::byte byte : std::as_bytes(logits)) {
    hash = (hash ^ std::to_integer<uint64_t>(byte)) * 1099511628211u;
  }
  char text[17];
  std::snprintf(text, sizeof(text), "%016" PRIx64, hash);
  return text;
}

// A line of /proc/self/status, "VmHWM:   1234 kB", in bytes; 0 if there is none.
uint64_t OwnMemory(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name + ":")) return std::stoull(line.substr(name.size() + 1)) * 1024;
  }
  return 0;
}

// A session that is filled, rewound and measured again and again.
class Bench {
 public:
  Bench(const BenchOptions& options, const Model& model)
      : options_(options),
        ids_(TokenIds(options.depth + std::max(options.num_prompt, size_t{1}),
                      gemma4_model_vocab_size(model.get()))) {
    gemma4_sampler_params greedy = GEMMA4_SAMPLER_PARAMS_INIT;
    greedy.temperature = 0.0f;
    gemma4_session_params params = GEMMA4_SESSION_PARAMS_INIT;
    params.sampler = &greedy;
    const int32_t none = 0;
    params.stop_token_ids = &none;  // none of them: random weights stop at random
    params.num_stop_token_ids = 0;
    params.kv_type = options.model.kv_type;
    params.max_context_tokens = options.depth + std::max(options.num_prompt, size_t{1}) +
                                std::max(options.num_generate, size_t{1}) + 1;
    sessions_.push_back(CreateSession(model, params));
    step_.cancel = InterruptFlag();
  }

  // Makes the first token after `depth` tokens, or, if that is 0, after the prompt.
  void MakeFirstToken() {
    Prefill(std::span(ids_).first(options_.depth > 0 ? options_.depth : ids_.size()));
    Token();
  }

  // Seconds that the prompt takes after `depth` tokens.
  double TimePrompt() {
    Check(gemma4_session_rewind(first(), options_.depth));
    Prefill({});
    const auto begin = Clock::now();
    Prefill({ids_.data() + options_.depth, options_.num_prompt});
    return Since(begin);
  }

  // Seconds that the next tokens of `num_sessions` together take after `depth` tokens of each,
  // without choosing the first.
  double TimeDecode(size_t num_sessions) {
    Check(gemma4_session_rewind(first(), options_.depth));
    const bool is_empty = options_.depth == 0;
    Prefill(std::span(ids_).first(is_empty ? 1 : 0));
    sessions_.resize(1);
    while (sessions_.size() < num_sessions) {
      gemma4_session* fork = nullptr;
      Check(gemma4_session_fork(first(), &fork));
      sessions_.emplace_back(fork);
    }
    Token();
    const auto begin = Clock::now();
    for (size_t i = 0; i < options_.num_generate; ++i) Token();
    return Since(begin);
  }

  // One of each session.
  void Token() {
    std::vector<gemma4_session*> sessions;
    for (const Session& session : sessions_) sessions.push_back(session.get());
    std::vector<gemma4_event> events(sessions.size());
    events[0] = GEMMA4_EVENT_INIT;
    Check(gemma4_step_many(sessions.data(), sessions.size(), &step_, events.data()));
    for (const gemma4_event& event : events) {
      if (event.kind != GEMMA4_EVENT_TEXT) throw CommandError("the model made no token");
    }
  }

  // Milliseconds by which each step of a decode with a time budget was late.
  std::vector<double> TimeOvershoot() {
    gemma4_step_params step = step_;
    step.time_budget_us = options_.time_budget_us;
    Check(gemma4_session_rewind(first(), options_.depth));
    Prefill(std::span(ids_).first(options_.depth == 0 ? 1 : 0));
    std::vector<double> late_ms;
    for (size_t num_tokens = 0; num_tokens < options_.num_generate;) {
      gemma4_event event = GEMMA4_EVENT_INIT;
      const auto begin = Clock::now();
      Check(gemma4_session_step(first(), &step, &event));
      const double budget = static_cast<double>(options_.time_budget_us) * 1e-3;
      late_ms.push_back(std::max(0.0, Since(begin) * 1e3 - budget));
      if (event.kind == GEMMA4_EVENT_TEXT) ++num_tokens;
    }
    return late_ms;
  }

  uint64_t BytesPerToken() const { return gemma4_session_bytes_per_token(first()); }

  std::string LogitsHash() {
    size_t count = 0;
    const float* logits = gemma4_session_logits(first(), &count);
    if (logits == nullptr) Check(GEMMA4_ERROR_STATE);
    return HashOf({logits, count});
  }

 private:
  void Prefill(std::span<const int32_t> ids) {
    Check(gemma4_session_prefill_with(first(), ids.data(), ids.size(), &step_));
  }

  gemma4_session* first() const { return sessions_.front().get(); }

  const BenchOptions& options_;
  std::vector<int32_t> ids_;
  std::vector<Session> sessions_;
  gemma4_step_params step_ = GEMMA4_STEP_PARAMS_INIT;
};

ordered_json Run(const BenchOptions& options, Clock::time_point start) {
  const size_t num_threads = options.model.num_threads > 0 ? options.model.num_threads
                                                           : std::thread::hardware_concurrency();
  ReadBandwidth bandwidth(std::max(num_threads, size_t{1}));
  const Clock::time_point load_begin = Clock::now();
  const Model model = LoadModel(options.model.path, options.model.load_params());
  Bench bench(options, model);
  const double load_seconds = Since(load_begin);
  bench.MakeFirstToken();
  const double first_token_seconds = Since(start);

  const uint64_t bytes_per_token = bench.BytesPerToken();
  std::vector<double> prompt_speeds, decode_speeds, many_speeds, bandwidths, shares, late_ms;
  std::string hash;
  for (size_t i = 0; i < options.num_repeats; ++i) {
    if (options.num_prompt > 0) {
      prompt_speeds.push_back(static_cast<double>(options.num_prompt) / bench.TimePrompt());
      hash = bench.LogitsHash();
    }
    if (options.num_generate == 0) continue;
    const double before = bandwidth.Measure();
    decode_speeds.push_back(static_cast<double>(options.num_generate) / bench.TimeDecode(1));
    bandwidths.push_back(std::max(before, bandwidth.Measure()));
    shares.push_back(decode_speeds.back() * static_cast<double>(bytes_per_token) /
                     bandwidths.back());
    hash = bench.LogitsHash();
    if (options.num_sessions > 1) {
      many_speeds.push_back(static_cast<double>(options.num_generate * options.num_sessions) /
                            bench.TimeDecode(options.num_sessions));
    }
    if (options.time_budget_us > 0) {
      const std::vector<double> late = bench.TimeOvershoot();
      late_ms.insert(late_ms.end(), late.begin(), late.end());
    }
  }

  ordered_json report;
  report["model"] = options.model.path.empty() ? "demo" : options.model.path;
  report["variant"] = gemma4_model_variant(model.get());
  report["weights"] = WeightsName(gemma4_model_weights(model.get()));
  report["threads"] = gemma4_model_num_threads(model.get());
  report["prefill"] = {{"tokens", options.num_prompt},
                       {"depth", options.depth},
                       {"tokens_per_second", Json(SpreadOf(prompt_speeds))}};
  report["decode"] = {{"tokens", options.num_generate},
                      {"depth", options.depth},
                      {"tokens_per_second", Json(SpreadOf(decode_speeds))},
                      {"share_of_read_bandwidth", Json(SpreadOf(shares))}};
  report["sessions"] = options.num_sessions;
  if (options.num_sessions > 1) {
    report["decode_together"] = {
        {"tokens_per_second", Json(SpreadOf(many_speeds))},
        {"times_one_session", SpreadOf(many_speeds).median / SpreadOf(decode_speeds).median}};
  }
  if (options.time_budget_us > 0) {
    std::sort(late_ms.begin(), late_ms.end());
    report["time_budget"] = {{"budget_us", options.time_budget_us},
                             {"steps", late_ms.size()},
                             {"late_ms_median", late_ms[late_ms.size() / 2]},
                             {"late_ms_p99", late_ms[late_ms.size() * 99 / 100]},
                             {"late_ms_max", late_ms.back()}};
  }
  report["first_token_ms"] = first_token_seconds * 1e3;
  report["load_ms"] = load_seconds * 1e3;
  report["peak_resident_bytes"] = OwnMemory("VmHWM");
  report["anonymous_bytes"] = OwnMemory("RssAnon");
  report["bytes_per_token"] = bytes_per_token;
  report["read_bandwidth_bytes_per_second"] = SpreadOf(bandwidths).median;
  report["logits_hash"] = hash;
  return report;
}

void PrintSpeed(const char* what, const ordered_json& part) {
  const ordered_json& speed = part["tokens_per_second"];
  std::printf("%-8s %5zu tokens at depth %zu: %.1f tokens/s (%.1f ... %.1f)\n", what,
              part["tokens"].get<size_t>(), part["depth"].get<size_t>(),
              speed["median"].get<double>(), speed["min"].get<double>(),
              speed["max"].get<double>());
}

void Print(const ordered_json& report) {
  std::printf("%s, %s, weights %s, %zu threads\n", report["model"].get<std::string>().c_str(),
              report["variant"].get<std::string>().c_str(),
              report["weights"].get<std::string>().c_str(), report["threads"].get<size_t>());
  PrintSpeed("prefill", report["prefill"]);
  PrintSpeed("decode", report["decode"]);
  if (report.contains("decode_together")) {
    const ordered_json& together = report["decode_together"];
    std::printf("%zu sessions together: %.1f tokens/s, %.2f times one\n",
                report["sessions"].get<size_t>(),
                together["tokens_per_second"]["median"].get<double>(),
                together["times_one_session"].get<double>());
  }
  if (report.contains("time_budget")) {
    const ordered_json& budget = report["time_budget"];
    std::printf("steps of %zu us: late by %.2f ms (median), %.2f (99 %%), %.2f (most) of %zu\n",
                budget["budget_us"].get<size_t>(), budget["late_ms_median"].get<double>(),
                budget["late_ms_p99"].get<double>(), budget["late_ms_max"].get<double>(),
                budget["steps"].get<size_t>());
  }
  std::printf("decode reads %.3f GB a token, %.0f %% of the %.1f GB/s that this machine reads\n",
              report["bytes_per_token"].get<double>() / 1e9,
              report["decode"]["share_of_read_bandwidth"]["median"].get<double>() * 100,
              report["read_bandwidth_bytes_per_second"].get<double>() / 1e9);
  std::printf("load %.0f ms, first token %.0f ms after the program's start\n",
              report["load_ms"].get<double>(), report["first_token_ms"].get<double>());
  std::printf("peak resident %.3f GB, %.3f GB of it anonymous at the end\n",
              report["peak_resident_bytes"].get<double>() / 1e9,
              report["anonymous_bytes"].get<double>() / 1e9);
  std::printf("hash of the last logits %s\n", report["logits_hash"].get<std::string>().c_str());
}

}  // namespace

void AddBenchCommand(CLI::App& program) {
  const Clock::time_point start = Clock::now();
  auto options = std::make_shared<BenchOptions>();
  CLI::App* bench =
      program.add_subcommand("bench", "Measures speed and memory, and the machine's own speed");
  AddModelOptions(*bench, options->model);
  bench->add_option("--prompt", options->num_prompt, "Tokens of the prompt [512]")
      ->check(AtLeast(0));
  bench->add_option("--generate", options->num_generate, "Tokens to generate [64]")
      ->check(AtLeast(0));
  bench->add_option("--depth", options->depth, "Tokens in the context before either [0]")
      ->check(AtLeast(0));
  bench
      ->add_option("--sessions", options->num_sessions,
                   "Sessions that decode together, beside one alone [1]")
      ->check(AtLeast(1));
  bench
      ->add_option("--time-budget-us", options->time_budget_us,
                   "Decodes in steps of so many microseconds, too, and tells how late they end [0]")
      ->check(AtLeast(0));
  bench->add_option("--repeat", options->num_repeats, "Measurements of each [5]")
      ->check(AtLeast(1));
  bench->add_flag("--json", options->as_json, "One JSON object");
  bench->callback([options, start] {
    if (options->num_generate == 0 && (options->num_sessions > 1 || options->time_budget_us > 0)) {
      throw CommandError("--sessions and --time-budget-us need --generate");
    }
    if (options->num_prompt + options->num_generate == 0) {
      throw CommandError("--prompt and --generate are both 0: there is nothing to measure");
    }
    const ordered_json report = Run(*options, start);
    if (options->as_json) {
      std::cout << report.dump(2) << "\n";
    } else {
      Print(report);
    }
  });
}

}  // namespace gemma4_tool
