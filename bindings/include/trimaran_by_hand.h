// What Swift calls beside what is generated: the functions whose bodies are special. They are in
// bindings/src/adapters/c.rs and bindings/src/adapters/c/, which say what each asks for.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trimaran.h"

typedef struct trimaran_view trimaran_view;

// Space for one value, which lies at the low end. A reference is the address of a `Func` (kind 5) or a `Reference` (6 to 8), or 0 for
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

// Each gives 0, or 1 and an error, in its serialised form, for the caller to read and to free.

int32_t trimaran_func_call_slots(const trimaran_func *func, const trimaran_store *store, trimaran_slot *slots, size_t count,
                                 trimaran_bytes *error);
// values: a buffer for 16. Gives 2, and has done nothing, where they are not simply what the function takes.
int32_t trimaran_func_call_values(const trimaran_func *func, const trimaran_store *store, trimaran_value *values,
                                  size_t *count, trimaran_bytes *error);
int32_t trimaran_func_call_rows(const trimaran_func *func, const trimaran_store *store, trimaran_slot *slots, size_t rows,
                                size_t width, size_t *failed, trimaran_bytes *error);

// Fails where columns of these lengths are not equally long.
int32_t trimaran_check_columns(const size_t *lengths, size_t count, trimaran_bytes *error);

// Fails where a function is of another type than the serialised one.
int32_t trimaran_func_check_type(const trimaran_func *func, const trimaran_store *store, const uint8_t *wanted, size_t length,
                                 trimaran_bytes *error);
// Each fails: for an export that is of one kind, and was asked for as another one (the numbers of the variants of an item), for
// a name by which a calling instance exports nothing, and for a number below 0, as it is shown.
int32_t trimaran_wrong_export(const uint8_t *name, size_t length, int32_t found, int32_t expected, trimaran_bytes *error);
int32_t trimaran_no_caller_export(const uint8_t *name, size_t length, trimaran_bytes *error);
int32_t trimaran_negative(const uint8_t *what, size_t length, const uint8_t *number, size_t digits, trimaran_bytes *error);

// Fails where the store is another one, or closed.
int32_t trimaran_instance_check(const trimaran_instance *instance, const trimaran_store *store, trimaran_bytes *error);

int32_t trimaran_memory_read_into(const trimaran_memory *memory, const trimaran_store *store, int64_t start, uint8_t *buffer,
                                  size_t length, trimaran_bytes *error);
// The same; fails where the bytes are not UTF-8.
int32_t trimaran_memory_read_string_into(const trimaran_memory *memory, const trimaran_store *store, int64_t start,
                                         uint8_t *buffer, size_t length, trimaran_bytes *error);
int32_t trimaran_shared_memory_read_into(const trimaran_shared_memory *memory, int64_t start, uint8_t *buffer, size_t length,
                                         trimaran_bytes *error);

// A function of the host: parameters before, results after, in place. Gives 0, or 1 and the number, not 0, under which the
// language keeps what was thrown. It may be called on any thread.
typedef int32_t (*trimaran_host_function)(void *context, uint64_t call_id, trimaran_slot *slots, uint64_t *thrown);
// Lets go of a context, once, on any thread.
typedef void (*trimaran_release)(void *context);

int32_t trimaran_func_attach(const trimaran_func *func, const trimaran_store *store, trimaran_host_function call,
                             trimaran_release release, void *context, trimaran_bytes *error);
// Attaches to a function, which it owns from then on, what it does in a store, of which it gets the context. Gives 0, or 1 and the
// number, not 0, under which the language keeps what was thrown. It may be called on any thread.
typedef int32_t (*trimaran_bind)(void *context, const trimaran_func *func, void *store, uint64_t *thrown);

// Defines a host function, of a serialised type, an async one where it waits: `bind` attaches to that by `trimaran_func_attach_async`.
int32_t trimaran_linker_define_host(const trimaran_linker *linker, const uint8_t *module, size_t module_length,
                                    const uint8_t *name, size_t name_length, const uint8_t *ty, size_t ty_length,
                                    trimaran_bind bind, trimaran_release release, void *context, bool waits,
                                    trimaran_bytes *error);
