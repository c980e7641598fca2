/* population.c - tables of population mortality, people's lives beside them, and what is expected
 * of them. */
#include "stats/survival/population.h"

#include <math.h>

#include "base/bitmap.h"
#include "base/mem.h"
#include "bind/bind.h"
#include "frame/builder.h"
#include "model/model.h"
#include "stats/survival/expected.h"

#define TABLE_BOX "lobule.PopulationTable"
#define LIVES_BOX "lobule.Lives"
#define FIT_BOX   "lobule.ExpectedBox"

typedef struct table_box {
  lb_population table;
  double *age, *year, *hazard;
} table_box;

/* People of a frame, a row each. Its first user value is the table. */
typedef struct lives_box {
  lb_lives lives;
  double *age, *day;
  int32_t *code;
} lives_box;

/* What a fit holds: the lives of the model's rows. */
typedef struct fit_box {
  lives_box people;
  double *potential;
  lb_expected fit;
} fit_box;

static int table_gc(lua_State *L)
{
  table_box *box = luaL_checkudata(L, 1, TABLE_BOX);
  lb_mem_free(box->age);
  lb_mem_free(box->year);
  lb_mem_free(box->hazard);
  *box = (table_box){0};
  return 0;
}

static void lives_reset(lives_box *box)
{
  lb_mem_free(box->age);
  lb_mem_free(box->day);
  lb_mem_free(box->code);
  *box = (lives_box){0};
}

static int lives_gc(lua_State *L)
{
  lives_reset(luaL_checkudata(L, 1, LIVES_BOX));
  return 0;
}

static int fit_gc(lua_State *L)
{
  fit_box *box = luaL_checkudata(L, 1, FIT_BOX);
  lives_reset(&box->people);
  lb_mem_free(box->potential);
  lb_expected_reset(&box->fit);
  *box = (fit_box){0};
  return 0;
}

static int raise_nomem(lua_State *L)
{
  lb_error err = {0};
  lb_error_nomem(&err, "population table");
  return lbl_raise(L, &err);
}

/* The list at `arg` as numbers in *out, which is owned by a box. */
static size_t read_numbers(lua_State *L, int arg, const char *name, double **out)
{
  lbl_check_table(L, arg, name);
  size_t n = lua_rawlen(L, arg);
  *out = lb_mem_array(n, sizeof **out);
  if (*out == NULL) return (size_t)raise_nomem(L);
  for (size_t k = 0; k < n; k++) {
    lua_rawgeti(L, arg, (lua_Integer)k + 1);
    (*out)[k] = lbl_check_number(L, -1, name);
    lua_pop(L, 1);
  }
  return n;
}

/* population_table(ages, years, n_class, rates): ages in years, rates per year, ages fastest, then
 * years, then classes */
static int population_table(lua_State *L)
{
  lua_settop(L, 4);
  lua_Integer n_class = lbl_check_integer(L, 3, "n_class");
  table_box *box = lua_newuserdatauv(L, sizeof *box, 0);
  *box = (table_box){0};
  luaL_setmetatable(L, TABLE_BOX);
  lb_population *table = &box->table;
  table->n_age = read_numbers(L, 1, "ages", &box->age);
  table->n_year = lua_isnil(L, 2) ? 1 : read_numbers(L, 2, "years", &box->year);
  table->n_class = (size_t)n_class;
  size_t n = read_numbers(L, 4, "rates", &box->hazard);
  if (table->n_age == 0 || table->n_year == 0 || n_class < 1 ||
      n != table->n_age * table->n_year * table->n_class)
    return lbl_raise_argument(L, 4, "rates", "a rate for each age, year and class");
  for (size_t k = 0; k < table->n_age; k++) box->age[k] *= LB_DAYS_PER_YEAR;
  for (size_t k = 0; box->year != NULL && k < table->n_year; k++)
    box->year[k] = lb_day_of_year(box->year[k]);
  for (size_t k = 0; k < n; k++) box->hazard[k] /= LB_DAYS_PER_YEAR;
  table->age = box->age;
  table->year = box->year;
  table->hazard = box->hazard;
  return 1;
}

