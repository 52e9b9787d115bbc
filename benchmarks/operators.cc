// Every hot operator at the family's shapes: how long a call takes, how much arithmetic and how
// much memory that is a second.
//
//   operators [MEMBER...] [--rows 1,16,512] [--only SUBSTRING] [--threads N] [--seconds S]
//
// Decoding calls operators with one row for each session, prefill with a chunk of 512. A linear
// layer's weights are used in turns with copies of them, 128 MB in all, as layers follow one
// another in a model: no cache holds them. Medians; the fastest call beside them. Not a test.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/thread_pool.h"
#include "lib/ops/attention.h"
#include "lib/ops/embedding.h"
#include "lib/ops/gelu.h"
#include "lib/ops/linear.h"
#include "lib/ops/pack_linear.h"
#include "lib/ops/rms_norm.h"
#include "lib/ops/rope.h"
#include "lib/ops/row_quantizer.h"
#include "lib/ops/row_source.h"
#include "lib/ops/softcap.h"

namespace gemma4 {
namespace {

// Of one layer of each kind, as published.
struct Member {
  const char* name;
  size_t hidden, intermediate, num_heads;
  size_t num_sliding_kv_heads, num_full_kv_heads;
  bool k_eq_v;  // of full layers
  size_t window, ple, expert_intermediate;
};

constexpr Member kMembers[] = {
    {"E2B", 1536, 6144, 8, 1, 1, false, 512, 256, 0},
    {"E4B", 2560, 10240, 8, 2, 2, false, 512, 256, 0},
    {"12B", 3840, 15360, 16, 8, 1, true, 1024, 0, 0},
    {"26B-A4B", 2816, 2112, 16, 8, 2, true, 1024, 0, 704},
    {"31B", 5376, 21504, 32, 16, 4, true, 1024, 0, 0},
};
constexpr size_t kSlidingHeadDim = 256, kFullHeadDim = 512;
constexpr size_t kHeadRows = 16384;  // of the LM head: a slice of its 262,144
constexpr float kEps = 1e-6f;

struct Options {
  std::vector<std::string> members;
  std::vector<size_t> rows = {1, 2, 4, 8, 16, 512};
  std::string only;
  size_t threads = 0;
  double seconds = 0.2;
};

[[noreturn]] void Fail(const Status& status) {
  std::fprintf(stderr, "operators: %s\n", status.message().c_str());
  std::exit(1);
}

void Require(const Status& status) {
  if (!status.ok()) Fail(status);
}

template <typename T>
T Require(StatusOr<T> result) {
  if (!result.ok()) Fail(result.status());
  return std::move(result).value();
}

// Values of a deviation of 1, and room behind them for XNNPACK to read.
std::vector<float> Values(size_t count) {
  std::mt19937 generator(1);
  std::normal_distribution<float> normal;
  std::vector<float> some(std::min<size_t>(count, 65537));
  for (float& value : some) value = normal(generator);
  std::vector<float> values(count + 64);
  for (size_t i = 0; i < count; ++i) values[i] = some[i % some.size()];
  return values;
}

class Benchmark {
 public:
  explicit Benchmark(const Options& options)
      : options_(options), pool_(Require(ThreadPool::Create(options.threads))) {
    std::printf("%zu threads\n%-8s %-24s %-22s %5s %11s %11s %8s %7s\n", pool_->num_threads(),
                "member", "operator", "shape", "rows", "median us", "fastest us", "GOP/s", "GB/s");
  }

  void Run(const Member& member) {
    member_ = &member;
    Linears();
    AttentionAndCache();
    RowByRow();
  }

 private:
  bool Wants(const std::string& name) const {
    return options_.only.empty() || name.find(options_.only) != name.npos;
  }

  // operations: multiplications and additions of a call; bytes: what it must read and write.
  void Time(const std::string& name, const std::string& shape, size_t rows, double operations,
            double bytes, const std::function<void()>& call) {
    using Clock = std::chrono::steady_clock;
    std::vector<double> micros;
    for (int i = 0; i < 3; ++i) call();
    const Clock::time_point end =
        Clock::now() + std::chrono::nanoseconds(static_cast<int64_t>(options_.seconds * 1e9));
    do {
      const Clock::time_point start = Clock::now();
      call();
      micros.push_back(std::chrono::duration<double, std::micro>(Clock::now() - start).count());
    } while (Clock::now() < end || micros.size() < 5);
    std::sort(micros.begin(), micros.end());
    const double median = micros[micros.size() / 2];
    std::printf("%-8s %-24s %-22s %5zu %11.1f %11.1f %8.1f %7.1f\n", member_->name, name.c_str(),
                shape.c_str(), rows, median, micros[0], operations / median / 1e3,
                bytes / median / 1e3);
    std::fflush(stdout);
  }

