#include "binding.h"

#include <deque>
#include <memory>

namespace gemma4_godot {
namespace {

// The engine's functions, by the names that it gives them.
struct Interface {
  GDExtensionClassLibraryPtr library;
  GDExtensionInterfaceVariantNewCopy variant_new_copy;
  GDExtensionInterfaceVariantNewNil variant_new_nil;
  GDExtensionInterfaceVariantDestroy variant_destroy;
  GDExtensionInterfaceVariantCall variant_call;
  GDExtensionInterfaceVariantGetType variant_get_type;
  GDExtensionInterfaceGetVariantFromTypeConstructor get_variant_from_type_constructor;
  GDExtensionInterfaceGetVariantToTypeConstructor get_variant_to_type_constructor;
  GDExtensionInterfaceVariantGetPtrDestructor variant_get_ptr_destructor;
  GDExtensionInterfaceStringNewWithUtf8CharsAndLen string_new_with_utf8_chars_and_len;
  GDExtensionInterfaceStringToUtf8Chars string_to_utf8_chars;
  GDExtensionInterfaceStringNameNewWithLatin1Chars string_name_new_with_latin1_chars;
  GDExtensionInterfaceGlobalGetSingleton global_get_singleton;
  GDExtensionInterfaceObjectGetInstanceId object_get_instance_id;
  GDExtensionInterfaceObjectGetInstanceFromId object_get_instance_from_id;
  GDExtensionInterfaceObjectSetInstance object_set_instance;
  GDExtensionInterfaceObjectSetInstanceBinding object_set_instance_binding;
  GDExtensionInterfaceObjectGetInstanceBinding object_get_instance_binding;
  GDExtensionInterfaceRefSetObject ref_set_object;
  GDExtensionInterfaceClassdbConstructObject classdb_construct_object;
  GDExtensionInterfaceClassdbRegisterExtensionClass2 classdb_register_extension_class2;
  GDExtensionInterfaceClassdbRegisterExtensionClassMethod classdb_register_extension_class_method;
  GDExtensionInterfaceClassdbRegisterExtensionClassProperty
      classdb_register_extension_class_property;
  GDExtensionInterfaceClassdbRegisterExtensionClassSignal classdb_register_extension_class_signal;
  GDExtensionInterfaceClassdbUnregisterExtensionClass classdb_unregister_extension_class;
  GDExtensionInterfacePrintErrorWithMessage print_error_with_message;
  GDExtensionInterfaceGetGodotVersion get_godot_version;
  // Since Godot 4.3, and only in the editor. The header of 4.2 has no name for its type.
  void (*editor_help_load_xml_from_utf8_chars)(const char* xml);
};

Interface engine;

const GDExtensionInstanceBindingCallbacks kNoCallbacks = {nullptr, nullptr, nullptr};

// The engine keeps the address of each.
std::deque<Method> registered_methods;
// Names of the accessors of properties, which a Method points at.
std::deque<std::string> accessor_names;

// GDExtensionPropertyInfo of a Value, with what it points at.
class Info {
 public:
  explicit Info(const Value& value)
      : name_(value.name), class_name_(value.class_name), hint_text_(value.hint_text) {
    constexpr uint32_t kUsageDefault = 2 | 4;  // stored, shown in the editor
    info_ = {value.type, name_.get(),      class_name_.get(),
             value.hint, hint_text_.get(), kUsageDefault};
  }
  GDExtensionPropertyInfo* get() { return &info_; }

 private:
  StringName name_, class_name_;
  String hint_text_;
  GDExtensionPropertyInfo info_;
};

class Infos {
 public:
  explicit Infos(const std::vector<Value>& values) {
    for (const Value& value : values) {
      owned_.push_back(std::make_unique<Info>(value));
      infos_.push_back(*owned_.back()->get());
    }
  }
  GDExtensionPropertyInfo* get() { return infos_.data(); }

