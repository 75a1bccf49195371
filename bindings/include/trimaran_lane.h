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
typedef struct trimaran_global trimaran_global;
typedef struct trimaran_table trimaran_table;
typedef struct trimaran_view trimaran_view;

// Room for one value, at its low end. A reference is a handle of a `Func` (kind 5) or a `Reference` (6 to 8), or 0 for
// null; `high` is its kind, or 0 for a null of whatever type is asked for. What goes into a function, a global or a table
// stays the caller's; what comes out, and what a host function is given, is the caller's from then on; what a host function
// leaves behind is the library's.
typedef struct {
    uint64_t low;
    uint64_t high;
} trimaran_slot;

// Kinds: 0 i32, 1 i64, 2 f32, 3 f64, 4 v128, 5 funcref, 6 externref, 7 anyref, 8 exnref, 9 a continuation.
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
const trimaran_global *trimaran_global_open(uint64_t handle);
void trimaran_global_close(const trimaran_global *global);
const trimaran_table *trimaran_table_open(uint64_t handle);
void trimaran_table_close(const trimaran_table *table);

// A handle of the generated code's for an open function, which is the caller's; 0 for null.
uint64_t trimaran_func_handle(const trimaran_func *func);

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

// A function of the host: parameters before, results after, in place. Gives 0, or 1 and the number, not 0, under which the
// language keeps what was thrown. It may be called on any thread.
typedef int32_t (*trimaran_host_function)(void *context, uint64_t pass, trimaran_slot *slots, uint64_t *thrown);
// Lets go of a context, once, on any thread.
typedef void (*trimaran_release)(void *context);

int32_t trimaran_func_attach(const trimaran_func *func, const trimaran_store *store, trimaran_host_function call,
                             trimaran_release release, void *context, RustBuffer *error);
// Asked on a guest's own thread whether it may go on: 0, or 1 and the number under which the language keeps what it threw.
typedef int32_t (*trimaran_check)(void *context, uint64_t *thrown);

// Asks every 10 ms or so while guests of the store run, if its engine can interrupt them.
int32_t trimaran_store_watch(const trimaran_store *store, trimaran_check check, trimaran_release release, void *context,
                             RustBuffer *error);
// Leaves parameters and then results. Gives 2, and has done nothing, where there are more than `room`.
int32_t trimaran_func_kinds(const trimaran_func *func, const trimaran_store *store, uint8_t *kinds, size_t room,
                            size_t *params, size_t *results, RustBuffer *error);

int32_t trimaran_global_get(const trimaran_global *global, const trimaran_store *store, trimaran_value *value,
                            RustBuffer *error);
// Gives 2, and has done nothing, where the value is not simply a number of the global's type.
int32_t trimaran_global_set(const trimaran_global *global, const trimaran_store *store, trimaran_value value,
                            RustBuffer *error);
int32_t trimaran_table_size(const trimaran_table *table, const trimaran_store *store, uint64_t *size, RustBuffer *error);
int32_t trimaran_table_get(const trimaran_table *table, const trimaran_store *store, int64_t index,
                           trimaran_value *value, RustBuffer *error);
// Gives 2, and has done nothing, where the value is neither a null nor a reference of the table's own kind.
int32_t trimaran_table_set(const trimaran_table *table, const trimaran_store *store, int64_t index, trimaran_value value,
                           RustBuffer *error);

// Takes over the object. The handle of the reference is the caller's.
int32_t trimaran_extern_new(const trimaran_store *store, void *object, trimaran_release release, uint64_t *reference,
                            RustBuffer *error);
// Takes another hold on an object, for the caller of the function that it is passed to.
typedef void (*trimaran_retain)(void *object);

// reference: a handle that stays the caller's. The object has been retained for the caller when this returns, since another
// thread may close the store then; null where there is none.
int32_t trimaran_extern_object(const trimaran_store *store, uint64_t reference, trimaran_retain retain, void **object,
                               RustBuffer *error);

// length: -1 for all up to the end. The bytes are there until the view is closed.
int32_t trimaran_memory_view(const trimaran_memory *memory, const trimaran_store *store, int64_t start, int64_t length,
                             trimaran_view **view, uint8_t **base, size_t *size, RustBuffer *error);
int32_t trimaran_shared_memory_view(const trimaran_shared_memory *memory, int64_t start, int64_t length,
                                    trimaran_view **view, uint8_t **base, size_t *size, RustBuffer *error);
void trimaran_view_close(trimaran_view *view);