// The context by which the language finds its own object of a store: what `trimaran_bind` gets.
int32_t trimaran_store_set_language_store(const trimaran_store *store, trimaran_release release, void *context,
                                          trimaran_bytes *error);

// Async host functions: the library never calls them. Whoever steps a run of a guest gets their context, and runs them.

// Makes one, of a serialised type.
int32_t trimaran_func_async_host(const trimaran_store *store, const uint8_t *ty, size_t ty_length, const trimaran_func **func,
                                 trimaran_bytes *error);
int32_t trimaran_func_attach_async(const trimaran_func *func, const trimaran_store *store, trimaran_release release,
                                   void *context, trimaran_bytes *error);

// A guest that goes on step by step, on any thread, by one thread at a time.
typedef struct trimaran_run trimaran_run;

// What a step came to: 0, the run stands in line, and is to be stepped again when the waker has been called; 1, the guest calls an async
// host function, and the next step brings the answer; 2, others are to have a turn; 3, the guest is over; 4, it sleeps for `call`
// nanoseconds.
typedef struct {
    int32_t came;
    // Of the host function, which is there until the next step, and which call of which store it is.
    void *context;
    uint64_t store;
    uint64_t run;
    uint64_t call;
    // Its arguments, or the results of the guest, until the next step. The references are the caller's from now on.
    const trimaran_value *values;
    size_t count;
    // The instance that was made, which is the caller's.
    const trimaran_instance *object;
} trimaran_step;

// What a host function answers: values that are lent, or the number, not 0, under which the language keeps what was thrown.
typedef struct {
    const trimaran_value *values;
    size_t count;
    uint64_t thrown;
} trimaran_answer;

// Is called when a run that stands in line is to be stepped again, on any thread and perhaps too often. It may not come back here. The context
// is released once.
typedef struct {
    void (*wake)(void *context);
    trimaran_release release;
    void *context;
} trimaran_waker;

// Of a value of kind 9, a null of whatever type is asked for. The values are lent. Nothing happens before the first step.
int32_t trimaran_func_start(const trimaran_func *func, const trimaran_store *store, const trimaran_value *values, size_t count,
                            trimaran_run **run, trimaran_bytes *error);
// Instances that are made step by step, since their start functions may wait: of serialised imports, of a linker's items, and of a module
// whose imports were found before.
int32_t trimaran_instance_start(const trimaran_store *store, const trimaran_module *module, const uint8_t *imports, size_t length,
                                trimaran_run **run, trimaran_bytes *error);
int32_t trimaran_linker_start(const trimaran_linker *linker, const trimaran_store *store, const trimaran_module *module,
                              trimaran_run **run, trimaran_bytes *error);
int32_t trimaran_instance_pre_start(const trimaran_instance_pre *pre, const trimaran_store *store, trimaran_run **run,
                                    trimaran_bytes *error);
// `answer` is null where there is none, `waker` where nobody has to be called.
int32_t trimaran_run_step(trimaran_run *run, const trimaran_answer *answer, const trimaran_waker *waker, trimaran_step *step,
                          trimaran_bytes *error);
// Ends the guest where it is not over.
void trimaran_run_free(trimaran_run *run);

// Leaves which async host call of the store with that number the present task works for, and gives whether there is one.
typedef bool (*trimaran_works_for)(uint64_t store, uint64_t *run, uint64_t *call);
// The first function that is given stays.
void trimaran_tell_works_for(trimaran_works_for tell);

// Calls `work` once on a thread of its own.
int32_t trimaran_on_thread(void (*work)(void *context), void *context, trimaran_bytes *error);

// Asked on a guest's own thread whether it may go on: 0, or 1 and the number under which the language keeps what it threw.
typedef int32_t (*trimaran_check)(void *context, uint64_t *thrown);

