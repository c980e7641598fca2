/* options.h - the command line, taken apart, and the one table that its help, the manual page and
 * the shells' completions are made of. */
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
  LB_MODE_MANUAL,     /* lobule __man: for make install */
  LB_MODE_COMPLETION, /* lobule __complete bash|zsh: for make install */
  LB_MODE_COMMAND     /* lobule run, recipe, verify */
} lb_mode;

/* Borrows argv. */
typedef struct lb_options {
  int argc;
  char **argv;
  lb_mode mode;
  int script; /* index of the script, command or "-" in argv; argc when there is none */
  bool interactive, version, usage, strict;
  int threads;       /* 0 = as the environment says */
  const char *color; /* "auto", "always" or "never" */
} lb_options;

/* An option or, with neither letter nor word, "--". */
typedef struct lb_option {
  char letter;          /* 'v' of -v; 0: none */
  const char *word;     /* "version" of --version; NULL: none */
  const char *argument; /* "N"; NULL: takes none */
  const char *help;     /* what it does, in a few words */
} lb_option;

typedef struct lb_command {
  const char *name, *argument, *help;
} lb_command;

extern const lb_option lb_option_table[];
extern const int lb_option_count;
extern const lb_command lb_command_table[];
extern const int lb_command_count;
extern const char lb_recipe_commands[]; /* words that may follow `recipe`, with blanks between */

/* false: a bad command line, which has been explained on stderr. */
bool lb_options_parse(int argc, char **argv, lb_options *out);
/* The -e and -l options in order. *at starts at 0; false at the end. */
bool lb_options_next(const lb_options *options, int *at, char *kind, const char **value);
void lb_usage_print(bool to_stderr);
#endif
