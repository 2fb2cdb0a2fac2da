// The exports of world `task` in terms of GM_PLUGIN, and the functions of gristmill_plugin.h.

#include "gristmill_plugin.h"

#include <stdlib.h>
#include <string.h>

typedef gristmill_plugin_types_node_t node;
typedef gristmill_plugin_types_value_t value;
typedef exports_gristmill_plugin_kernels_list_value_t arguments;
typedef gristmill_plugin_types_task_error_t task_error;

struct gm_call {
  arguments *args;
  // The result: one node, set by gm_return_<type>.
  node result;
  bool has_result;
  size_t n_columns;
  task_error error;
  bool has_error;
};

// Memory, or a trap: there is nobody to report to. An empty list is never freed, so it gets no memory.
static void *allocate(size_t nbytes) {
  if (nbytes == 0) return (void *)sizeof(max_align_t);
  void *memory = malloc(nbytes);
  if (memory == NULL) __builtin_trap();
  return memory;
}

static void set_error(gm_call *call, uint8_t kind, const char *why, gm_text which) {
  if (call->has_error) return;
  size_t n = strlen(why);
  char *message = allocate(n + which.len + 3);
  memcpy(message, why, n);
  if (which.ptr != NULL) {
    memcpy(message + n, " `", 2);
    memcpy(message + n + 2, which.ptr, which.len);
    message[n + 2 + which.len] = '`';
    n += which.len + 3;
  }
  call->error = (task_error){.kind = kind, .message = {(uint8_t *)message, n}};
  call->has_error = true;
}

bool gm_fail(gm_call *call, gm_error kind, const char *why, const char *which) {
  set_error(call, (uint8_t)kind, why, (gm_text){which, which == NULL ? 0 : strlen(which)});
  return false;
}

// The root node of an argument, if it has this tag.
static node *argument(gm_call *call, size_t idx, uint8_t tag, const char *expected) {
  if (idx >= call->args->len || call->args->ptr[idx].len == 0) {
    gm_fail(call, GM_TYPE_MISMATCH, "an argument is missing; expected", expected);
    return NULL;
  }
  node *root = &call->args->ptr[idx].ptr[0];
  if (root->tag == tag) return root;
  gm_fail(call, GM_TYPE_MISMATCH, "an argument is of another type; expected", expected);
  return NULL;
}

bool gm_float(gm_call *call, size_t idx, double *x) {
  if (idx < call->args->len && call->args->ptr[idx].len > 0) {
    node *root = &call->args->ptr[idx].ptr[0];
    if (root->tag == GRISTMILL_PLUGIN_TYPES_NODE_INT) {
      *x = (double)root->val.int_;
      return true;
    }
  }
  node *root = argument(call, idx, GRISTMILL_PLUGIN_TYPES_NODE_FLOAT, "float");
  if (root != NULL) *x = root->val.float_;
  return root != NULL;
}

bool gm_int(gm_call *call, size_t idx, int64_t *x) {
  node *root = argument(call, idx, GRISTMILL_PLUGIN_TYPES_NODE_INT, "int");
  if (root != NULL) *x = root->val.int_;
  return root != NULL;
}

bool gm_string(gm_call *call, size_t idx, gm_text *text) {
  node *root = argument(call, idx, GRISTMILL_PLUGIN_TYPES_NODE_TEXT, "text");
  if (root != NULL) *text = (gm_text){(const char *)root->val.text.ptr, root->val.text.len};
  return root != NULL;
}

bool gm_chunk_f64(gm_call *call, size_t idx, const gm_f64 **items, size_t *n) {
  node *root = argument(call, idx, GRISTMILL_PLUGIN_TYPES_NODE_NDARRAY, "ndarray<float64>");
  if (root == NULL) return false;
  if (root->val.ndarray.dtype != GRISTMILL_PLUGIN_TYPES_DTYPE_FLOAT64) {
    return gm_fail(call, GM_TYPE_MISMATCH, "the chunk has another dtype; expected", "ndarray<float64>");
  }
  *items = (const gm_f64 *)root->val.ndarray.data.ptr;
  *n = root->val.ndarray.data.len / sizeof(double);
  return true;
}

bool gm_partition(gm_call *call, size_t idx, const gm_table **table) {
  node *root = argument(call, idx, GRISTMILL_PLUGIN_TYPES_NODE_TABLE, "table");
  if (root != NULL) *table = &root->val.table;
  return root != NULL;
}