// Asks every 10 ms or so while guests of the store run, if its engine can interrupt them.
int32_t trimaran_store_watch(const trimaran_store *store, trimaran_check check, trimaran_release release, void *context,
                             trimaran_bytes *error);
// Asks every 100 ms or so while a thread waits in a shared memory. The first function that is given stays.
void trimaran_watch_waits(trimaran_check check, trimaran_release release, void *context);
// Leaves parameters and then results. Gives 2, and has done nothing, where there are more than `capacity`.
int32_t trimaran_func_kinds(const trimaran_func *func, const trimaran_store *store, uint8_t *kinds, size_t capacity,
                            size_t *params, size_t *results, trimaran_bytes *error);

int32_t trimaran_global_get_value(const trimaran_global *global, const trimaran_store *store, trimaran_value *value,
                                  trimaran_bytes *error);
// Gives 2, and has done nothing, where the value is not simply a number of the global's type.
int32_t trimaran_global_set_value(const trimaran_global *global, const trimaran_store *store, trimaran_value value,
                                  trimaran_bytes *error);
int32_t trimaran_table_get_value(const trimaran_table *table, const trimaran_store *store, int64_t index,
                                 trimaran_value *value, trimaran_bytes *error);
// Gives 2, and has done nothing, where the value is neither a null nor a reference of the table's own kind.
int32_t trimaran_table_set_value(const trimaran_table *table, const trimaran_store *store, int64_t index, trimaran_value value,
                                 trimaran_bytes *error);

// Takes over the object. The reference is the caller's.
int32_t trimaran_extern_new(const trimaran_store *store, void *object, trimaran_release release,
                            const trimaran_reference **reference, trimaran_bytes *error);
// Takes another hold on an object, for the caller of the function that it is passed to.
typedef void (*trimaran_retain)(void *object);

// The object has been retained for the caller when this returns, since another thread may close the store then; null where
// there is none.
int32_t trimaran_extern_object(const trimaran_store *store, const trimaran_reference *reference,
                               trimaran_retain retain, void **object, trimaran_bytes *error);

// length: -1 for all up to the end. The bytes are there until the view is closed.
int32_t trimaran_memory_view(const trimaran_memory *memory, const trimaran_store *store, int64_t start, int64_t length,
                             trimaran_view **view, uint8_t **base, size_t *size, trimaran_bytes *error);
int32_t trimaran_shared_memory_view(const trimaran_shared_memory *memory, int64_t start, int64_t length,
                                    trimaran_view **view, uint8_t **base, size_t *size, trimaran_bytes *error);
void trimaran_view_close(trimaran_view *view);

// Takes the next piece of what a guest prints. Gives 0, or 1 and the number, not 0, under which the language keeps what was
// thrown. It may be called on any thread.
typedef int32_t (*trimaran_write)(void *context, const uint8_t *bytes, size_t length, uint64_t *thrown);

// Leaves up to `most` bytes of what a guest reads, and how many there are: 0 at the end. Where there are more, it leaves none of
// them, and the guest's call fails. Gives 0, or 1 and the number, not 0, under which the language keeps what was thrown. It may be
// called on any thread.
typedef int32_t (*trimaran_read)(void *context, uint8_t *bytes, size_t most, size_t *length, uint64_t *thrown);

// Answers a request of a component, which it takes over. Gives 0, or 1 and the number, not 0, under which the language keeps what was
// thrown. It may be called on any thread.
typedef int32_t (*trimaran_handle)(void *context, const trimaran_http_request *request, uint64_t *thrown);

// A handle of a handler, for one record that is given to the library.
uint64_t trimaran_http_handler_new(trimaran_handle handle, trimaran_release release, void *context);

// Text in UTF-8; without bytes there is none.
typedef struct {
    const uint8_t *bytes;
    size_t length;
} trimaran_lent_text;

// What has happened, lent for the call.
typedef struct {
    uint8_t kind;
    bool has_size;
    uint64_t nanoseconds;
    uint64_t size;
    trimaran_lent_text name;
    trimaran_lent_text error;
    trimaran_lent_text text;
} trimaran_event;