/* Days of a column of dates, date-times or calendar years. */
static double day_of(const lb_column *column, size_t row)
{
  double value = lb_column_number(column, row);
  switch (lb_column_type(column)) {
  case LB_DATE:
    return value;
  case LB_DATETIME:
    return value / 86400e6;
  default:
    return lb_day_of_year(value);
  }
}

/* Adds up the codes of the factors in the list at `arg`: the last runs fastest. */
static void read_classes(lua_State *L, int arg, size_t n, lives_box *box)
{
  lbl_check_table(L, arg, "classes");
  size_t n_factor = lua_rawlen(L, arg);
  box->code = lb_mem_zero(n, sizeof *box->code);
  if (box->code == NULL) {
    raise_nomem(L);
    return; /* not reached */
  }
  for (size_t f = 0; f < n_factor; f++) {
    lua_rawgeti(L, arg, (lua_Integer)f + 1);
    const lb_column *factor = lbl_check_column(L, -1, "classes");
    if (lb_column_type(factor) != LB_FACTOR || lb_column_length(factor) != n)
      lbl_raise_argument(L, arg, "classes", "factors, a row a person");
    int32_t n_level = (int32_t)lb_column_length(lb_column_levels(factor));
    const int32_t *code = lb_column_codes(factor);
    const uint8_t *valid = lb_column_valid(factor);
    for (size_t i = 0; i < n; i++) {
      bool known = box->code[i] >= 0 && (valid == NULL || lb_bit_get(valid, i));
      box->code[i] = known ? box->code[i] * n_level + code[i] : -1;
    }
    lua_pop(L, 1);
  }
}

/* lives(table, age, year, classes, unit, birthday): columns; age in years at time 0, year nil,
 * dates or calendar years, classes a list of factors, unit days in a unit of time */
static int lives(lua_State *L)
{
  lua_settop(L, 6);
  const table_box *table = luaL_checkudata(L, 1, TABLE_BOX);
  const lb_column *age = lbl_check_column(L, 2, "age");
  const lb_column *year = lua_isnil(L, 3) ? NULL : lbl_check_column(L, 3, "year");
  size_t n = lb_column_length(age);
  lives_box *box = lua_newuserdatauv(L, sizeof *box, 1);
  *box = (lives_box){.lives = {.n = n, .unit = lbl_check_number(L, 5, "unit")}};
  luaL_setmetatable(L, LIVES_BOX);
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, 1);
  read_classes(L, 4, n, box);
  box->age = lb_mem_array(n, sizeof *box->age);
  box->day = year == NULL ? NULL : lb_mem_array(n, sizeof *box->day);
  if (box->age == NULL || (year != NULL && box->day == NULL)) return raise_nomem(L);
  for (size_t i = 0; i < n; i++) {
    box->age[i] = lb_column_number(age, i) * LB_DAYS_PER_YEAR;
    if (year == NULL) continue;
    box->day[i] = day_of(year, i);
    if (lua_toboolean(L, 6)) box->day[i] = lb_population_birthday(box->age[i], box->day[i]);
  }
  box->lives.age = box->age;
  box->lives.day = box->day;
  box->lives.class_code = box->code;
  lb_error err = {0};
  if (lb_lives_check(&table->table, &box->lives, &err) != LB_OK) return lbl_raise(L, &err);
  lbl_account(L, n * (2 * sizeof(double) + sizeof(int32_t)));
  return 1;
}

static const lb_population *table_of(lua_State *L, int lives_index)
{
  lua_getiuservalue(L, lives_index, 1); /* the lives keep it alive */
  const table_box *box = luaL_checkudata(L, -1, TABLE_BOX);
  lua_pop(L, 1);
  return &box->table;
}

/* The numbers of a column of n rows in Lua's memory, pushed. */
static double *column_numbers(lua_State *L, int arg, const char *name, size_t n)
{
  const lb_column *column = lbl_check_column(L, arg, name);
  if (lb_column_length(column) != n) lbl_raise_argument(L, arg, name, "a row a person");
  double *out = lbl_scratch(L, n, sizeof *out);
  for (size_t i = 0; i < n; i++) out[i] = lb_column_number(column, i);
  return out;
}

