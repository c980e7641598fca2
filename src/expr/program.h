/* program.h - a typed expression: a list of operations, each a kernel over blocks of rows. */
#ifndef LB_EXPR_PROGRAM_H
#define LB_EXPR_PROGRAM_H
#include "base/hash.h"
#include "base/str.h"
#include "expr/ast.h"
#include "frame/column.h"

/* Text of one row; borrowed from a column, an arena or a block's bytes. */
typedef struct lb_span {
  const char *data;
  size_t length;
} lb_span;

/* A value known before any row is seen. */
typedef struct lb_const {
  lb_type type;
  bool missing;
  bool untyped;    /* the literal NA: fits any type */
  double real;     /* LB_REAL */
  int64_t integer; /* integer, logical 0/1, factor code, days, microseconds */
  lb_span text;
  size_t node; /* where it stands */
} lb_const;

/* A block of values. `valid` holds one byte a row, 1 = present. Values of missing rows are
 * anything; only a logical is then 0, so that its byte means "true" by itself. */
typedef struct lb_vec {
  union {
    void *any;
    double *real;
    int64_t *integer; /* integer, datetime */
    uint8_t *logical; /* one byte a row */
    int32_t *code;    /* factor, date */
    lb_span *text;
  };
  uint8_t *valid;
} lb_vec;

/* What happened on the way and is worth a note. */
typedef enum lb_tally_kind {
  LB_TALLY_ZERO,   /* integer // 0 and % 0 */
  LB_TALLY_LARGE,  /* integers above 2^53 compared as reals */
  LB_TALLY_NUMBER, /* text that is no number; reals that are no integer */
  LB_TALLY_DATE,   /* no such day */
  LB_TALLY_LEVEL,  /* values that are no level */
  LB_TALLY_NAN,    /* NaN in cut */
  LB_TALLY_KINDS
} lb_tally_kind;
typedef struct lb_tally {
  size_t count[LB_TALLY_KINDS];
  size_t overflow; /* number of the operation whose integers overflowed, plus 1; 0 = none */
} lb_tally;

typedef struct lb_op lb_op;
#define LB_BLOCK_ROWS 1024 /* a few registers of this size fit the first-level cache */
/* What a kernel is given beside its values. */
typedef struct lb_block {
  size_t n;  /* rows, at most LB_BLOCK_ROWS */
  size_t op; /* number of the operation */
  lb_tally *tally;
  lb_str *bytes; /* emptied by the caller; where a kernel that makes text puts it */
} lb_block;
typedef void (*lb_kernel)(lb_block *block, const lb_op *op, const lb_vec *const *arg, lb_vec *out);

struct lb_op {
  lb_kernel kernel; /* NULL: constant, column, aggregate or list */
  lb_type type;
  bool constant;
  bool list;     /* item, n_item */
  bool column;   /* an input: column number `slot` of the program */
  int aggregate; /* lb_function_id of an aggregate or window function, an input too; 0 = none */
  bool outer;    /* holds an aggregate somewhere below */
  bool whole;    /* real only because integers overflowed: its zero has no sign */
  lb_const value;
  const lb_const *item;
  size_t n_item;
  const lb_column *levels; /* of a factor; held by the program */
  bool ordered;
  size_t slot;
  lb_token_kind relation; /* comparison */
  double (*map)(double);  /* mathematics */
  const void *payload;    /* what the kernel knows: a set, breaks, ... */
  double parameter;       /* quantile: p; lag, lead: rows; differences of dates: days in
                             a unit, of datetimes: microseconds in a unit */
  size_t first, n;        /* operands: arg[first .. first + n) of the program */
  size_t node;            /* of the AST */
};

typedef struct lb_slot {
  const char *name; /* in the arena */
  lb_type type;
  const lb_column *levels; /* held */
  bool ordered;
} lb_slot;

/* Owns all; zero-initialise; free with lb_program_reset. */
typedef struct lb_program {
  lb_arena arena;
  lb_op *op;
  size_t n_op, op_capacity;
  size_t *arg;
  size_t n_arg, arg_capacity;
  lb_slot *slot; /* columns read, in order of first use */
  size_t n_slot, slot_capacity;
  lb_column **held; /* levels */
  size_t n_held, held_capacity;
  lb_map **map; /* sets of text */
  size_t n_map, map_capacity;
  size_t root;
  bool to_factor; /* the root's text becomes a factor when the column is whole */
} lb_program;

void lb_program_reset(lb_program *program);
/* Appends `op` with its operands; an operation on constants is done at once and becomes one.
 * tally   what happened while doing so, added up */
lb_status lb_program_add(lb_program *program, const lb_op *op, const size_t *args, size_t n,
                         lb_tally *tally, size_t *out, lb_error *err);
/* Keeps a levels column alive as long as the program. */
lb_status lb_program_hold(lb_program *program, const lb_column *levels, lb_error *err);
/* A new map of text that the program frees; NULL: no memory. */
lb_map *lb_program_map(lb_program *program);

size_t lb_type_width(lb_type type); /* bytes of a row in a lb_vec */
void lb_vec_fill(lb_vec *vec, const lb_const *value, size_t n);
#endif
