// What Godot calls when it loads the library.
#include "binding.h"
#include "character_node.h"
#include "documentation.h"
#include "model_resource.h"

namespace gemma4_godot {
namespace {

void Initialize(void*, GDExtensionInitializationLevel level) {
  if (level == GDEXTENSION_INITIALIZATION_SCENE) {
    Register(ModelResource::Description());
    Register(CharacterNode::Description());
  } else if (level == GDEXTENSION_INITIALIZATION_EDITOR) {
    AddDocumentation(kModelDocumentation);
    AddDocumentation(kCharacterDocumentation);
  }
}

void Deinitialize(void*, GDExtensionInitializationLevel level) {
  if (level != GDEXTENSION_INITIALIZATION_SCENE) return;
  Unregister(CharacterNode::Description());
  Unregister(ModelResource::Description());
}

}  // namespace
}  // namespace gemma4_godot

extern "C" __attribute__((visibility("default"))) GDExtensionBool gemma4_godot_init(
    GDExtensionInterfaceGetProcAddress get, GDExtensionClassLibraryPtr library,
    GDExtensionInitialization* out) {
  if (!gemma4_godot::LoadInterface(get, library)) return 0;
  out->minimum_initialization_level = GDEXTENSION_INITIALIZATION_SCENE;
  out->initialize = gemma4_godot::Initialize;
  out->deinitialize = gemma4_godot::Deinitialize;
  return 1;
}
