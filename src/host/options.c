/* options.c - the command line: options as stock lua's, then a script, a command, or nothing. */
#include "host/options.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/names.h"
#include "base/str.h"

#define MAX_THREADS 1024

const lb_option lb_option_table[] = {
    {'e', NULL, "code", "run a line of Lua; lb is there already"},
    {'l', NULL, "name", "require a module into the global of that name"},
    {'i', NULL, NULL, "then the prompt"},
    {'v', "version", NULL, "show the version"},
    {'h', "help", NULL, "show this text"},
    {0, "threads", "N", "threads to use (1 to 1024)"},
    {0, "color", "WHEN", "colours: auto (on a terminal), always or never"},
    {0, "no-strict", NULL, "undefined names read as nil"},
    {0, NULL, NULL, "end of the options"},
};
const int lb_option_count = sizeof lb_option_table / sizeof *lb_option_table;

const lb_command lb_command_table[] = {
    {"run", "RECIPE", "run a recipe on a data file; --help shows its options"},
    {"verify", "REPORT", "run a report again and say what still holds"},
    {"recipe", "COMMAND", "find, make, test, pack, install, sign recipes"},
    {"recipes", "[word]", "the recipes that there are, or those about a word"},
    {"peek", "FILE", "what is in a data file; never rows, never ids"},
    {"help", "[topic]", "help, also as help() at the prompt"},
};
const int lb_command_count = sizeof lb_command_table / sizeof *lb_command_table;

const char lb_recipe_commands[] = "list show suggest new test pack install sign verify";

static void print_line(FILE *to, const char *name, const char *help)
{
  fprintf(to, "  %-19s %s\n", name, help);
}

void lb_usage_print(bool to_stderr)
{
  FILE *to = to_stderr ? stderr : stdout;
  char name[64];
  fputs("usage: lobule [options] [script [args]]\n", to);
  print_line(to, "script.lua [args]", "run a script; - reads it from standard input");
  for (int i = 0; i < lb_option_count; i++) {
    const lb_option *o = &lb_option_table[i];
    int n = 0;
    if (o->letter != 0) n = snprintf(name, sizeof name, "-%c", o->letter);
    if (o->letter == 0 || o->word != NULL)
      n += snprintf(name + n, sizeof name - (size_t)n, "%s--%s", n > 0 ? ", " : "",
                    o->word == NULL ? "" : o->word);
    if (o->argument != NULL) snprintf(name + n, sizeof name - (size_t)n, " %s", o->argument);
    print_line(to, name, o->help);
  }
  for (int i = 0; i < lb_command_count; i++) {
    const lb_command *c = &lb_command_table[i];
    snprintf(name, sizeof name, "%s %s", c->name, c->argument);
    print_line(to, name, c->help);
  }
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
  static const char *const COMMANDS[] = {"run", "recipe", "recipes", "verify", NULL};
  if (strcmp(argument, "-") == 0) return LB_MODE_STDIN;
  if (strcmp(argument, "help") == 0) return LB_MODE_HELP;
  if (strcmp(argument, "peek") == 0) return LB_MODE_PEEK;
  if (strcmp(argument, "__man") == 0) return LB_MODE_MANUAL;
  if (strcmp(argument, "__complete") == 0) return LB_MODE_COMPLETION;
  return is_one_of(argument, COMMANDS) ? LB_MODE_COMMAND : LB_MODE_SCRIPT;
}

/* The value of --threads. */
static bool take_threads(lb_options *o, const char *value)
{
  int64_t n;
  if (!lb_parse_integer(value, strlen(value), &n) || n < 1 || n > MAX_THREADS)
    return refuse("--threads takes a number from 1 to 1024, not", value);
  o->threads = (int)n;
  return true;
}

/* The value of --color. */
static bool take_color(lb_options *o, const char *value)
{
  static const char *const WHEN[] = {"auto", "always", "never", NULL};
  if (!is_one_of(value, WHEN)) return refuse("--color takes auto, always or never, not", value);
  o->color = value;
  return true;
}

static bool take(lb_options *o, const lb_option *option, const char *value)
{
  if (option->letter == 'i') o->interactive = true;
  if (option->letter == 'v') o->version = true;
  if (option->letter == 'h') o->usage = true;
  if (option->word == NULL) return true; /* -e and -l wait for lb_options_next */
  if (strcmp(option->word, "no-strict") == 0) o->strict = false;
  if (strcmp(option->word, "color") == 0) return take_color(o, value);
  return strcmp(option->word, "threads") != 0 || take_threads(o, value);
}

static bool refuse_word(const char *argument, size_t length)
{
  const char *words[16];
  char given[64];
  size_t n = 0;
  for (int i = 0; i < lb_option_count && n < sizeof words / sizeof *words; i++)
    if (lb_option_table[i].word != NULL) words[n++] = lb_option_table[i].word;
  snprintf(given, sizeof given, "%.*s", (int)(length < 60 ? length : 60), argument + 2);
  size_t nearest = lb_name_nearest(given, words, n);
  if (nearest == n) return refuse("unknown option", argument);
  fprintf(stderr, "lobule: unknown option '%s' (did you mean '--%s'?)\n", argument, words[nearest]);
  lb_usage_print(true);
  return false;
}

/* A long option at argv[*i]: --word, --word value or --word=value. */
static bool parse_long(lb_options *o, int *i)
{
  const char *argument = o->argv[*i], *value = strchr(argument, '=');
  size_t length = value == NULL ? strlen(argument) : (size_t)(value - argument);
  const lb_option *found = NULL;
  for (int k = 0; k < lb_option_count; k++) {
    const char *word = lb_option_table[k].word;
    if (word != NULL && strlen(word) == length - 2 && memcmp(word, argument + 2, length - 2) == 0)
      found = &lb_option_table[k];
  }
  if (found == NULL) return refuse_word(argument, length);
  if (found->argument == NULL)
    return value == NULL ? take(o, found, NULL) : refuse("no value is taken by", argument);
  if (value == NULL && *i + 1 >= o->argc) return refuse("a value is missing after", argument);
  return take(o, found, value == NULL ? o->argv[++*i] : value + 1);
}

/* An option of one letter at argv[*i]; -e and -l may have their value in the same word. */
static bool parse_short(lb_options *o, int *i)
{
  const char *argument = o->argv[*i];
  const lb_option *found = NULL;
  for (int k = 0; k < lb_option_count; k++)
    if (lb_option_table[k].letter == argument[1]) found = &lb_option_table[k];
  if (found == NULL || (found->argument == NULL && argument[2] != '\0'))
    return refuse("unknown option", argument);
  if (found->argument != NULL && argument[2] == '\0') {
    if (*i + 1 >= o->argc) return refuse("a value is missing after", argument);
    ++*i;
  }
  return take(o, found, NULL);
}

bool lb_options_parse(int argc, char **argv, lb_options *out)
{
  lb_options o = {.argc = argc, .argv = argv, .script = argc, .strict = true, .color = "auto"};
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
    if (strcmp(argument, "--threads") == 0 || strcmp(argument, "--color") == 0) i++;
    if (argument[1] != 'e' && argument[1] != 'l') continue;
    *kind = argument[1];
    *value = argument[2] != '\0' ? argument + 2 : options->argv[++i];
    *at = i;
    return true;
  }
  return false;
}
