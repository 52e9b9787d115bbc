// gemma4 perplexity: how well a model predicts given tokens, and how far it is from another one.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tools/gemma4/commands.h"
#include "tools/gemma4/handles.h"
#include "tools/gemma4/model_options.h"

namespace gemma4_tool {
namespace {

using nlohmann::ordered_json;

struct PerplexityOptions {
  ModelOptions model;
  std::string against;
  std::string ids_file;
  bool all_positions = false;
  bool as_json = false;
};

struct Document {
  std::vector<int32_t> ids;
  std::vector<bool> counts;  // whether predicting ids[i] counts
};

std::vector<Document> ReadDocuments(const PerplexityOptions& options) {
  std::ifstream file(options.ids_file);
  if (!file) throw CommandError(options.ids_file + ": cannot read");
  std::vector<Document> documents;
  std::string line;
  for (size_t number = 1; std::getline(file, line); ++number) {
    if (line.empty()) continue;
    const auto fail = [&](const char* what) {
      throw CommandError(options.ids_file + ":" + std::to_string(number) + ": " + what);
    };
    const auto object = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!object.is_object() || !object.contains("ids")) fail("is no JSON object with \"ids\"");
    Document document;
    try {
      document.ids = object["ids"].get<std::vector<int32_t>>();
      document.counts.assign(document.ids.size(), true);
      if (object.contains("target") && !options.all_positions) {
        const auto target = object["target"].get<std::vector<int>>();
        if (target.size() != document.ids.size()) fail("\"target\" is not as long as \"ids\"");
        for (size_t i = 0; i < target.size(); ++i) document.counts[i] = target[i] != 0;
      }
    } catch (const nlohmann::json::exception&) {
      fail("\"ids\" or \"target\" is not an array of integers");
    }
    if (document.ids.size() < 2) fail("has fewer than two ids: there is nothing to predict");
    documents.push_back(std::move(document));
  }
  if (documents.empty()) throw CommandError(options.ids_file + ": holds no documents");
  return documents;
}

// Gives the logits of every position of a document.
class Scorer {
 public:
  Scorer(const std::string& path, const gemma4_load_params& load, gemma4_kv_type kv_type,
         size_t max_tokens)
      : model_(LoadModel(path, load)), vocab_size_(gemma4_model_vocab_size(model_.get())) {
    gemma4_session_params params = GEMMA4_SESSION_PARAMS_INIT;
    params.max_context_tokens = max_tokens;
    params.kv_type = kv_type;
    session_ = CreateSession(model_, params);
  }

  size_t vocab_size() const { return vocab_size_; }
  gemma4_weights weights() const { return gemma4_model_weights(model_.get()); }

  // [ids, vocab_size]
  std::span<const float> Logits(const std::vector<int32_t>& ids) {
    logits_.resize(ids.size() * vocab_size_);
    gemma4_step_params step = GEMMA4_STEP_PARAMS_INIT;
    step.cancel = InterruptFlag();
    Check(gemma4_session_reset(session_.get()));
    Check(gemma4_session_prefill_logits(session_.get(), ids.data(), ids.size(), &step,
                                        logits_.data(), logits_.size()));
    return logits_;
  }