// Is told of an event. It may be called on any thread.
typedef void (*trimaran_on_event)(void *context, const trimaran_event *event);

// A handle of a listener, for one record that is given to the library.
uint64_t trimaran_event_listener_new(trimaran_on_event on_event, trimaran_release release, void *context);

// A handle of a source, for one record that is given to the library.
uint64_t trimaran_input_source_new(trimaran_read read, trimaran_release release, void *context);

// A handle of a sink, for one record that is given to the library.
uint64_t trimaran_output_sink_new(trimaran_write write, trimaran_release release, void *context);

// Components. A stream of values is described in core/src/component/abi/stream.rs.

typedef struct {
    const uint8_t *data;
    size_t length;
} trimaran_part;

// What has a handle. By its kind it is
// 0: a `trimaran_component_resource` that is lent;
// 1: an object of the host. Of what goes into a guest, the library takes over the caller's hold on it; of what comes out, it is lent;
// 2: a `trimaran_component_stream` that is lent: the end of a stream or of a future that a guest gave;
// 3: a `trimaran_component_source`, which the library takes over. It comes out of no guest.
typedef struct {
    void *object;
    uint8_t kind;
    bool is_own;
} trimaran_resource;

// Values that are lent for a call. `release` lets go of an object of the host.
typedef struct {
    trimaran_part bytes;
    const trimaran_part *beside;
    size_t beside_count;
    const trimaran_resource *resources;
    size_t resource_count;
    trimaran_release release;
} trimaran_given;

typedef struct trimaran_values_owner trimaran_values_owner;

// Values that came out of a guest, until the owner is freed. Where there is no owner, the bytes lie in `small`.
typedef struct {
    trimaran_part bytes;
    const trimaran_part *beside;
    size_t beside_count;
    const trimaran_resource *resources;
    size_t resource_count;
    trimaran_values_owner *owner;
    uint8_t small[48];
} trimaran_taken;

void trimaran_component_values_free(trimaran_values_owner *owner);

int32_t trimaran_component_func_call(const trimaran_component_func *func, const trimaran_store *store,
                                     const trimaran_given *given, trimaran_taken *taken, trimaran_bytes *error);

// Whether a function is plain, so that its values each have a slot: see core/src/component/abi/plain.rs.
bool trimaran_component_func_is_plain(const trimaran_component_func *func);
// Calls a plain function. The slot of a handle is 0: there is one at most, of the resource, which is lent; otherwise that is null.
int32_t trimaran_component_func_call_plain(const trimaran_component_func *func, const trimaran_store *store,
                                           const uint64_t *slots, size_t count, const trimaran_component_resource *resource,
                                           bool is_own, uint64_t *result, trimaran_bytes *error);

typedef struct trimaran_reply trimaran_reply;

// Room for a result of few bytes, without resources. Whoever uses it writes the bytes, and then how many there are.
typedef struct {
    size_t length;
    uint8_t bytes[512];
} trimaran_small;

// Makes what the language keeps for a type that a function of this context is imported by: its names in words, and the serialised type.
// It is released as a context is. Gives null, and the number, not 0, under which the language keeps what was thrown, where it
// cannot. It may be called on any thread.
typedef void *(*trimaran_component_prepare)(void *context, const uint8_t *name, size_t name_length,
                                            const uint8_t *types, size_t types_length, uint64_t *thrown);
// A function of the host, with what was made of its type and the context of the store. It leaves its result in `small`, or gives it by
// `trimaran_component_reply_give`. Gives 0, or 1 and the number, not 0, under which the language keeps what was thrown. It may be
// called on any thread. The arguments are there until it returns.
typedef int32_t (*trimaran_component_host)(void *context, void *prepared, void *store, const trimaran_taken *arguments,
                                           trimaran_small *small, trimaran_reply *reply, uint64_t *thrown);