  void Linears() {
    const Member& m = *member_;
    Layer("linear q k v", m.hidden, (m.num_heads + 2 * m.num_sliding_kv_heads) * kSlidingHeadDim);
    Layer("linear q k v, full", m.hidden,
          (m.num_heads + (m.k_eq_v ? 1 : 2) * m.num_full_kv_heads) * kFullHeadDim);
    Layer("linear output", m.num_heads * kSlidingHeadDim, m.hidden);
    Layer("linear gate up", m.hidden, 2 * m.intermediate);
    Layer("linear down", m.intermediate, m.hidden);
    if (m.ple > 0) {
      Layer("linear PLE gate", m.hidden, m.ple);
      Layer("linear PLE projection", m.ple, m.hidden);
    }
    if (m.expert_intermediate > 0) {
      Layer("linear expert gate up", m.hidden, 2 * m.expert_intermediate);
      Layer("linear expert down", m.expert_intermediate, m.hidden);
    }
    Layer("linear head", m.hidden, kHeadRows);
  }

  void Layer(const std::string& name, size_t in, size_t out) {
    constexpr std::pair<LinearFormat, const char*> kFormats[] = {
        {LinearFormat::kInt8Rows, "int8 rows"},
        {LinearFormat::kInt4Rows, "int4 rows"},
        {LinearFormat::kInt4Blocks, "int4 blocks"}};
    for (const auto& [wanted, format_name] : kFormats) {
      if (FormatFor(wanted, in) != wanted || !Wants(name + ", " + format_name)) continue;
      Layer(name + ", " + format_name, wanted, in, out);
    }
  }

  void Layer(const std::string& name, LinearFormat format, size_t in, size_t out) {
    constexpr double kAllCopiesBytes = 128e6;
    PackedWeights packed;
    const std::vector<float> weights = Values(in * out);
    const TensorView part = {
        "w", DataType::kF32, {out, in}, std::as_bytes(std::span(weights.data(), in * out))};
    LinearSpec spec = {0, in, out, {&part, 1}};
    Require(PackLinear(format, spec, {.pool = pool_.get()}, packed));
    const std::span<const std::byte> bytes = packed.Bytes(0);
    const size_t num_copies = std::clamp<size_t>(
        static_cast<size_t>(kAllCopiesBytes / static_cast<double>(bytes.size())), 1, 200);
    std::vector<AnonymousMemory> memory;
    std::vector<Linear> copies;
    for (size_t i = 0; i < num_copies; ++i) {
      memory.push_back(Require(AnonymousMemory::Reserve(bytes.size() + 4096, "copies of weights")));
      std::copy(bytes.begin(), bytes.end(), memory.back().data());
      spec.id = i + 1;
      packed.Adopt(spec.id, {memory.back().data(), bytes.size()});
      copies.push_back(Require(Linear::Create(packed, format, spec)));
    }
    const size_t max_rows = *std::max_element(options_.rows.begin(), options_.rows.end());
    LinearScratch scratch = Require(LinearScratch::Create({pool_->num_threads(), max_rows, in}));
    const std::vector<float> x = Values(max_rows * in);
    std::vector<float> y(max_rows * out + 64);
    const std::string shape = std::to_string(out) + " x " + std::to_string(in);
    for (const size_t rows : options_.rows) {
      size_t next = 0;
      Time(name, shape, rows, 2.0 * static_cast<double>(rows * in * out),
           static_cast<double>(bytes.size() + 4 * rows * (in + out)), [&] {
             Require(copies[next].Run(x.data(), rows, y.data(), scratch, *pool_));
             next = (next + 1) % copies.size();
           });
    }
  }