 private:
  Model model_;
  Session session_;
  size_t vocab_size_;
  std::vector<float> logits_;
};

// log of the sum of exponentials.
double LogSum(std::span<const float> logits) {
  const double max = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (float logit : logits) sum += std::exp(logit - max);
  return max + std::log(sum);
}

size_t Best(std::span<const float> logits) {
  return static_cast<size_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

// Means over positions that count; noise and its scale over all of them.
class Totals {
 public:
  void AddPrediction(std::span<const float> logits, int32_t next) {
    ++num_predictions_;
    negative_log_likelihood_ += LogSum(logits) - logits[static_cast<size_t>(next)];
  }

  // Kullback-Leibler divergence from the reference, and whether both would choose the same token.
  void AddComparison(std::span<const float> reference, std::span<const float> logits) {
    const double reference_sum = LogSum(reference), sum = LogSum(logits);
    double divergence = 0;
    for (size_t i = 0; i < logits.size(); ++i) {
      const double log_p = reference[i] - reference_sum;
      divergence += std::exp(log_p) * (log_p - (logits[i] - sum));
    }
    ++num_comparisons_;
    divergence_ += divergence;
    num_agree_ += Best(reference) == Best(logits) ? 1 : 0;
  }

  // The difference less its mean, which softmax does not see.
  void AddNoise(std::span<const float> reference, std::span<const float> logits) {
    double sum = 0, sum_of_squares = 0;
    for (size_t i = 0; i < logits.size(); ++i) {
      const double difference = double{reference[i]} - logits[i];
      sum += difference;
      sum_of_squares += difference * difference;
      reference_sum_ += reference[i];
      reference_squares_ += double{reference[i]} * reference[i];
    }
    const double count = static_cast<double>(logits.size());
    noise_squares_ += sum_of_squares - sum * sum / count;
    num_logits_ += count;
  }

  ordered_json Report(bool compares) const {
    const double mean = negative_log_likelihood_ / static_cast<double>(num_predictions_);
    ordered_json report = {{"predictions", num_predictions_},
                           {"negative_log_likelihood", mean},
                           {"perplexity", std::exp(mean)}};
    if (!compares) return report;
    const double reference_mean = reference_sum_ / num_logits_;
    const double variance =
        (reference_squares_ - num_logits_ * reference_mean * reference_mean) / (num_logits_ - 1);
    report["kl"] = divergence_ / static_cast<double>(num_comparisons_);
    report["top1"] = static_cast<double>(num_agree_) / static_cast<double>(num_comparisons_);
    report["noise"] = std::sqrt(noise_squares_ / num_logits_ / variance);
    return report;
  }

 private:
  size_t num_predictions_ = 0, num_comparisons_ = 0, num_agree_ = 0;
  double negative_log_likelihood_ = 0, divergence_ = 0, noise_squares_ = 0, num_logits_ = 0;
  double reference_sum_ = 0, reference_squares_ = 0;
};

ordered_json Measure(const PerplexityOptions& options) {
  const std::vector<Document> documents = ReadDocuments(options);
  size_t max_tokens = 0;
  for (const Document& document : documents) {
    max_tokens = std::max(max_tokens, document.ids.size());
  }
  Scorer scorer(options.model.path, options.model.load_params(), options.model.kv_type, max_tokens);
  std::optional<Scorer> reference;
  if (!options.against.empty()) {
    gemma4_load_params load = options.model.load_params();
    load.weights = GEMMA4_WEIGHTS_EXACT;
    reference.emplace(options.against, load, GEMMA4_KV_F32, max_tokens);
    if (reference->vocab_size() != scorer.vocab_size()) {
      throw CommandError("the models have vocabularies of " + std::to_string(scorer.vocab_size()) +
                         " and " + std::to_string(reference->vocab_size()) + " tokens");
    }
  }
  Totals totals;
  for (const Document& document : documents) {
    const auto logits = scorer.Logits(document.ids);
    const auto expected = reference ? reference->Logits(document.ids) : logits;
    const size_t vocab_size = scorer.vocab_size();
    for (size_t i = 0; i + 1 < document.ids.size(); ++i) {  // nothing follows the last
      const auto row = logits.subspan(i * vocab_size, vocab_size);
      const auto expected_row = expected.subspan(i * vocab_size, vocab_size);
      if (document.counts[i + 1]) totals.AddPrediction(row, document.ids[i + 1]);
      if (!reference) continue;
      if (document.counts[i + 1]) totals.AddComparison(expected_row, row);
      totals.AddNoise(expected_row, row);
    }
  }
  ordered_json report = totals.Report(reference.has_value());
  report["weights"] = WeightsName(scorer.weights());
  return report;
}

}  // namespace

void AddPerplexityCommand(CLI::App& program) {
  auto options = std::make_shared<PerplexityOptions>();
  CLI::App* perplexity = program.add_subcommand(
      "perplexity", "Measures how well a model predicts given tokens, and against another model");
  AddModelOptions(*perplexity, options->model);
  perplexity
      ->add_option("--ids-file", options->ids_file,
                   "A JSON object a line: \"ids\", and \"target\" (0 or 1 each) if not all count")
      ->required();
  perplexity->add_option("--against", options->against,
                         "Reference model, run exactly: mean KL divergence, top-1 agreement, noise "
                         "(difference of logits in units of their spread, over all positions)");
  perplexity->add_flag("--all-positions", options->all_positions, "\"target\" is ignored");
  perplexity->add_flag("--json", options->as_json, "One JSON object");
  perplexity->callback([options] {
    const ordered_json report = Measure(*options);
    if (options->as_json) {
      std::cout << report.dump(2) << "\n";
      return;
    }
    for (const auto& [name, value] : report.items()) {
      std::printf("%-24s %s\n", name.c_str(),
                  value.is_string() ? value.get<std::string>().c_str() : value.dump().c_str());
    }
  });
}

}  // namespace gemma4_tool
