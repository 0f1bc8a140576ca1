#pragma once
#include <stddef.h>
#include <stdint.h>

/// libFuzzer's main loop: compiler-rt's `clang_rt.fuzzer_no_main`, which `scripts/fuzz` links.
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*callback)(const uint8_t *data, size_t size));
