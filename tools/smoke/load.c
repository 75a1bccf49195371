// Loads a library as a JVM does, and looks a function up: load LIBRARY FUNCTION.

#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv) {
    void *library = argc == 3 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
    if (library == NULL || dlsym(library, argv[2]) == NULL) {
        fprintf(stderr, "%s\n", argc == 3 ? dlerror() : "load LIBRARY FUNCTION");
        return 1;
    }
    return 0;
}
