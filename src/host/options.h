/* options.h - the command line, taken apart. */
#ifndef LB_HOST_OPTIONS_H
#define LB_HOST_OPTIONS_H
#include <stdbool.h>

typedef enum lb_mode {
  LB_MODE_REPL,       /* no script */
  LB_MODE_SCRIPT,     /* a file */
  LB_MODE_STDIN,      /* "-" */
  LB_MODE_NONE,       /* only what the options say: -e, -v */
  LB_MODE_HELP,       /* lobule help [topic] */
  LB_MODE_PEEK,       /* lobule peek FILE */
  LB_MODE_UNAVAILABLE /* a command that this version does not have */
} lb_mode;

/* Borrows argv. */
typedef struct lb_options {
  int argc;
  char **argv;
  lb_mode mode;
  int script; /* index of the script, command or "-" in argv; argc when there is none */
  bool interactive, version, usage, strict;
  int threads; /* 0 = as the environment says */
} lb_options;

/* false: a bad command line, which has been explained on stderr. */
bool lb_options_parse(int argc, char **argv, lb_options *out);
/* The -e and -l options in order. *at starts at 0; false at the end. */
bool lb_options_next(const lb_options *options, int *at, char *kind, const char **value);
void lb_usage_print(bool to_stderr);
#endif
