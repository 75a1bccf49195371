// A guest with lines of its source, for tests of what debuggers show. `divide.wasm` beside it was made of this by clang 18:
//
//     clang --target=wasm32 -O1 -g -c -ffile-prefix-map=$PWD=/guest -fdebug-compilation-dir=/guest divide.c -o divide.o
//     wasm-ld --no-entry --allow-undefined -z stack-size=4096 divide.o -o divide.wasm

static inline __attribute__((always_inline)) int divide(int number, int by) {
  return number / by;
}

static __attribute__((noinline)) int mean(const int *numbers, int count) {
  int sum = 0;
  for (int index = 0; index < count; index++) {
    sum += numbers[index];
  }
  return divide(sum, count);
}

__attribute__((export_name("mean_of_first"))) int mean_of_first(int count) {
  static const int numbers[] = {1, 2, 3, 4};
  return mean(numbers, count) + 1;
}

__attribute__((export_name("load"))) int load(const int *address) {
  return *address;
}

extern int ask(int question);

__attribute__((export_name("call_host"))) int call_host(int question) {
  return ask(question) + 1;
}
