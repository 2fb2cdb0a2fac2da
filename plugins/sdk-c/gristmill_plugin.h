// Write Gristmill task functions in C.
//
// A plugin is one array of functions, GM_PLUGIN. Each reads its arguments with gm_<type>(call, idx, &x), returns with
// gm_return_<type>(call, x), and fails with gm_fail(call, kind, why, which). All of them return a bool, false after an
// error, so that a function can write `return gm_float(call, 0, &x) && gm_return_float(call, 2 * x);`.
//
// Memory that a function gets lives until it returns. Memory that it returns is copied.

#ifndef GRISTMILL_PLUGIN_H
#define GRISTMILL_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "task.h"

// One call: its arguments, and its result or error.
typedef struct gm_call gm_call;

// Text or bytes; not terminated by a zero.
typedef struct {
  const char *ptr;
  size_t len;
} gm_text;

// Numbers inside a buffer of the host: an address of any alignment.
typedef double gm_f64 __attribute__((aligned(1)));
typedef int64_t gm_i64 __attribute__((aligned(1)));

#define GM_PARAMS_MAX 8

typedef struct {
  const char *name;
  // In the type grammar: "float", "ndarray<float64>", "table{carrier: utf8}".
  const char *ty;
  const char *doc;
} gm_param;

typedef struct {
  const char *name;
  bool (*run)(gm_call *call);
  gm_param params[GM_PARAMS_MAX];
  const char *returns;
  const char *doc;
} gm_function;

typedef struct {
  const char *name;
  const char *version;
  const char *license;
  const gm_function *functions;
  size_t n_functions;
} gm_plugin;

// The plugin defines this.
extern const gm_plugin GM_PLUGIN;

typedef enum {
  GM_INVALID_ARGUMENT = GRISTMILL_PLUGIN_TYPES_ERROR_KIND_INVALID_ARGUMENT,
  GM_TYPE_MISMATCH = GRISTMILL_PLUGIN_TYPES_ERROR_KIND_TYPE_MISMATCH,
  GM_OUT_OF_RANGE = GRISTMILL_PLUGIN_TYPES_ERROR_KIND_OUT_OF_RANGE,
  GM_DATA_CORRUPT = GRISTMILL_PLUGIN_TYPES_ERROR_KIND_DATA_CORRUPT,
  GM_FAILED = GRISTMILL_PLUGIN_TYPES_ERROR_KIND_FAILED,
} gm_error;

// Fails with "<why> `<which>`"; `which` may be NULL. Always false.
bool gm_fail(gm_call *call, gm_error kind, const char *why, const char *which);

// Arguments, counted from 0.
bool gm_float(gm_call *call, size_t idx, double *x);
bool gm_int(gm_call *call, size_t idx, int64_t *x);
bool gm_string(gm_call *call, size_t idx, gm_text *text);
// One chunk of float64: its items in C order, and how many there are.
bool gm_chunk_f64(gm_call *call, size_t idx, const gm_f64 **items, size_t *n);

// One partition of a dataframe.
typedef gristmill_plugin_types_table_t gm_table;
// One of its columns.
typedef gristmill_plugin_types_column_t gm_column;

bool gm_partition(gm_call *call, size_t idx, const gm_table **table);
// The column called `name`: of numbers (read it with gm_number), or of text (read it with gm_item).
bool gm_numbers(gm_call *call, const gm_table *table, const char *name, const gm_column **column);
bool gm_texts(gm_call *call, const gm_table *table, const char *name, const gm_column **column);
// Whether `row` is not null.
bool gm_is_valid(const gm_column *column, uint64_t row);
double gm_number(const gm_column *column, uint64_t row);
gm_text gm_item(const gm_column *column, uint64_t row);

// Results.
bool gm_return_float(gm_call *call, double x);
bool gm_return_int(gm_call *call, int64_t x);
bool gm_return_string(gm_call *call, gm_text text);
bool gm_return_chunk_f64(gm_call *call, const double *items, const uint64_t *shape, size_t ndim);
// A table: first its size, then every column once.
bool gm_return_table(gm_call *call, uint64_t rows, size_t n_columns);
// Where `valid` is false the item is null; `valid` may be NULL.
bool gm_add_f64(gm_call *call, const char *name, const double *items, const bool *valid);
bool gm_add_i64(gm_call *call, const char *name, const int64_t *items);
bool gm_add_text(gm_call *call, const char *name, const gm_text *items);

// The host: a line of the task's log; how far the task is (0 to 1).
void gm_log(const char *line);
void gm_progress(double fraction);

#endif
