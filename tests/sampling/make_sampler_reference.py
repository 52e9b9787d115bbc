#!/usr/bin/env python3
"""Writes sampler_reference.h: what the sampler must draw, worked out apart from its code.

Every step is written here from its definition in float64, over dictionaries of token id to logit;
the random numbers are pcg32 in Python integers. Run it from anywhere; it needs nothing.
"""
import math
import pathlib
import random

VOCAB_SIZE = 24
NUM_CASES = 60
NUM_DRAWS = 12
MASK64 = 2**64 - 1


def splitmix64(state):
    z = (state + 0x9E3779B97F4A7C15) & MASK64
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK64
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK64
    return z ^ (z >> 31)


class Pcg32:
    def __init__(self, seed):
        self.increment = 54 << 1 | 1
        self.state = self.increment
        self.state = (self.state + splitmix64(seed)) & MASK64
        self.next()

    def next(self):
        old = self.state
        self.state = (old * 6364136223846793005 + self.increment) & MASK64
        shifted = ((old >> 18 ^ old) >> 27) & 0xFFFFFFFF
        turn = old >> 59
        return (shifted >> turn | shifted << (32 - turn & 31)) & 0xFFFFFFFF

    def unit(self):
        high, low = self.next() >> 5, self.next() >> 6
        return (high << 26 | low) / 2**53


def preferred(logits):
    return sorted(logits, key=lambda id: (-logits[id], id))


def sample(case, history, generator):
    logits = dict(enumerate(case["logits"]))
    # 1. Logit bias.
    for id, bias in case["logit_bias"]:
        logits[id] += bias
    # 2. to 4. Penalties.
    first = max(0, len(history) - case["window"]) if case["window"] else 0
    for id in set(history[first:]):
        if logits[id] > 0:
            logits[id] /= case["repetition"]
        else:
            logits[id] *= case["repetition"]
    made = history[max(first, case["num_prompt"]):]
    for id in set(made):
        logits[id] -= made.count(id) * case["frequency"]
        logits[id] -= case["presence"]
    # 5. What may not be chosen.
    out = set(case["suppressed"]) | set(case["banned"])
    for id in range(VOCAB_SIZE):
        if id in out or not case["mask"] >> id & 1 or logits[id] == -math.inf:
            del logits[id]
    # 6. Greedy.
    if case["temperature"] == 0:
        return preferred(logits)[0]
    # 7. Temperature.
    logits = {id: logit / case["temperature"] for id, logit in logits.items()}
    # 8. Top-k.
    order = list(logits)
    if 0 < case["top_k"] < VOCAB_SIZE:
        order = preferred(logits)[:case["top_k"]]
    # 9. Top-p, of the probabilities among those.
    largest = max(logits.values())
    weights = {id: math.exp(logits[id] - largest) for id in order}
    if case["top_p"] < 1:
        order = [id for id in preferred(logits) if id in weights]
        total, reached, kept = math.fsum(weights.values()), 0.0, []
        for id in order:
            kept.append(id)
            reached += weights[id] / total
            if reached >= case["top_p"]:
                break
        order = kept
    # 10. Min-p.
    likeliest = max(weights[id] for id in order)
    order = [id for id in order if weights[id] >= case["min_p"] * likeliest]
    # 11. The draw, in this order.
    point = generator.unit() * math.fsum(weights[id] for id in order)
    for id in order:
        point -= weights[id]
        if point < 0:
            return id
    return order[-1]


