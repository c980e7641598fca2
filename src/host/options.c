/* options.c - the command line: options as stock lua's, then a script, a command, or nothing. */
#include "host/options.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

#define MAX_THREADS 1024

static const char USAGE[] = "usage: lobule [options] [script [args]]\n"
                            "  script.lua [args]   run a script; - reads it from standard input\n"
                            "  -e code             run a line of Lua; lb is there already\n"
                            "  -l name             require a module into the global of that name\n"
                            "  -i                  then the prompt\n"
                            "  -v, --version       show the version\n"
                            "  --threads N         threads to use (1 to 1024)\n"
                            "  --no-strict         undefined names read as nil\n"
                            "  --                  end of the options\n"
                            "  peek FILE           what is in a data file; never rows, never ids\n"
                            "  help [topic]        help, also as help() at the prompt\n";

void lb_usage_print(bool to_stderr)
{
  fputs(USAGE, to_stderr ? stderr : stdout);
}

static bool refuse(const char *what, const char *argument)
{
  fprintf(stderr, "lobule: %s '%s'\n", what, argument);
  lb_usage_print(true);
  return false;
}

static bool is_one_of(const char *word, const char *const *words)
{
  for (; *words != NULL; words++)
    if (strcmp(word, *words) == 0) return true;
  return false;
}

/* What the first argument that is no option asks for. A file named like a command needs a slash:
 * ./run */
static lb_mode mode_of(const char *argument)
{
  static const char *const COMMANDS[] = {"run", "recipe", "verify", NULL};
  if (strcmp(argument, "-") == 0) return LB_MODE_STDIN;
  if (strcmp(argument, "help") == 0) return LB_MODE_HELP;
  if (strcmp(argument, "peek") == 0) return LB_MODE_PEEK;
  return is_one_of(argument, COMMANDS) ? LB_MODE_UNAVAILABLE : LB_MODE_SCRIPT;
}

/* --threads N or --threads=N at argv[*i]. */
static bool parse_threads(lb_options *o, int *i)
{
  const char *value = o->argv[*i] + strlen("--threads");
  int64_t n;
  if (*value == '=')
    value++;
  else if (*i + 1 < o->argc)
    value = o->argv[++*i];
  else
    return refuse("a number is missing after", "--threads");
  if (!lb_parse_integer(value, strlen(value), &n) || n < 1 || n > MAX_THREADS)
    return refuse("--threads takes a number from 1 to 1024, not", value);
  o->threads = (int)n;
  return true;
}

/* A long option at argv[*i]. */
static bool parse_long(lb_options *o, int *i)
{
  const char *argument = o->argv[*i];
  if (strcmp(argument, "--version") == 0)
    o->version = true;
  else if (strcmp(argument, "--help") == 0)
    o->usage = true;
  else if (strcmp(argument, "--no-strict") == 0)
    o->strict = false;
  else if (strcmp(argument, "--threads") == 0 || strncmp(argument, "--threads=", 10) == 0)
    return parse_threads(o, i);
  else
    return refuse("unknown option", argument);
  return true;
}

/* An option of one letter at argv[*i]; -e and -l may have their value in the same word. */
static bool parse_short(lb_options *o, int *i)
{
  const char *argument = o->argv[*i];
  char letter = argument[1];
  if (letter == 'e' || letter == 'l') {
    if (argument[2] != '\0') return true;
    if (*i + 1 >= o->argc) return refuse("a value is missing after", argument);
    ++*i;
    return true;
  }
  if (argument[2] != '\0') return refuse("unknown option", argument);
  if (letter == 'i')
    o->interactive = true;
  else if (letter == 'v')
    o->version = true;
  else if (letter == 'h')
    o->usage = true;
  else
    return refuse("unknown option", argument);
  return true;
}

bool lb_options_parse(int argc, char **argv, lb_options *out)
{
  lb_options o = {.argc = argc, .argv = argv, .script = argc, .strict = true};
  int i = 1;
  for (; i < argc && argv[i][0] == '-' && argv[i][1] != '\0'; i++) {
    if (strcmp(argv[i], "--") == 0) {
      i++;
      break;
    }
    if (!(argv[i][1] == '-' ? parse_long(&o, &i) : parse_short(&o, &i))) return false;
  }
  if (i < argc) {
    o.script = i;
    bool dashes = i > 1 && strcmp(argv[i - 1], "--") == 0; /* after -- stands a script */
    o.mode = dashes && strcmp(argv[i], "-") != 0 ? LB_MODE_SCRIPT : mode_of(argv[i]);
  } else {
    int at = 0;
    char kind;
    const char *value;
    bool asked = o.version;
    while (lb_options_next(&o, &at, &kind, &value)) asked |= kind == 'e';
    o.mode = asked && !o.interactive ? LB_MODE_NONE : LB_MODE_REPL;
  }
  *out = o;
  return true;
}

bool lb_options_next(const lb_options *options, int *at, char *kind, const char **value)
{
  for (int i = *at + 1; i < options->script; i++) {
    const char *argument = options->argv[i];
    if (strcmp(argument, "--threads") == 0) i++;
    if (argument[1] != 'e' && argument[1] != 'l') continue;
    *kind = argument[1];
    *value = argument[2] != '\0' ? argument + 2 : options->argv[++i];
    *at = i;
    return true;
  }
  return false;
}