 private:
  std::vector<std::unique_ptr<Info>> owned_;
  std::vector<GDExtensionPropertyInfo> infos_;
};

// A call from a script that knows no types.
void CallMethod(void* userdata, GDExtensionClassInstancePtr self,
                const GDExtensionConstVariantPtr* arguments, GDExtensionInt num_arguments,
                GDExtensionVariantPtr out, GDExtensionCallError* error) {
  const Method& method = *static_cast<Method*>(userdata);
  const auto num_parameters = static_cast<GDExtensionInt>(method.parameters.size());
  if (num_arguments != num_parameters) {
    error->error = num_arguments < num_parameters ? GDEXTENSION_CALL_ERROR_TOO_FEW_ARGUMENTS
                                                  : GDEXTENSION_CALL_ERROR_TOO_MANY_ARGUMENTS;
    error->expected = static_cast<int32_t>(num_parameters);
    return;
  }
  std::vector<Variant> values;
  for (GDExtensionInt i = 0; i < num_arguments; ++i) values.push_back(Variant::Copy(arguments[i]));
  const Variant result = method.call(self, values);
  engine.variant_destroy(out);
  engine.variant_new_copy(out, result.get());
}

// A call from a script that knows the types of everything: arguments lie in memory as their type.
void CallTypedMethod(void* userdata, GDExtensionClassInstancePtr self,
                     const GDExtensionConstTypePtr* arguments, GDExtensionTypePtr out) {
  const Method& method = *static_cast<Method*>(userdata);
  std::vector<Variant> values;
  for (size_t i = 0; i < method.parameters.size(); ++i) {
    values.push_back(Variant::FromTyped(method.parameters[i].type, arguments[i]));
  }
  const Variant result = method.call(self, values);
  if (method.result.type != GDEXTENSION_VARIANT_TYPE_NIL) result.ToTyped(method.result.type, out);
}

void RegisterMethod(StringName& class_name, Method method) {
  registered_methods.push_back(std::move(method));
  const Method& kept = registered_methods.back();
  StringName name(kept.name);
  Info result(kept.result);
  Infos parameters(kept.parameters);
  std::vector<GDExtensionClassMethodArgumentMetadata> metadata(
      kept.parameters.size(), GDEXTENSION_METHOD_ARGUMENT_METADATA_NONE);
  GDExtensionClassMethodInfo info = {};
  info.name = name.get();
  info.method_userdata = &registered_methods.back();
  info.call_func = CallMethod;
  info.ptrcall_func = CallTypedMethod;
  info.method_flags = GDEXTENSION_METHOD_FLAGS_DEFAULT;
  info.has_return_value = kept.result.type != GDEXTENSION_VARIANT_TYPE_NIL;
  info.return_value_info = result.get();
  info.argument_count = static_cast<uint32_t>(kept.parameters.size());
  info.arguments_info = parameters.get();
  info.arguments_metadata = metadata.data();
  engine.classdb_register_extension_class_method(engine.library, class_name.get(), &info);
}

}  // namespace

bool LoadInterface(GDExtensionInterfaceGetProcAddress get, GDExtensionClassLibraryPtr library) {
  engine.library = library;
  bool all_found = true;
  const auto load = [&](auto& function, const char* name) {
    function =
        reinterpret_cast<std::decay_t<decltype(function)>>(reinterpret_cast<void*>(get(name)));
    all_found = all_found && function != nullptr;
  };
#define GEMMA4_GODOT_LOAD(name) load(engine.name, #name)
  GEMMA4_GODOT_LOAD(variant_new_copy);
  GEMMA4_GODOT_LOAD(variant_new_nil);
  GEMMA4_GODOT_LOAD(variant_destroy);
  GEMMA4_GODOT_LOAD(variant_call);
  GEMMA4_GODOT_LOAD(variant_get_type);
  GEMMA4_GODOT_LOAD(get_variant_from_type_constructor);
  GEMMA4_GODOT_LOAD(get_variant_to_type_constructor);
  GEMMA4_GODOT_LOAD(variant_get_ptr_destructor);
  GEMMA4_GODOT_LOAD(string_new_with_utf8_chars_and_len);
  GEMMA4_GODOT_LOAD(string_to_utf8_chars);
  GEMMA4_GODOT_LOAD(string_name_new_with_latin1_chars);
  GEMMA4_GODOT_LOAD(global_get_singleton);
  GEMMA4_GODOT_LOAD(object_get_instance_id);
  GEMMA4_GODOT_LOAD(object_get_instance_from_id);
  GEMMA4_GODOT_LOAD(object_set_instance);
  GEMMA4_GODOT_LOAD(object_set_instance_binding);
  GEMMA4_GODOT_LOAD(object_get_instance_binding);
  GEMMA4_GODOT_LOAD(ref_set_object);
  GEMMA4_GODOT_LOAD(classdb_construct_object);
  GEMMA4_GODOT_LOAD(classdb_register_extension_class2);
  GEMMA4_GODOT_LOAD(classdb_register_extension_class_method);
  GEMMA4_GODOT_LOAD(classdb_register_extension_class_property);
  GEMMA4_GODOT_LOAD(classdb_register_extension_class_signal);
  GEMMA4_GODOT_LOAD(classdb_unregister_extension_class);
  GEMMA4_GODOT_LOAD(print_error_with_message);
  GEMMA4_GODOT_LOAD(get_godot_version);
  if (!all_found) return false;
  // Godot prints an error for whoever asks for a function that it lacks.
  GDExtensionGodotVersion version = {};
  engine.get_godot_version(&version);
  if (version.major > 4 || version.minor >= 3) {
    GEMMA4_GODOT_LOAD(editor_help_load_xml_from_utf8_chars);
  }
#undef GEMMA4_GODOT_LOAD
  return all_found;
}

// ---- Values -------------------------------------------------------------------------------------

StringName::StringName(const char* latin1) {
  engine.string_name_new_with_latin1_chars(&data_, latin1, false);
}

StringName::~StringName() {
  engine.variant_get_ptr_destructor(GDEXTENSION_VARIANT_TYPE_STRING_NAME)(&data_);
}

String::String() : String(std::string()) {}

String::String(const std::string& utf8) {
  engine.string_new_with_utf8_chars_and_len(&data_, utf8.data(),
                                            static_cast<GDExtensionInt>(utf8.size()));
}

String::~String() { engine.variant_get_ptr_destructor(GDEXTENSION_VARIANT_TYPE_STRING)(&data_); }

std::string String::utf8() const {
  const GDExtensionInt size = engine.string_to_utf8_chars(&data_, nullptr, 0);
  std::string text(static_cast<size_t>(size), '\0');
  engine.string_to_utf8_chars(&data_, text.data(), size);
  return text;
}

Variant::Variant() { engine.variant_new_nil(data_); }
Variant::Variant(const Variant& other) { engine.variant_new_copy(data_, other.data_); }
Variant::~Variant() { engine.variant_destroy(data_); }

Variant& Variant::operator=(const Variant& other) {
  if (this == &other) return *this;
  engine.variant_destroy(data_);
  engine.variant_new_copy(data_, other.data_);
  return *this;
}

Variant Variant::FromTyped(GDExtensionVariantType type, GDExtensionConstTypePtr value) {
  Variant result;
  engine.get_variant_from_type_constructor(type)(result.data_, const_cast<void*>(value));
  return result;
}

void Variant::ToTyped(GDExtensionVariantType type, GDExtensionTypePtr out) const {
  if (type == GDEXTENSION_VARIANT_TYPE_OBJECT) {  // all that we return are references
    engine.ref_set_object(out, to_object());
  } else if (type == GDEXTENSION_VARIANT_TYPE_STRING) {  // `out` holds a text already
    engine.variant_get_ptr_destructor(type)(out);
    engine.get_variant_to_type_constructor(type)(out, const_cast<unsigned char*>(data_));
  } else {
    engine.get_variant_to_type_constructor(type)(out, const_cast<unsigned char*>(data_));
  }
}

Variant Variant::Copy(GDExtensionConstVariantPtr other) {
  Variant result;
  engine.variant_new_copy(result.data_, other);
  return result;
}

Variant Variant::Int(int64_t value) { return FromTyped(GDEXTENSION_VARIANT_TYPE_INT, &value); }
Variant Variant::Float(double value) { return FromTyped(GDEXTENSION_VARIANT_TYPE_FLOAT, &value); }

Variant Variant::Bool(bool value) {
  const GDExtensionBool flag = value;
  return FromTyped(GDEXTENSION_VARIANT_TYPE_BOOL, &flag);
}

Variant Variant::Text(const std::string& utf8) {
  String text(utf8);
  return FromTyped(GDEXTENSION_VARIANT_TYPE_STRING, text.get());
}

Variant Variant::Object(GDExtensionObjectPtr object) {
  return object == nullptr ? Variant() : FromTyped(GDEXTENSION_VARIANT_TYPE_OBJECT, &object);
}

int64_t Variant::to_int() const {
  int64_t value = 0;
  ToTyped(GDEXTENSION_VARIANT_TYPE_INT, &value);
  return value;
}

double Variant::to_float() const {
  double value = 0;
  ToTyped(GDEXTENSION_VARIANT_TYPE_FLOAT, &value);
  return value;
}

std::string Variant::to_text() const {
  String value;
  ToTyped(GDEXTENSION_VARIANT_TYPE_STRING, value.get());
  return value.utf8();
}

GDExtensionObjectPtr Variant::to_object() const {
  if (engine.variant_get_type(data_) != GDEXTENSION_VARIANT_TYPE_OBJECT) return nullptr;
  GDExtensionObjectPtr object = nullptr;
  engine.get_variant_to_type_constructor(GDEXTENSION_VARIANT_TYPE_OBJECT)(
      &object, const_cast<unsigned char*>(data_));
  return object;
}

Variant Variant::Call(const char* method, const std::vector<Variant>& arguments) const {
  StringName name(method);
  std::vector<GDExtensionConstVariantPtr> pointers;
  for (const Variant& argument : arguments) pointers.push_back(argument.get());
  Variant result, self(*this);
  engine.variant_destroy(result.get());
  GDExtensionCallError error = {};
  engine.variant_call(self.get(), name.get(), pointers.data(),
                      static_cast<GDExtensionInt>(pointers.size()), result.get(), &error);
  if (error.error != GDEXTENSION_CALL_OK) PrintError(std::string("cannot call ") + method);
  return result;
}

Variant Singleton(const char* name) {
  StringName text(name);
  return Variant::Object(engine.global_get_singleton(text.get()));
}

// ---- Objects ------------------------------------------------------------------------------------

uint64_t InstanceId(GDExtensionObjectPtr object) { return engine.object_get_instance_id(object); }

bool IsAlive(uint64_t instance_id) {
  return engine.object_get_instance_from_id(instance_id) != nullptr;
}

GDExtensionObjectPtr NewObject(const char* engine_class) {
  StringName name(engine_class);
  return engine.classdb_construct_object(name.get());
}

void Bind(GDExtensionObjectPtr object, const char* name, void* self) {
  StringName class_name(name);
  engine.object_set_instance(object, class_name.get(), self);
  engine.object_set_instance_binding(object, engine.library, self, &kNoCallbacks);
}

void* Bound(GDExtensionObjectPtr object) {
  if (object == nullptr) return nullptr;
  return engine.object_get_instance_binding(object, engine.library, nullptr);
}

void EmitSignal(GDExtensionObjectPtr object, const char* name,
                const std::vector<Variant>& arguments) {
  std::vector<Variant> all = {Variant::Text(name)};
  all.insert(all.end(), arguments.begin(), arguments.end());
  Variant::Object(object).Call("emit_signal", all);
}

void PrintError(const std::string& text) {
  engine.print_error_with_message("gemma4", text.c_str(), "gemma4", __FILE__, __LINE__, false);
}

void AddDocumentation(const char* xml) {
  if (engine.editor_help_load_xml_from_utf8_chars != nullptr) {
    engine.editor_help_load_xml_from_utf8_chars(xml);
  }
}

// ---- Registration -------------------------------------------------------------------------------

void Register(const Class& description) {
  StringName name(description.name), parent(description.parent);
  GDExtensionClassCreationInfo2 info = {};
  info.is_exposed = true;
  info.create_instance_func = description.create;
  info.free_instance_func = description.free;
  info.notification_func = description.notify;
  engine.classdb_register_extension_class2(engine.library, name.get(), parent.get(), &info);

  for (const Method& method : description.methods) RegisterMethod(name, method);
  for (const Property& property : description.properties) {
    const char* set =
        accessor_names.emplace_back(std::string("set_") + property.value.name).c_str();
    const char* get =
        accessor_names.emplace_back(std::string("get_") + property.value.name).c_str();
    Value result = property.value;
    result.name = "";
    RegisterMethod(name, {get, result, {}, property.get});
    RegisterMethod(name, {set, {}, {property.value}, property.set});
    Info value(property.value);
    StringName setter(set), getter(get);
    engine.classdb_register_extension_class_property(engine.library, name.get(), value.get(),
                                                     setter.get(), getter.get());
  }
  for (const Signal& signal : description.signals) {
    StringName signal_name(signal.name);
    Infos parameters(signal.parameters);
    engine.classdb_register_extension_class_signal(
        engine.library, name.get(), signal_name.get(), parameters.get(),
        static_cast<GDExtensionInt>(signal.parameters.size()));
  }
}

void Unregister(const Class& description) {
  StringName name(description.name);
  engine.classdb_unregister_extension_class(engine.library, name.get());
}

}  // namespace gemma4_godot
