// A C++ program that sees only the installed headers: what is not there cannot be loaded.
#include <gemma4/gemma4.h>

#include <iostream>
#include <string>

int main() {
  gemma4_load_params params = GEMMA4_LOAD_PARAMS_INIT;
  gemma4_model* model = nullptr;
  const gemma4_status status = gemma4_model_load("no such folder", &params, &model);
  std::cout << gemma4_status_name(status) << ": " << gemma4_last_error_message() << "\n";
  gemma4_model_free(model);
  const bool told =
      std::string(gemma4_last_error_message()).find("no such folder") != std::string::npos;
  return status == GEMMA4_ERROR_NOT_FOUND && model == nullptr && told ? 0 : 1;
}
