// As much of Godot's GDExtension interface as two classes need: texts, variants, and a way to
// register a class. godot-cpp is the whole of it; this is small enough to be read.
//
// All of it is in Godot 4.2, and later versions keep it beside what replaced some of it, so that
// one library, built with the header of any of them, serves them all.
#ifndef GEMMA4_GODOT_BINDING_H_
#define GEMMA4_GODOT_BINDING_H_

#include <gdextension_interface.h>

#include <cstdint>
#include <string>
#include <vector>

namespace gemma4_godot {

// Finds the engine's functions. Call it first. False when the engine lacks one of them.
bool LoadInterface(GDExtensionInterfaceGetProcAddress get, GDExtensionClassLibraryPtr library);

class StringName {
 public:
  explicit StringName(const char* latin1);
  ~StringName();
  StringName(const StringName&) = delete;
  StringName& operator=(const StringName&) = delete;
  void* get() { return &data_; }

 private:
  void* data_ = nullptr;
};

class String {
 public:
  explicit String(const std::string& utf8);
  String();
  ~String();
  String(const String&) = delete;
  String& operator=(const String&) = delete;
  void* get() { return &data_; }
  std::string utf8() const;

 private:
  void* data_ = nullptr;
};

// Any value of the engine's; owns it.
class Variant {
 public:
  Variant();
  Variant(const Variant& other);
  Variant& operator=(const Variant& other);
  ~Variant();

  static Variant Int(int64_t value);
  static Variant Float(double value);
  static Variant Bool(bool value);
  static Variant Text(const std::string& utf8);
  static Variant Object(GDExtensionObjectPtr object);
  static Variant Copy(GDExtensionConstVariantPtr other);
  // From and to memory of the type's own, as typed scripts pass it.
  static Variant FromTyped(GDExtensionVariantType type, GDExtensionConstTypePtr value);
  void ToTyped(GDExtensionVariantType type, GDExtensionTypePtr out) const;

  int64_t to_int() const;
  double to_float() const;
  std::string to_text() const;
  GDExtensionObjectPtr to_object() const;  // NULL if it is none

  // Calls a method of the value; Nil when there is none.
  Variant Call(const char* method, const std::vector<Variant>& arguments = {}) const;

  void* get() { return data_; }
  const void* get() const { return data_; }

 private:
  alignas(8) unsigned char data_[40];  // 24, or 40 where the engine was built with doubles
};

// The engine's object of that name: "ProjectSettings".
Variant Singleton(const char* name);

uint64_t InstanceId(GDExtensionObjectPtr object);
bool IsAlive(uint64_t instance_id);

GDExtensionObjectPtr NewObject(const char* engine_class);
// Makes `object` an instance of our class `name`, whose methods are called with `self`.
void Bind(GDExtensionObjectPtr object, const char* name, void* self);
// What Bind() was given; NULL if the object is none of ours.
void* Bound(GDExtensionObjectPtr object);

void EmitSignal(GDExtensionObjectPtr object, const char* name,
                const std::vector<Variant>& arguments);
void PrintError(const std::string& text);
void AddDocumentation(const char* xml);

// ---- Registration -------------------------------------------------------------------------------

// A parameter, a result or a property.
struct Value {
  GDExtensionVariantType type = GDEXTENSION_VARIANT_TYPE_NIL;
  const char* name = "";
  const char* class_name = "";
  uint32_t hint = 0;  // PropertyHint
  const char* hint_text = "";
};

struct Method {
  const char* name;
  Value result;  // NIL: none
  std::vector<Value> parameters;
  Variant (*call)(void* self, const std::vector<Variant>& arguments);
};

// Its methods become set_<name> and get_<name>; called as those of a Method.
struct Property {
  Value value;
  Variant (*get)(void* self, const std::vector<Variant>& no_arguments);
  Variant (*set)(void* self, const std::vector<Variant>& one_argument);
};

struct Signal {
  const char* name;
  std::vector<Value> parameters;
};

struct Class {
  const char* name;
  const char* parent;
  GDExtensionClassCreateInstance create;
  GDExtensionClassFreeInstance free;
  GDExtensionClassNotification2 notify;  // may be NULL
  std::vector<Property> properties;
  std::vector<Method> methods;
  std::vector<Signal> signals;
};

// `description` must outlive the registration.
void Register(const Class& description);
void Unregister(const Class& description);

}  // namespace gemma4_godot

#endif  // GEMMA4_GODOT_BINDING_H_