// Bytes of one number of this dtype; 0 if it is no number.
static size_t number_nbytes(uint8_t dtype) {
  switch (dtype) {
    case GRISTMILL_PLUGIN_TYPES_COLUMN_DTYPE_FLOAT64:
    case GRISTMILL_PLUGIN_TYPES_COLUMN_DTYPE_INT64:
      return 8;
    case GRISTMILL_PLUGIN_TYPES_COLUMN_DTYPE_FLOAT32:
    case GRISTMILL_PLUGIN_TYPES_COLUMN_DTYPE_INT32:
      return 4;
    default:
      return 0;
  }
}

static const gm_column *find(gm_call *call, const gm_table *table, const char *name) {
  for (size_t idx = 0; idx < table->columns.len; idx++) {
    const gm_column *column = &table->columns.ptr[idx];
    if (column->name.len == strlen(name) && memcmp(column->name.ptr, name, column->name.len) == 0) {
      if (!column->validity.is_some || column->validity.val.len * 8 >= table->rows) return column;
      gm_fail(call, GM_DATA_CORRUPT, "too few rows in column", name);
      return NULL;
    }
  }
  gm_fail(call, GM_TYPE_MISMATCH, "the table has no column", name);
  return NULL;
}

bool gm_numbers(gm_call *call, const gm_table *table, const char *name, const gm_column **column) {
  *column = find(call, table, name);
  if (*column == NULL) return false;
  size_t nbytes = number_nbytes((*column)->dtype);
  if (nbytes == 0) return gm_fail(call, GM_TYPE_MISMATCH, "expected int32, int64, float32 or float64 in column", name);
  if ((*column)->data.len / nbytes < table->rows) return gm_fail(call, GM_DATA_CORRUPT, "too few rows in column", name);
  return true;
}

static int32_t offset(const gm_column *column, uint64_t row) {
  int32_t offset;
  memcpy(&offset, column->offsets.val.ptr + row * sizeof offset, sizeof offset);
  return offset;
}

bool gm_texts(gm_call *call, const gm_table *table, const char *name, const gm_column **column) {
  *column = find(call, table, name);
  if (*column == NULL) return false;
  const gm_column *found = *column;
  if (found->dtype != GRISTMILL_PLUGIN_TYPES_COLUMN_DTYPE_UTF8) {
    return gm_fail(call, GM_TYPE_MISMATCH, "expected utf8 in column", name);
  }
  if (!found->offsets.is_some || found->offsets.val.len / sizeof(int32_t) <= table->rows) {
    return gm_fail(call, GM_DATA_CORRUPT, "too few rows in column", name);
  }
  int32_t end = 0;
  for (uint64_t row = 0; row <= table->rows; row++) {
    int32_t next = offset(found, row);
    if (next < end || (size_t)next > found->data.len) {
      return gm_fail(call, GM_DATA_CORRUPT, "wrong offsets in column", name);
    }
    end = next;
  }
  return true;
}

bool gm_is_valid(const gm_column *column, uint64_t row) {
  return !column->validity.is_some || (column->validity.val.ptr[row / 8] >> (row % 8) & 1) == 1;
}

double gm_number(const gm_column *column, uint64_t row) {
  const uint8_t *at = column->data.ptr;
  float f32;
  int32_t i32;
  switch (column->dtype) {
    case GRISTMILL_PLUGIN_TYPES_COLUMN_DTYPE_FLOAT64:
      return ((const gm_f64 *)at)[row];
    case GRISTMILL_PLUGIN_TYPES_COLUMN_DTYPE_INT64:
      return (double)((const gm_i64 *)at)[row];
    case GRISTMILL_PLUGIN_TYPES_COLUMN_DTYPE_FLOAT32:
      memcpy(&f32, at + row * sizeof f32, sizeof f32);
      return f32;
    default:
      memcpy(&i32, at + row * sizeof i32, sizeof i32);
      return i32;
  }
}

gm_text gm_item(const gm_column *column, uint64_t row) {
  int32_t start = offset(column, row);
  return (gm_text){(const char *)column->data.ptr + start, (size_t)(offset(column, row + 1) - start)};
}

static void *copy(const void *from, size_t nbytes) {
  void *to = allocate(nbytes);
  memcpy(to, from, nbytes);
  return to;
}

static bool give(gm_call *call, node result) {
  call->result = result;
  call->has_result = true;
  return true;
}

bool gm_return_float(gm_call *call, double x) {
  return give(call, (node){.tag = GRISTMILL_PLUGIN_TYPES_NODE_FLOAT, .val.float_ = x});
}

bool gm_return_int(gm_call *call, int64_t x) {
  return give(call, (node){.tag = GRISTMILL_PLUGIN_TYPES_NODE_INT, .val.int_ = x});
}

bool gm_return_string(gm_call *call, gm_text text) {
  task_string_t owned = {copy(text.ptr, text.len), text.len};
  return give(call, (node){.tag = GRISTMILL_PLUGIN_TYPES_NODE_TEXT, .val.text = owned});
}

