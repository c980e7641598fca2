/* sandbox.h - the limits under which a recipe runs: memory, processor time, files, system calls. */
#ifndef LB_HOST_SANDBOX_H
#define LB_HOST_SANDBOX_H
#include <stdbool.h>
#include <stdint.h>

typedef struct lb_sandbox_limits {
  int64_t cpu_seconds;
  int64_t memory_bytes; /* of the address space beyond what the program itself takes */
  int threads;          /* that computing may start: their stacks come on top of memory_bytes */
} lb_sandbox_limits;

/* What is in force. */
typedef struct lb_sandbox_state {
  bool limits;   /* processor time, memory, no files to write */
  bool landlock; /* no file, no network by the kernel's access rules */
  bool seccomp;  /* no system call but those that computing needs */
} lb_sandbox_state;

/* The stack that a thread of the child is to have: said by OMP_STACKSIZE, in KiB. */
#define LB_SANDBOX_STACK_KIB "2048"

/* Gives up, for good, everything but computing, reading standard input and writing standard output
 * and error. Call before any thread starts. What the kernel lacks stays false. */
lb_sandbox_state lb_sandbox_enter(const lb_sandbox_limits *limits);
#endif
