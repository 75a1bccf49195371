// The fast lane of Trimaran for Swift. The functions are in bindings/src/lane/c.rs, which says what each asks for.
#pragma once

#include <stddef.h>
#include <stdint.h>

// Opened from a handle that the generated code has cloned for it, and closed once.
typedef struct trimaran_store trimaran_store;
typedef struct trimaran_func trimaran_func;
typedef struct trimaran_memory trimaran_memory;

// Room for one number, at its low end.
typedef struct {
    uint64_t low;
    uint64_t high;
} trimaran_slot;

// A serialised error; only there where a call gave 1.
typedef struct {
    uint8_t *data;
    size_t length;
} trimaran_error;

void trimaran_error_free(trimaran_error error);

const trimaran_store *trimaran_store_open(uint64_t handle);
void trimaran_store_close(const trimaran_store *store);
const trimaran_func *trimaran_func_open(uint64_t handle);
void trimaran_func_close(const trimaran_func *func);
const trimaran_memory *trimaran_memory_open(uint64_t handle);
void trimaran_memory_close(const trimaran_memory *memory);

// Kinds: 0 i32, 1 i64, 2 f32, 3 f64, 4 v128, 5 a reference. counts: how many parameters, how many results.
int32_t trimaran_func_signature(const trimaran_func *func, const trimaran_store *store, uint8_t *kinds, size_t capacity,
                                size_t *counts, trimaran_error *error);
int32_t trimaran_func_call(const trimaran_func *func, const trimaran_store *store, trimaran_slot *slots, size_t count,
                           trimaran_error *error);
int32_t trimaran_func_call_rows(const trimaran_func *func, const trimaran_store *store, trimaran_slot *slots, size_t rows,
                                size_t width, size_t *failed, trimaran_error *error);

int32_t trimaran_memory_read(const trimaran_memory *memory, const trimaran_store *store, int64_t start, uint8_t *buffer,
                             size_t length, trimaran_error *error);
int32_t trimaran_memory_write(const trimaran_memory *memory, const trimaran_store *store, const uint8_t *data,
                              size_t length, int64_t start, trimaran_error *error);
int32_t trimaran_memory_size(const trimaran_memory *memory, const trimaran_store *store, uint64_t *size,
                             trimaran_error *error);
int32_t trimaran_memory_data_len(const trimaran_memory *memory, const trimaran_store *store, uint64_t *size,
                                 trimaran_error *error);