bool gm_return_chunk_f64(gm_call *call, const double *items, const uint64_t *shape, size_t ndim) {
  size_t n = 1;
  for (size_t axis = 0; axis < ndim; axis++) n *= shape[axis];
  gristmill_plugin_types_ndarray_t chunk = {
      .dtype = GRISTMILL_PLUGIN_TYPES_DTYPE_FLOAT64,
      .shape = {copy(shape, ndim * sizeof *shape), ndim},
      .data = {copy(items, n * sizeof *items), n * sizeof *items},
  };
  return give(call, (node){.tag = GRISTMILL_PLUGIN_TYPES_NODE_NDARRAY, .val.ndarray = chunk});
}

bool gm_return_table(gm_call *call, uint64_t rows, size_t n_columns) {
  gm_table table = {.rows = rows, .columns = {allocate(n_columns * sizeof(gm_column)), 0}};
  call->n_columns = n_columns;
  return give(call, (node){.tag = GRISTMILL_PLUGIN_TYPES_NODE_TABLE, .val.table = table});
}

// A new last column of the returned table.
static gm_column *add(gm_call *call, const char *name, uint8_t dtype) {
  gm_table *table = &call->result.val.table;
  if (call->result.tag != GRISTMILL_PLUGIN_TYPES_NODE_TABLE || table->columns.len == call->n_columns) {
    gm_fail(call, GM_FAILED, "there is no place in the table for column", name);
    return NULL;
  }
  gm_column *column = &table->columns.ptr[table->columns.len++];
  *column = (gm_column){.name = {copy(name, strlen(name)), strlen(name)}, .dtype = dtype};
  return column;
}

static bool add_numbers(gm_call *call, const char *name, uint8_t dtype, const void *items, const bool *valid) {
  gm_column *column = add(call, name, dtype);
  if (column == NULL) return false;
  size_t rows = call->result.val.table.rows;
  column->data = (task_list_u8_t){copy(items, rows * 8), rows * 8};
  if (valid == NULL) return true;
  size_t nbytes = (rows + 7) / 8;
  column->validity.is_some = true;
  column->validity.val = (task_list_u8_t){allocate(nbytes), nbytes};
  memset(column->validity.val.ptr, 0, nbytes);
  for (size_t row = 0; row < rows; row++) column->validity.val.ptr[row / 8] |= (uint8_t)(valid[row] << (row % 8));
  return true;
}

bool gm_add_f64(gm_call *call, const char *name, const double *items, const bool *valid) {
  return add_numbers(call, name, GRISTMILL_PLUGIN_TYPES_COLUMN_DTYPE_FLOAT64, items, valid);
}

bool gm_add_i64(gm_call *call, const char *name, const int64_t *items) {
  return add_numbers(call, name, GRISTMILL_PLUGIN_TYPES_COLUMN_DTYPE_INT64, items, NULL);
}

bool gm_add_text(gm_call *call, const char *name, const gm_text *items) {
  gm_column *column = add(call, name, GRISTMILL_PLUGIN_TYPES_COLUMN_DTYPE_UTF8);
  if (column == NULL) return false;
  size_t rows = call->result.val.table.rows, nbytes = 0;
  for (size_t row = 0; row < rows; row++) nbytes += items[row].len;
  if (nbytes > INT32_MAX) return gm_fail(call, GM_OUT_OF_RANGE, "more than 2^31 - 1 bytes of text in column", name);
  uint8_t *data = allocate(nbytes);
  int32_t *offsets = allocate((rows + 1) * sizeof *offsets);
  offsets[0] = 0;
  for (size_t row = 0; row < rows; row++) {
    memcpy(data + offsets[row], items[row].ptr, items[row].len);
    offsets[row + 1] = offsets[row] + (int32_t)items[row].len;
  }
  column->offsets.is_some = true;
  column->offsets.val = (task_list_u8_t){(uint8_t *)offsets, (rows + 1) * sizeof *offsets};
  column->data = (task_list_u8_t){data, nbytes};
  return true;
}

void gm_log(const char *line) {
  task_string_t text = {(uint8_t *)line, strlen(line)};
  gristmill_plugin_host_log(GRISTMILL_PLUGIN_HOST_LEVEL_INFO, &text);
}

void gm_progress(double fraction) { gristmill_plugin_host_progress(fraction); }

// What follows is what the host calls.

