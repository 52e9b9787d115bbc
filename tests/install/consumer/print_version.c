/* The least a user can do with the installed library. */
#include <gemma4/gemma4.h>
#include <stdio.h>

int main(void) {
  printf("gemma4 %s\n", gemma4_version());
  return 0;
}