def make_case(chance):
    """All numbers are exact in float32. Half of the options are off in each case."""
    eighth = lambda low, high: chance.randint(low * 8, high * 8) / 8
    maybe = lambda make, off: make() if chance.random() < 0.5 else off
    ids = lambda count: chance.sample(range(VOCAB_SIZE), count)
    return {
        "logits": [eighth(-4, 4) for _ in range(VOCAB_SIZE)],
        "seed": chance.randrange(2**64),
        "temperature": chance.choice([0.0, 0.5, 0.75, 1.0, 1.0, 1.5, 2.0]),
        "top_k": maybe(lambda: chance.randint(1, VOCAB_SIZE + 2), 0),
        "top_p": maybe(lambda: chance.randint(1, 15) / 16, 1.0),
        "min_p": maybe(lambda: chance.randint(1, 12) / 64, 0.0),
        "repetition": maybe(lambda: chance.choice([0.5, 1.25, 1.5, 2.0]), 1.0),
        "frequency": maybe(lambda: eighth(-1, 2), 0.0),
        "presence": maybe(lambda: eighth(-1, 2), 0.0),
        "window": maybe(lambda: chance.randint(1, 12), 0),
        "logit_bias": maybe(lambda: [(id, chance.choice([eighth(-5, 5), eighth(-5, 5), -math.inf]))
                                     for id in ids(4)], []),
        "suppressed": maybe(lambda: ids(2), []),
        "banned": maybe(lambda: ids(3), []),
        "mask": maybe(lambda: chance.getrandbits(VOCAB_SIZE) | 2**23 | 2**12 | 2**3, 2**24 - 1),
        "prompt": [chance.randrange(VOCAB_SIZE) for _ in range(chance.randint(0, 6))],
    }


def number(value):
    if value == -math.inf:
        return "-kInfinity"
    return repr(float(value)) + "f"


def numbers(values, form=str):
    return "{" + ", ".join(form(value) for value in values) + "}"


def entry(case, draws):
    biases = ["{%d, %s}" % (id, number(bias)) for id, bias in case["logit_bias"]]
    return f"""    {{
        .logits = {numbers(case["logits"], number)},
        .seed = {case["seed"]}u,
        .temperature = {number(case["temperature"])},
        .top_k = {case["top_k"]},
        .top_p = {number(case["top_p"])},
        .min_p = {number(case["min_p"])},
        .penalties = {{{number(case["repetition"])}, {number(case["frequency"])}, {
            number(case["presence"])}, {case["window"]}}},
        .logit_bias = {numbers(biases)},
        .suppressed = {numbers(case["suppressed"])},
        .banned = {numbers(case["banned"])},
        .mask = {case["mask"]:#x},
        .prompt = {numbers(case["prompt"])},
        .draws = {numbers(draws)},
    }},
"""


def main():
    chance = random.Random(4)
    text = """// What the sampler must draw. Made by make_sampler_reference.py; do not edit.
#ifndef GEMMA4_TESTS_SAMPLING_SAMPLER_REFERENCE_H_
#define GEMMA4_TESTS_SAMPLING_SAMPLER_REFERENCE_H_

#include <cstdint>
#include <limits>
#include <vector>

#include "lib/sampling/sampler.h"

namespace gemma4 {

struct SamplerReference {
  std::vector<float> logits;
  uint64_t seed;
  float temperature;
  size_t top_k;
  float top_p;
  float min_p;
  PenaltyOptions penalties;
  std::vector<TokenBias> logit_bias;
  std::vector<int32_t> suppressed;
  std::vector<int32_t> banned;
  uint64_t mask;
  std::vector<int32_t> prompt;
  std::vector<int32_t> draws;  // each is appended to the sequence
};

// clang-format off
inline std::vector<SamplerReference> SamplerReferences() {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  return {
"""
    num_cases = 0
    while num_cases < NUM_CASES:
        case = make_case(chance)
        banned = case["suppressed"] + case["banned"] + [
            id for id, bias in case["logit_bias"] if bias == -math.inf]
        if not any(case["mask"] >> id & 1 and id not in banned for id in range(VOCAB_SIZE)):
            continue
        case["num_prompt"] = len(case["prompt"])
        generator, history = Pcg32(case["seed"]), list(case["prompt"])
        for _ in range(NUM_DRAWS):
            history.append(sample(case, history, generator))
        text += entry(case, history[case["num_prompt"]:])
        num_cases += 1
    text += """  };
}
// clang-format on

}  // namespace gemma4

#endif  // GEMMA4_TESTS_SAMPLING_SAMPLER_REFERENCE_H_
"""
    pathlib.Path(__file__).with_name("sampler_reference.h").write_text(text)


if __name__ == "__main__":
    main()
