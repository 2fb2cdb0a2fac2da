// Scores carriers by how often they are late; and a dot product, as the shortest example of a function over chunks.

#include <stdlib.h>
#include <string.h>

#include "gristmill_plugin.h"

// A flight is late when it departs more than this many minutes after its time.
#define LATE_MINUTES 15.0
// Distinct carriers in one partition.
#define CARRIERS_MAX 4096

typedef struct {
  gm_text name;
  int64_t n;
  int64_t n_late;
} carrier;

typedef struct {
  carrier items[CARRIERS_MAX];
  size_t len;
} carriers;

static int compare(gm_text a, gm_text b) {
  int order = memcmp(a.ptr, b.ptr, a.len < b.len ? a.len : b.len);
  return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

// The carrier called `name`, put in alphabetical order if it is new; NULL if there is no place for it.
static carrier *find(carriers *all, gm_text name) {
  size_t low = 0, high = all->len;
  while (low < high) {
    size_t middle = (low + high) / 2;
    int order = compare(all->items[middle].name, name);
    if (order == 0) return &all->items[middle];
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  if (all->len == CARRIERS_MAX) return NULL;
  memmove(&all->items[low + 1], &all->items[low], (all->len - low) * sizeof *all->items);
  all->len++;
  all->items[low] = (carrier){.name = name};
  return &all->items[low];
}

static bool count(gm_call *call, carriers *all) {
  const gm_table *flights;
  const gm_column *names, *delays;
  if (!gm_partition(call, 0, &flights) || !gm_texts(call, flights, "carrier", &names) ||
      !gm_numbers(call, flights, "dep_delay", &delays)) {
    return false;
  }
  for (uint64_t row = 0; row < flights->rows; row++) {
    if (!gm_is_valid(names, row)) continue;
    carrier *found = find(all, gm_item(names, row));
    if (found == NULL) return gm_fail(call, GM_OUT_OF_RANGE, "more than 4096 carriers in one table", NULL);
    if (!gm_is_valid(delays, row)) continue;
    found->n++;
    if (gm_number(delays, row) > LATE_MINUTES) found->n_late++;
  }
  return true;
}

static bool model_b(gm_call *call) {
  // Too large for the stack; an instance serves one call at a time.
  static carriers all;
  static gm_text names[CARRIERS_MAX];
  static int64_t ns[CARRIERS_MAX];
  static double scores[CARRIERS_MAX];
  static bool has_score[CARRIERS_MAX];
  all.len = 0;
  if (!count(call, &all)) return false;
  for (size_t idx = 0; idx < all.len; idx++) {
    names[idx] = all.items[idx].name;
    ns[idx] = all.items[idx].n;
    has_score[idx] = ns[idx] > 0;
    scores[idx] = has_score[idx] ? (double)all.items[idx].n_late / (double)ns[idx] : 0;
  }
  return gm_return_table(call, all.len, 3) && gm_add_text(call, "carrier", names) && gm_add_i64(call, "n", ns) &&
         gm_add_f64(call, "score", scores, has_score);
}

// Sums in lanes, 64 items between two checks of the deadline.
static double sum_of_products(const gm_f64 *a, const gm_f64 *b, size_t n) {
  double lanes[8] = {0}, sum = 0;
  size_t idx = 0;
  for (; idx + 64 <= n; idx += 64) {
#pragma clang loop unroll(full)
    for (size_t part = 0; part < 64; part += 8) {
#pragma clang loop unroll(full)
      for (size_t lane = 0; lane < 8; lane++) lanes[lane] += a[idx + part + lane] * b[idx + part + lane];
    }
  }
  for (; idx < n; idx++) sum += a[idx] * b[idx];
  for (size_t lane = 0; lane < 8; lane++) sum += lanes[lane];
  return sum;
}

static bool dot(gm_call *call) {
  const gm_f64 *a, *b;
  size_t n, n_b;
  if (!gm_chunk_f64(call, 0, &a, &n) || !gm_chunk_f64(call, 1, &b, &n_b)) return false;
  if (n != n_b) return gm_fail(call, GM_INVALID_ARGUMENT, "the chunks differ in length", NULL);
  return gm_return_float(call, sum_of_products(a, b, n));
}

static const gm_function functions[] = {
    {
        .name = "model_b",
        .run = model_b,
        .params = {{"flights", "table{carrier: utf8, dep_delay: float64}", NULL}},
        .returns = "table{carrier: utf8, n: int64, score: float64}",
        .doc = "The number of flights of each carrier that left and the share of them over 15 minutes late,\n"
               "in alphabetical order of carriers.",
    },
    {
        .name = "dot",
        .run = dot,
        .params = {{"a", "ndarray<float64>", NULL}, {"b", "ndarray<float64>", NULL}},
        .returns = "float",
        .doc = "The sum of products of two chunks of the same length.",
    },
};

const gm_plugin GM_PLUGIN = {
    .name = "carrier_score",
    .version = "0.1.0",
    .license = "MIT OR Apache-2.0",
    .functions = functions,
    .n_functions = sizeof functions / sizeof *functions,
};
