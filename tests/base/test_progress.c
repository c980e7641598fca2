/* test_progress.c - the counters: steps of many threads add up, work within work is part of it, and
 * whoever watches sees the begin, the steps and the end. */
#include "check.h"

#include <stdatomic.h>

#include "base/parallel.h"
#include "base/progress.h"

enum { N_BLOCKS = 200, PER_BLOCK = 50 };

static atomic_int n_calls, n_ends;
static _Atomic uint64_t most;
static lb_progress last;

static void note(lb_progress now)
{
  uint64_t before = atomic_load(&most);
  atomic_fetch_add(&n_calls, 1);
  assert_true(now.done <= now.total);
  while (now.done > before && !atomic_compare_exchange_weak(&most, &before, now.done)) continue;
  if (now.label == NULL) atomic_fetch_add(&n_ends, 1);
}

static void keep(lb_progress now)
{
  last = now;
  note(now);
}

static int set_up(void **state)
{
  (void)state;
  n_calls = n_ends = 0;
  most = 0;
  last = (lb_progress){0};
  return 0;
}

static int tear_down(void **state)
{
  lb_progress_set_watch(NULL);
  return lb_no_leak(state);
}

static void block(void *context, size_t i)
{
  (void)context;
  (void)i;
  for (int k = 0; k < PER_BLOCK; k++) lb_progress_step(3);
}

static void test_steps_of_many_threads_add_up(void **state)
{
  (void)state;
  lb_progress_set_watch(note);
  lb_threads_set(4);
  lb_progress_begin("work", (uint64_t)3 * N_BLOCKS * PER_BLOCK);
  assert_true(lb_parallel(N_BLOCKS, true, block, NULL));
  lb_progress_end();
  lb_threads_set(0);
  assert_int_equal(most, 3 * N_BLOCKS * PER_BLOCK);
  assert_int_equal(n_calls, N_BLOCKS * PER_BLOCK + 2);
  assert_int_equal(n_ends, 1);
}

static void test_begin_step_end(void **state)
{
  (void)state;
  lb_progress_set_watch(keep);
  lb_progress_begin("work", 10);
  assert_string_equal(last.label, "work");
  assert_int_equal(last.done, 0);
  assert_int_equal(last.total, 10);
  lb_progress_step(4);
  assert_int_equal(last.done, 4);
  lb_progress_step(40); /* more than was announced: never beyond the whole */
  assert_int_equal(last.done, 10);
  lb_progress_end();
  assert_null(last.label);
  lb_progress_begin("next", 7);
  assert_int_equal(last.done, 0);
  assert_int_equal(last.total, 7);
  lb_progress_end();
  assert_int_equal(n_ends, 2);
}

static void test_work_within_work_is_not_seen(void **state)
{
  (void)state;
  lb_progress_set_watch(keep);
  lb_progress_begin("outer", 10);
  lb_progress_step(5);
  lb_progress_begin("inner", 100);
  lb_progress_step(50);
  lb_progress_end();
  assert_string_equal(last.label, "outer");
  assert_int_equal(last.done, 5);
  lb_progress_step(1);
  assert_int_equal(last.done, 6);
  lb_progress_end();
  assert_int_equal(n_ends, 1);
}

static void test_steps_without_work_and_without_watcher(void **state)
{
  (void)state;
  lb_progress_set_watch(keep);
  lb_progress_step(5);
  assert_int_equal(n_calls, 0);
  lb_progress_set_watch(NULL);
  lb_progress_begin("work", 1);
  lb_progress_step(1);
  lb_progress_end();
  assert_int_equal(n_calls, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_begin_step_end),
      TEST(test_steps_of_many_threads_add_up),
      TEST(test_work_within_work_is_not_seen),
      TEST(test_steps_without_work_and_without_watcher),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