static void describe_function(const gm_function *function, exports_gristmill_plugin_describe_signature_t *signature) {
  size_t n_params = 0;
  while (n_params < GM_PARAMS_MAX && function->params[n_params].name != NULL) n_params++;
  exports_gristmill_plugin_describe_param_t *params = allocate(n_params * sizeof *params);
  for (size_t idx = 0; idx < n_params; idx++) {
    const gm_param *param = &function->params[idx];
    params[idx] = (exports_gristmill_plugin_describe_param_t){.optional = false};
    task_string_dup(&params[idx].name, param->name);
    task_string_dup(&params[idx].ty, param->ty);
    task_string_dup(&params[idx].doc, param->doc == NULL ? "" : param->doc);
  }
  *signature = (exports_gristmill_plugin_describe_signature_t){
      .kind = EXPORTS_GRISTMILL_PLUGIN_DESCRIBE_KIND_TASK,
      .params = {params, n_params},
      .traits = EXPORTS_GRISTMILL_PLUGIN_DESCRIBE_TRAITS_PURE,
  };
  task_string_dup(&signature->name, function->name);
  task_string_dup(&signature->returns, function->returns);
  task_string_dup(&signature->doc, function->doc == NULL ? "" : function->doc);
}

void exports_gristmill_plugin_describe_plugin(exports_gristmill_plugin_describe_plugin_info_t *ret) {
  *ret = (exports_gristmill_plugin_describe_plugin_info_t){0};
  task_string_dup(&ret->name, GM_PLUGIN.name);
  task_string_dup(&ret->version, GM_PLUGIN.version);
  task_string_dup(&ret->license, GM_PLUGIN.license);
  ret->functions.len = GM_PLUGIN.n_functions;
  ret->functions.ptr = allocate(ret->functions.len * sizeof *ret->functions.ptr);
  for (size_t idx = 0; idx < GM_PLUGIN.n_functions; idx++) {
    describe_function(&GM_PLUGIN.functions[idx], &ret->functions.ptr[idx]);
  }
}

bool exports_gristmill_plugin_describe_infer(task_string_t *function, task_list_string_t *args, task_string_t *ret,
                                             exports_gristmill_plugin_describe_task_error_t *err) {
  (void)ret;
  gm_call call = {0};
  gm_text name = {(const char *)function->ptr, function->len};
  set_error(&call, GRISTMILL_PLUGIN_TYPES_ERROR_KIND_UNSUPPORTED, "the signature says what is returned by", name);
  *err = call.error;
  task_string_free(function);
  task_list_string_free(args);
  return false;
}

static const gm_function *find_function(const task_string_t *name) {
  for (size_t idx = 0; idx < GM_PLUGIN.n_functions; idx++) {
    const gm_function *function = &GM_PLUGIN.functions[idx];
    if (strlen(function->name) == name->len && memcmp(function->name, name->ptr, name->len) == 0) return function;
  }
  return NULL;
}

// Runs one call, and frees its arguments.
static bool run(const task_string_t *name, arguments *args, value *ret, task_error *err) {
  gm_call call = {.args = args};
  const gm_function *function = find_function(name);
  if (function == NULL) {
    gm_text which = {(const char *)name->ptr, name->len};
    set_error(&call, GRISTMILL_PLUGIN_TYPES_ERROR_KIND_NO_SUCH_FUNCTION, "the plugin has no function", which);
  } else if (!function->run(&call) && !call.has_error) {
    gm_fail(&call, GM_FAILED, "failed without a reason:", function->name);
  }
  if (!call.has_error && !call.has_result) call.result = (node){.tag = GRISTMILL_PLUGIN_TYPES_NODE_NULL};
  if (call.has_error && call.has_result) gristmill_plugin_types_node_free(&call.result);
  exports_gristmill_plugin_kernels_list_value_free(args);
  if (call.has_error) {
    *err = call.error;
    return false;
  }
  *ret = (value){copy(&call.result, sizeof call.result), 1};
  return true;
}

bool exports_gristmill_plugin_kernels_call(task_string_t *function, arguments *args, value *ret, task_error *err) {
  bool ok = run(function, args, ret, err);
  task_string_free(function);
  return ok;
}

void exports_gristmill_plugin_kernels_call_many(task_string_t *function,
                                                exports_gristmill_plugin_kernels_list_list_value_t *calls,
                                                exports_gristmill_plugin_kernels_list_result_value_task_error_t *ret) {
  ret->len = calls->len;
  ret->ptr = allocate(calls->len * sizeof *ret->ptr);
  for (size_t idx = 0; idx < calls->len; idx++) {
    exports_gristmill_plugin_kernels_result_value_task_error_t *result = &ret->ptr[idx];
    result->is_err = !run(function, &calls->ptr[idx], &result->val.ok, &result->val.err);
  }
  if (calls->len > 0) free(calls->ptr);
  task_string_free(function);
}