/* NaN becomes missing. */
static lb_status hazard_column(const double *sum, size_t n, lb_column **out, lb_error *err)
{
  double *copy = lb_mem_array(n, sizeof *copy);
  uint8_t *valid = lb_mem_zero(lb_bitmap_bytes(n), 1);
  if (copy == NULL || valid == NULL) {
    lb_mem_free(copy);
    lb_mem_free(valid);
    return lb_error_nomem(err, "column");
  }
  for (size_t i = 0; i < n; i++) {
    copy[i] = isnan(sum[i]) ? 0 : sum[i];
    if (!isnan(sum[i])) lb_bit_set(valid, i);
  }
  return lb_column_new(LB_REAL, n, copy, valid, out, err);
}

/* population_hazard(lives, from, to): the column of cumulative hazards, and how many are followed
 * before and after the table's years */
static int population_hazard(lua_State *L)
{
  lua_settop(L, 3);
  const lives_box *box = luaL_checkudata(L, 1, LIVES_BOX);
  const lb_population *table = table_of(L, 1);
  size_t n = box->lives.n, before, after;
  const double *from = lua_isnil(L, 2) ? NULL : column_numbers(L, 2, "from", n);
  const double *to = column_numbers(L, 3, "to", n);
  double *sum = lbl_scratch(L, n, sizeof *sum);
  lb_error err = {0};
  if (lb_population_hazard(table, &box->lives, from, to, sum, &err) != LB_OK)
    return lbl_raise(L, &err);
  lb_column **column = lbl_column_box(L);
  if (hazard_column(sum, n, column, &err) != LB_OK) return lbl_raise(L, &err);
  lb_population_outside(table, &box->lives, from, to, &before, &after);
  lua_pushinteger(L, (lua_Integer)before);
  lua_pushinteger(L, (lua_Integer)after);
  return 3;
}

/* The lives of the model's rows into the box; potential: a column or NULL. */
static lb_status take_people(const lb_model *model, const lives_box *all,
                             const lb_column *potential, fit_box *box, lb_error *err)
{
  size_t n = model->n_used;
  lives_box *p = &box->people;
  p->age = lb_mem_array(n, sizeof *p->age);
  p->day = all->day == NULL ? NULL : lb_mem_array(n, sizeof *p->day);
  p->code = lb_mem_array(n, sizeof *p->code);
  box->potential = lb_mem_array(n, sizeof *box->potential);
  if (p->age == NULL || (all->day != NULL && p->day == NULL) || p->code == NULL ||
      box->potential == NULL)
    return lb_error_nomem(err, "expected survival");
  for (size_t i = 0; i < n; i++) {
    size_t row = model->row[i];
    p->age[i] = all->age[row];
    if (p->day != NULL) p->day[i] = all->day[row];
    p->code[i] = all->code[row];
    if (potential != NULL) box->potential[i] = lb_column_number(potential, row);
  }
  p->lives = (lb_lives){n, p->age, p->day, p->code, all->lives.unit};
  return LB_OK;
}

static lb_status add_curve(const lb_expected_curve *c, lb_frame *frame, lb_error *err)
{
  size_t n = c->n_time;
  lb_status st = lbl_frame_add_real(frame, "time", c->time, n, err);
  if (st == LB_OK) st = lbl_frame_add_real(frame, "n_risk", c->n_risk, n, err);
  if (st == LB_OK) st = lbl_frame_add_real(frame, "n_event", c->n_event, n, err);
  if (st == LB_OK) st = lbl_frame_add_real(frame, "n_censor", c->n_censor, n, err);
  if (st == LB_OK) st = lbl_frame_add_real(frame, "cumulative", c->cumulative, n, err);
  if (st == LB_OK) st = lbl_frame_add_real(frame, "survival", c->survival, n, err);
  if (st == LB_OK) st = lbl_frame_add_real(frame, "variance", c->variance, n, err);
  return st;
}