  void AttentionAndCache() {
    const Member& m = *member_;
    constexpr std::pair<KvType, const char*> kTypes[] = {
        {KvType::kF32, "f32"}, {KvType::kF16, "f16"}, {KvType::kInt8, "int8"}};
    for (const auto& [type, type_name] : kTypes) {
      for (const size_t depth : {size_t{0}, size_t{4096}, size_t{32768}}) {
        Attend(std::string("attention sliding, ") + type_name, type, m.num_sliding_kv_heads,
               kSlidingHeadDim, m.window, depth);
        Attend(std::string("attention full, ") + type_name, type, m.num_full_kv_heads, kFullHeadDim,
               0, depth);
      }
    }
  }

  void Attend(const std::string& name, KvType type, size_t num_kv_heads, size_t head_dim,
              size_t window, size_t depth) {
    if (!Wants(name)) return;
    for (const size_t rows : options_.rows) {
      if (depth == 0 && rows == 1) continue;  // one key
      const size_t end = depth + rows;
      const size_t num_blocks = (end + kKeyBlock - 1) / kKeyBlock;
      const size_t size = KvSlabSizeBytes(type, num_blocks, num_kv_heads, head_dim);
      AnonymousMemory memory = Require(AnonymousMemory::Reserve(size + 64, "keys and values"));
      const KvSlab slab = MakeKvSlab(type, num_blocks, num_kv_heads, head_dim, memory.data());
      const std::vector<float> keys = Values(num_kv_heads * head_dim * 1024);
      for (size_t position = 0; position < end; position += 1024) {
        StoreKeysValues(slab, position, keys.data(), keys.data(),
                        std::min<size_t>(1024, end - position), *pool_);
      }
      AttentionScratch scratch =
          Require(AttentionScratch::Create({.num_threads = pool_->num_threads(),
                                            .max_rows = rows,
                                            .max_heads = member_->num_heads,
                                            .max_head_dim = head_dim,
                                            .max_context_tokens = end}));
      std::vector<AttentionRow> seen;
      double num_keys = 0;
      for (size_t r = 0; r < rows; ++r) {
        seen.push_back({&slab, depth + r});
        const size_t count = depth + r + 1;
        num_keys += static_cast<double>(window > 0 ? std::min(window, count) : count);
      }
      const size_t in_window = window > 0 ? std::min(end, window + rows) : end;
      const std::vector<float> queries = Values(rows * member_->num_heads * head_dim);
      std::vector<float> out(queries.size());
      Time(name, "at " + std::to_string(depth), rows,
           4.0 * num_keys * static_cast<double>(member_->num_heads * head_dim),
           static_cast<double>(size) / static_cast<double>(num_blocks * kKeyBlock) *
               static_cast<double>(in_window),
           [&] {
             Attention(seen, queries.data(), member_->num_heads, window, out.data(), scratch,
                       *pool_);
           });
    }
  }

