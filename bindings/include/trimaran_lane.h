// The fast lane of Trimaran for Swift. The functions are in bindings/src/lane/c.rs, which says what each asks for.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "trimaran.h"

// Opened from a handle that the generated code has cloned for it, and closed once.
typedef struct trimaran_store trimaran_store;
typedef struct trimaran_func trimaran_func;
typedef struct trimaran_memory trimaran_memory;
typedef struct trimaran_shared_memory trimaran_shared_memory;

// Room for one number, at its low end.
typedef struct {
    uint64_t low;
    uint64_t high;
} trimaran_slot;

// Kinds: 0 i32, 1 i64, 2 f32, 3 f64, 4 v128, 5 a reference.
typedef struct {
    trimaran_slot slot;
    uint8_t kind;
} trimaran_value;

const trimaran_store *trimaran_store_open(uint64_t handle);
void trimaran_store_close(const trimaran_store *store);
const trimaran_func *trimaran_func_open(uint64_t handle);
void trimaran_func_close(const trimaran_func *func);
const trimaran_memory *trimaran_memory_open(uint64_t handle);
void trimaran_memory_close(const trimaran_memory *memory);
const trimaran_shared_memory *trimaran_shared_memory_open(uint64_t handle);
void trimaran_shared_memory_close(const trimaran_shared_memory *memory);

// Each gives 0, or 1 and an error, which the generated code reads and frees.

int32_t trimaran_func_call(const trimaran_func *func, const trimaran_store *store, trimaran_slot *slots, size_t count,
                           RustBuffer *error);
// values: room for 16. Gives 2, and has done nothing, where they are not simply what the function takes.
int32_t trimaran_func_call_values(const trimaran_func *func, const trimaran_store *store, trimaran_value *values,
                                  size_t *count, RustBuffer *error);
int32_t trimaran_func_call_rows(const trimaran_func *func, const trimaran_store *store, trimaran_slot *slots, size_t rows,
                                size_t width, size_t *failed, RustBuffer *error);

int32_t trimaran_memory_read(const trimaran_memory *memory, const trimaran_store *store, int64_t start, uint8_t *buffer,
                             size_t length, RustBuffer *error);
int32_t trimaran_memory_write(const trimaran_memory *memory, const trimaran_store *store, const uint8_t *data,
                              size_t length, int64_t start, RustBuffer *error);
int32_t trimaran_memory_size(const trimaran_memory *memory, const trimaran_store *store, uint64_t *size,
                             RustBuffer *error);
int32_t trimaran_memory_data_len(const trimaran_memory *memory, const trimaran_store *store, uint64_t *size,
                                 RustBuffer *error);

int32_t trimaran_shared_memory_read(const trimaran_shared_memory *memory, int64_t start, uint8_t *buffer, size_t length,
                                    RustBuffer *error);
int32_t trimaran_shared_memory_write(const trimaran_shared_memory *memory, const uint8_t *data, size_t length,
                                     int64_t start, RustBuffer *error);
