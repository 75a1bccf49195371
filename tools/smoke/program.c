// The command line, from the static library that Swift links: a program for systems that have no other language's package.
// It runs on a second thread, which has the stack that the C library gives: 128 KB with musl.

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "trimaran.h"

static uint8_t words[1 << 16];
static size_t length;

static void put(const void *bytes, size_t count) {
    memcpy(words + length, bytes, count);
    length += count;
}

// A number in front of what is counted, the highest byte first.
static void count(size_t number) {
    uint8_t bytes[] = {number >> 24, number >> 16, number >> 8, number};
    put(bytes, sizeof bytes);
}

static int32_t status = 1;

static void *run(void *nothing) {
    trimaran_bytes error = {0};
    if (trimaran_command_line((const uint8_t *)"trimaran", 8, words, length, (const uint8_t *)"", 1, &status, &error) != 0)
        fprintf(stderr, "the command line failed\n");
    return nothing;
}

int main(int argc, char **argv) {
    count(argc - 1);
    for (int index = 1; index < argc; index++) {
        count(strlen(argv[index]));
        put(argv[index], strlen(argv[index]));
    }
    pthread_t thread;
    if (pthread_create(&thread, NULL, run, NULL) != 0 || pthread_join(thread, NULL) != 0) {
        fprintf(stderr, "there is no second thread\n");
        return 1;
    }
    return status;
}
