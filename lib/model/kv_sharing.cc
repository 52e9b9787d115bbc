#include "lib/model/kv_sharing.h"

#include <array>
#include <optional>

namespace gemma4 {

Status AssignKvSources(ModelConfig& config) {
  const size_t num_layers = config.num_layers();
  if (config.num_kv_shared_layers >= num_layers) {
    return Status::Corrupt("num_kv_shared_layers is %zu; it must be below the %zu layers",
                           config.num_kv_shared_layers, num_layers);
  }
  const size_t num_owners = num_layers - config.num_kv_shared_layers;
  std::array<std::optional<size_t>, 2> last_owner;  // indexed by LayerKind
  for (size_t l = 0; l < num_layers; ++l) {
    LayerConfig& layer = config.layers[l];
    std::optional<size_t>& owner = last_owner[static_cast<size_t>(layer.kind)];
    if (l < num_owners) owner = l;
    if (!owner.has_value()) {
      return Status::Corrupt(
          "layer %zu shares K/V (num_kv_shared_layers is %zu of %zu layers), but none of the first "
          "%zu layers is a %s attention layer whose K/V it could read",
          l, config.num_kv_shared_layers, num_layers, num_owners,
          layer.kind == LayerKind::kFull ? "full" : "sliding");
    }
    layer.kv_source = *owner;
  }
  return Status::Ok();
}

}  // namespace gemma4