  void RowByRow() {
    const Member& m = *member_;
    const size_t max_rows = *std::max_element(options_.rows.begin(), options_.rows.end());
    const std::vector<float> weight = Values(std::max(m.hidden, kSlidingHeadDim));
    const std::span<const float> norm(weight.data(), m.hidden);
    const size_t widest = std::max(2 * m.intermediate, m.num_heads * kFullHeadDim);
    const std::vector<float> x = Values(max_rows * widest);
    std::vector<float> y = Values(max_rows * widest);
    RowQuantizer quantizer = Require(
        RowQuantizer::Create(pool_->num_threads(), max_rows, std::max(m.hidden, m.intermediate)));
    const RopeFrequencies frequencies(10000, 1, kSlidingHeadDim, kSlidingHeadDim / 2);
    std::vector<float> cosines(max_rows * kSlidingHeadDim), sines(cosines.size());
    std::vector<size_t> positions(max_rows);
    for (size_t i = 0; i < max_rows; ++i) positions[i] = i;
    const std::vector<float> table_values = Values(1000 * m.hidden);
    const TensorView table = {"t",
                              DataType::kBF16,
                              {2000, m.hidden},
                              std::as_bytes(std::span(table_values.data(), 1000 * m.hidden))};
    std::vector<int32_t> ids(max_rows);
    for (size_t i = 0; i < max_rows; ++i) ids[i] = static_cast<int32_t>(i * 797 % 2000);

    struct Call {
      const char* name;
      size_t width;
      double operations_each, bytes_each;  // of a value
      std::function<void(size_t rows)> run;
    };
    const Call calls[] = {
        {"norm", m.hidden, 4, 8,
         [&](size_t rows) { RmsNorm(x.data(), rows, m.hidden, norm, kEps, y.data(), *pool_); }},
        {"norm of heads", m.num_heads * kSlidingHeadDim, 4, 8,
         [&](size_t rows) {
           RmsNormHeads(x.data(), m.num_heads * kSlidingHeadDim, rows, m.num_heads, kSlidingHeadDim,
                        {weight.data(), kSlidingHeadDim}, kEps, y.data(), *pool_);
         }},
        {"add norm", m.hidden, 6, 12,
         [&](size_t rows) {
           AddRmsNorm(x.data(), rows, m.hidden, norm, kEps, 0.5f, y.data(), *pool_);
         }},
        {"quantize", m.hidden, 4, 5,
         [&](size_t rows) {
           quantizer.Quantize(RowSource(x.data(), m.hidden), rows, m.hidden, *pool_);
         }},
        {"norm, quantize", m.hidden, 8, 5,
         [&](size_t rows) {
           const auto make = [&](size_t row, float* normed) {
             RmsNormRow(x.data() + row * m.hidden, m.hidden, norm, kEps, normed);
           };
           quantizer.Quantize(RowSource(make), rows, m.hidden, *pool_);
         }},
        {"gelu times up, quantize", m.intermediate, 24, 9,
         [&](size_t rows) {
           const auto make = [&](size_t row, float* gated) {
             const float* gate = x.data() + row * 2 * m.intermediate;
             GeluMulRow(gate, gate + m.intermediate, m.intermediate, gated);
           };
           quantizer.Quantize(RowSource(make), rows, m.intermediate, *pool_);
         }},
        {"rope angles", kSlidingHeadDim / 2, 40, 8,
         [&](size_t rows) {
           frequencies.Angles({positions.data(), rows}, cosines.data(), sines.data(), *pool_);
         }},
        {"rope", m.num_heads * kSlidingHeadDim, 3, 8,
         [&](size_t rows) {
           ApplyRope(y.data(), rows, m.num_heads, kSlidingHeadDim, cosines.data(), sines.data(),
                     kSlidingHeadDim / 2, *pool_);
         }},
        {"embedding rows", m.hidden, 1, 6,
         [&](size_t rows) {
           EmbeddingRows(table, {ids.data(), rows}, 0, m.hidden, 39.2f, y.data(), *pool_);
         }},
        {"softcap", kHeadRows, 20, 8,
         [&](size_t rows) {
           Softcap({y.data(), std::min(y.size(), rows * kHeadRows)}, 30.0f, *pool_);
         }},
    };
    for (const Call& call : calls) {
      if (!Wants(call.name)) continue;
      for (const size_t rows : options_.rows) {
        const double values = static_cast<double>(rows * call.width);
        Time(call.name, std::to_string(call.width), rows, values * call.operations_each,
             values * call.bytes_each, [&] { call.run(rows); });
      }
    }
  }

  const Options options_;
  const std::unique_ptr<ThreadPool> pool_;
  const Member* member_ = nullptr;
};

}  // namespace
}  // namespace gemma4

int main(int argc, char** argv) {
  gemma4::Options options;
  CLI::App program("Every hot operator at the family's shapes");
  std::vector<std::string> names;
  for (const gemma4::Member& member : gemma4::kMembers) names.emplace_back(member.name);
  program.add_option("MEMBER", options.members, "Of the family; all of them if none is named")
      ->check(CLI::IsMember(names));
  program.add_option("--rows", options.rows, "Rows of a call")
      ->delimiter(',')
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  program.add_option("--only", options.only, "Operators whose name contains this");
  program.add_option("--threads", options.threads, "0: one for each physical core")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  program.add_option("--seconds", options.seconds, "Of each measurement")
      ->check(CLI::Range(0.01, 60.0))
      ->capture_default_str();
  CLI11_PARSE(program, argc, argv);
  gemma4::Benchmark benchmark(options);
  for (const gemma4::Member& member : gemma4::kMembers) {
    const bool is_named = std::find(options.members.begin(), options.members.end(), member.name) !=
                          options.members.end();
    if (options.members.empty() || is_named) benchmark.Run(member);
  }
  return 0;
}
