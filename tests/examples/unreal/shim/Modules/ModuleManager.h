#pragma once

class FDefaultModuleImpl {};
#define IMPLEMENT_MODULE(type, name) type g_##name##_module;