// The same of a plain function: it leaves the slot of its result, if it has one.
typedef int32_t (*trimaran_component_plain_host)(void *context, void *prepared, void *store, const uint64_t *arguments,
                                                 size_t count, uint64_t *result, uint64_t *thrown);

// Copies the result. On the thread of the running call alone.
int32_t trimaran_component_reply_give(trimaran_reply *reply, const trimaran_given *given, trimaran_bytes *error);

// Defines a host function, in the instance of a serialised path. `is_checked` has `prepare` called when a component is linked that imports
// it, which fails where `prepare` does; otherwise it is called when the function is called first. `call_plain` may be NULL: then `call`
// serves plain functions too. Of one that waits, neither is called: whoever steps a run of a component gets its context, and runs it.
int32_t trimaran_component_linker_define_func(const trimaran_component_linker *linker, const uint8_t *path,
                                              size_t path_length, const uint8_t *name, size_t name_length,
                                              trimaran_component_prepare prepare, trimaran_component_host call,
                                              trimaran_component_plain_host call_plain, trimaran_release release,
                                              void *context, bool is_checked, bool waits, trimaran_bytes *error);

// Does something with an object of the host that a guest has dropped, or whose store is gone. The object is lent. It may be called on any thread.
typedef void (*trimaran_component_drop)(void *context, void *object);

// Makes a new type of the host's, with what is done with its objects.
int32_t trimaran_component_resource_type_host_with(trimaran_component_drop drop, trimaran_release release, void *context,
                                                   const trimaran_component_resource_type **type, trimaran_bytes *error);

typedef struct trimaran_component_source trimaran_component_source;

// What guests read from a function of the host: that gets how many elements it gives at most, and gives a list of them, which is empty at the
// end; for a future it gets nothing, and gives the value. It is for one handle of values that go into a guest, which take it over. The
// functions are as those of `trimaran_component_linker_define_func`.
trimaran_component_source *trimaran_component_source_new(trimaran_component_prepare prepare, trimaran_component_host call,
                                                         trimaran_release release, void *context, bool waits);

// A component's guest that goes on step by step, as `trimaran_run` does.
typedef struct trimaran_component_run trimaran_component_run;

// What a step came to, as of `trimaran_step`. It is all zero before.
typedef struct {
    int32_t came;
    // Of the host function, and what was made of its type. They are there until the next step.
    void *context;
    void *prepared;
    uint64_t store;
    uint64_t run;
    uint64_t call;
    // Its arguments, or the result of the guest, whose owner the caller frees.
    trimaran_taken values;
    // The instance that was made, which is the caller's.
    const trimaran_component_instance *object;
} trimaran_component_step;

int32_t trimaran_component_func_start(const trimaran_component_func *func, const trimaran_store *store,
                                      const trimaran_given *given, trimaran_component_run **run, trimaran_bytes *error);
int32_t trimaran_component_linker_start(const trimaran_component_linker *linker, const trimaran_store *store,
                                        const trimaran_component *component, trimaran_component_run **run,
                                        trimaran_bytes *error);
int32_t trimaran_component_instance_pre_start(const trimaran_component_instance_pre *pre, const trimaran_store *store,
                                              trimaran_component_run **run, trimaran_bytes *error);
// Reads the next elements of a stream, at most so many, as a list, or the value of a future.
int32_t trimaran_component_stream_read(const trimaran_component_stream *stream, const trimaran_store *store, uint32_t most,
                                       trimaran_taken *taken, trimaran_bytes *error);
int32_t trimaran_component_stream_start_read(const trimaran_component_stream *stream, const trimaran_store *store,
                                             uint32_t most, trimaran_component_run **run, trimaran_bytes *error);
// The answer is null where there is none, or where there is the number, not 0, under which the language keeps what was thrown.
int32_t trimaran_component_run_step(trimaran_component_run *run, const trimaran_given *answer, uint64_t thrown,
                                    const trimaran_waker *waker, trimaran_component_step *step, trimaran_bytes *error);
// Ends the guest where it is not over.
void trimaran_component_run_free(trimaran_component_run *run);