/* A list of { n, weight, n_event, curve }. */
static int push_fit(lua_State *L, const lb_expected *fit)
{
  lb_error err = {0};
  lua_createtable(L, (int)fit->n_groups, 0);
  for (size_t g = 0; g < fit->n_groups; g++) {
    const lb_expected_curve *c = &fit->curve[g];
    lua_createtable(L, 0, 4);
    lbl_set_count(L, "n", c->n);
    lbl_set_number(L, "weight", c->weight_total);
    lbl_set_number(L, "n_event", c->event_total);
    lb_frame **frame = lbl_frame_box(L);
    if (lb_frame_new(c->n_time, NULL, frame, &err) != LB_OK || add_curve(c, *frame, &err) != LB_OK)
      return lbl_raise(L, &err);
    lbl_account(L, 7 * c->n_time * sizeof(double));
    lua_setfield(L, -2, "curve");
    lua_rawseti(L, -2, (lua_Integer)g + 1);
  }
  return 1;
}

/* In the order of lb_expected_method. */
static const char *const METHODS[] = {"ederer1", "ederer2", "hakulinen", "pohar-perme", NULL};

/* expected(model, lives, method, times, potential, exponential) */
static int expected(lua_State *L)
{
  lua_settop(L, 6);
  const lb_model *model = lbl_check_model(L, 1);
  lbl_refuse_cluster(L, model);
  lbl_refuse_strata(L, model);
  const lives_box *all = luaL_checkudata(L, 2, LIVES_BOX);
  lb_expected_options opt = {.exponential = lua_toboolean(L, 6) == 1};
  opt.method = (lb_expected_method)lbl_check_choice(L, 3, "method", METHODS);
  const lb_column *potential = lua_isnil(L, 5) ? NULL : lbl_check_column(L, 5, "potential");
  if (all->lives.n != model->n_rows ||
      (potential != NULL && lb_column_length(potential) != model->n_rows))
    return lbl_raise_argument(L, 2, "lives", "those of the rows of the model's frame");
  fit_box *box = lua_newuserdatauv(L, sizeof *box, 0);
  *box = (fit_box){0};
  luaL_setmetatable(L, FIT_BOX);
  if (!lua_isnil(L, 4)) {
    lbl_check_table(L, 4, "times");
    opt.n_time = lua_rawlen(L, 4);
    double *time = lbl_scratch(L, opt.n_time, sizeof *time);
    for (size_t k = 0; k < opt.n_time; k++) {
      lua_rawgeti(L, 4, (lua_Integer)k + 1);
      time[k] = lbl_check_number(L, -1, "times");
      lua_pop(L, 1);
    }
    opt.time = time;
  }
  lb_error err = {0};
  if (take_people(model, all, potential, box, &err) != LB_OK) return lbl_raise(L, &err);
  opt.potential = potential == NULL ? NULL : box->potential;
  lb_surv y;
  lb_model_surv(model, &y);
  const lb_partition groups = {model->groups.code, model->groups.n};
  if (lb_expected_fit(&y, groups.n == 0 ? NULL : &groups, table_of(L, 2), &box->people.lives, &opt,
                      &box->fit, &err) != LB_OK)
    return lbl_raise(L, &err);
  return push_fit(L, &box->fit);
}

static const luaL_Reg FUNCTIONS[] = {{"population_table", population_table},
                                     {"lives", lives},
                                     {"population_hazard", population_hazard},
                                     {"expected", expected},
                                     {NULL, NULL}};

void lbl_open_population(lua_State *L)
{
  static const struct {
    const char *name;
    lua_CFunction gc;
  } boxes[] = {{TABLE_BOX, table_gc}, {LIVES_BOX, lives_gc}, {FIT_BOX, fit_gc}};
  for (size_t i = 0; i < sizeof boxes / sizeof boxes[0]; i++) {
    luaL_newmetatable(L, boxes[i].name);
    lua_pushcfunction(L, boxes[i].gc);
    lua_setfield(L, -2, "__gc");
    lua_pop(L, 1);
  }
  luaL_setfuncs(L, FUNCTIONS, 0);
}
