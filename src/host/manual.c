/* manual.c - the manual page and the completions, made of the table of options, so that they never
 * say something else than the program does. */
#include "host/manual.h"

#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

#include "host/options.h"
#include "host/session.h"

/* ---- The manual page ---- */

/* Text in the man macros: a hyphen is a minus to be typed, a backslash itself. */
static void put_roff(const char *text)
{
  for (; *text != '\0'; text++) {
    if (*text == '-')
      fputs("\\-", stdout);
    else if (*text == '\\')
      fputs("\\e", stdout);
    else
      putchar(*text);
  }
}

static void put_options(void)
{
  puts(".SH OPTIONS");
  for (int i = 0; i < lb_option_count; i++) {
    const lb_option *o = &lb_option_table[i];
    puts(".TP");
    fputs(o->argument == NULL ? ".B " : ".BI ", stdout);
    if (o->letter != 0) printf("\\-%c", o->letter);
    if (o->letter != 0 && o->word != NULL) fputs(",\\ ", stdout);
    if (o->letter == 0 || o->word != NULL) {
      fputs("\\-\\-", stdout);
      put_roff(o->word == NULL ? "" : o->word);
    }
    if (o->argument != NULL) printf(" \"\\ %s\"", o->argument);
    putchar('\n');
    put_roff(o->help);
    putchar('\n');
  }
}

static void put_commands(void)
{
  puts(".SH COMMANDS\nA script that is named like a command is run as\n.IR ./name .");
  for (int i = 0; i < lb_command_count; i++) {
    const lb_command *c = &lb_command_table[i];
    printf(".TP\n.BI \"%s \" \"%s\"\n", c->name, c->argument);
    put_roff(c->help);
    putchar('\n');
  }
}

void lb_manual_print(void)
{
  static const char HEAD[] =
      ".TH LOBULE 1 \"\" \"lobule " LOBULE_VERSION "\" \"User Commands\"\n"
      ".SH NAME\nlobule \\- a scripting host for clinical cohort research\n"
      ".SH SYNOPSIS\n.B lobule\n.RI [ options ]\n.RI [ script\n.RI [ arguments ]]\n.br\n"
      ".B lobule run\n.I RECIPE\n.RI [ options ]\n.br\n"
      ".B lobule recipe\n.I COMMAND\n.br\n"
      ".B lobule peek\n.I FILE\n.br\n.B lobule help\n.RI [ topic ]\n"
      ".SH DESCRIPTION\nRuns a Lua 5.4 script with the library of the module\n.B lobule\n"
      "inside: cohorts with their lineage, survival analysis, tables, figures and reports.\n"
      "Without a script it opens a prompt, or reads the script from standard input when that\n"
      "is no terminal; the script\n.B \\-\nis always standard input.\n";
  static const char TAIL[] =
      ".SH ENVIRONMENT\n.TP\n.B LOBULE_THREADS\nthreads to use; then\n.B OMP_NUM_THREADS\nis asked,"
      " then all cores are used. Results do not depend on it.\n"
      ".TP\n.B LOBULE_LUA\na folder whose Lua files come before those inside the program.\n"
      ".TP\n.BR LUA_PATH ,\\  LUA_CPATH\nas in\n.BR lua (1).\n"
      ".SH EXIT STATUS\n.TP\n.B 0\nsuccess.\n.TP\n.B 1\nan error in the script or its data.\n"
      ".TP\n.B 2\na bad command line, or data that a recipe cannot take.\n"
      ".TP\n.B 3\na recipe met its limits.\n.TP\n.B 130\nstopped by Ctrl\\-C.\n.PP\n"
      "A script may end with a status of its own.\n"
      ".SH SEE ALSO\n.BR lua (1);\nthe text of\n.B lobule help\n";
  fputs(HEAD, stdout);
  put_options();
  put_commands();
  fputs(TAIL, stdout);
}

/* ---- Completions ---- */

/* Every option as it is typed, after the separator; with `values` those that take one. */
static void put_words(bool values, const char *separator)
{
  const char *before = "";
  for (int i = 0; i < lb_option_count; i++) {
    const lb_option *o = &lb_option_table[i];
    if (values && o->argument == NULL) continue;
    if (o->letter != 0) printf("%s-%c", before, o->letter);
    if (o->letter != 0) before = separator;
    if (o->word != NULL) printf("%s--%s", before, o->word);
    before = separator;
  }
}

static void put_command_names(void)
{
  for (int i = 0; i < lb_command_count; i++) printf(" %s", lb_command_table[i].name);
}

/* Pushes the help topics, one a line, and the names of the recipes in the program. */
static void push_words(lua_State *L)
{
  static const char CODE[] = "return table.concat(require('lobule.help').topics(), '\\n'), "
                             "table.concat(require('lobule.recipe.locate').built_in(), ' ')";
  if (luaL_loadbuffer(L, CODE, sizeof CODE - 1, "@lobule/host") != LUA_OK ||
      lua_pcall(L, 0, 2, 0) != LUA_OK)
    lua_error(L);
}

#define USER_RECIPES "${XDG_DATA_HOME:-$HOME/.local/share}/lobule/recipes"

/* The first word that is neither an option nor an option's value decides: a command, else a script,
 * whose arguments are files. bash splits at "=", and topics may hold blanks, so they are quoted. */
static void put_bash(const char *topics, const char *recipes)
{
  fputs("# Completion of lobule for bash.\n_lobule()\n{\n"
        "  local cur=${COMP_WORDS[COMP_CWORD]} word first= i words\n  local topics=",
        stdout);
  printf("'%s'", topics); /* identifiers and blanks: lobule.help sees to it */
  fputs("\n  COMPREPLY=()\n  for ((i = 1; i < COMP_CWORD; i++)); do\n"
        "    word=${COMP_WORDS[i]}\n    case $word in\n      ",
        stdout);
  put_words(true, "|");
  fputs(")\n        [[ ${COMP_WORDS[i + 1]} == = ]] && ((i++))\n"
        "        ((i + 1 >= COMP_CWORD)) && return\n        ((i++)) ;;\n"
        "      -?*) ;;\n      *) first=$word; break ;;\n    esac\n  done\n"
        "  if [[ $first == help ]]; then\n    ((i + 1 == COMP_CWORD)) || return\n"
        "    local IFS=$'\\n'\n"
        "    mapfile -t words < <(compgen -W \"$topics\" -- \"$cur\")\n"
        "    for word in \"${words[@]}\"; do\n"
        "      printf -v word %q \"$word\"\n      COMPREPLY+=(\"$word\")\n    done\n"
        "    return\n  fi\n"
        "  if [[ $first == recipe ]] && ((i + 1 == COMP_CWORD)); then\n"
        "    mapfile -t COMPREPLY < <(compgen -W '",
        stdout);
  fputs(lb_recipe_commands, stdout);
  fputs("' -- \"$cur\")\n    return\n  fi\n"
        "  if { [[ $first == run ]] && ((i + 1 == COMP_CWORD)); } ||\n"
        "     { [[ $first == recipe ]] && ((i + 2 == COMP_CWORD)); }; then\n    words=(",
        stdout);
  fputs(recipes, stdout);
  fputs(")\n"
        "    for word in recipes/*.lua \"" USER_RECIPES "\"/*.lua; do\n"
        "      [[ -e $word ]] && word=${word##*/} && words+=(\"${word%.lua}\")\n    done\n"
        "    mapfile -t COMPREPLY < <(compgen -W \"${words[*]}\" -- \"$cur\" | sort -u)\n  fi\n"
        "  if [[ -z $first ]]; then\n    mapfile -t COMPREPLY < <(compgen -W '",
        stdout);
  put_words(false, " ");
  put_command_names();
  fputs("' -- \"$cur\")\n  fi\n  compopt -o filenames 2>/dev/null\n"
        "  mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- \"$cur\")\n"
        "}\ncomplete -F _lobule lobule\n",
        stdout);
}

/* Text between single quotes inside zsh's specifications. */
static void put_zsh_text(const char *text)
{
  for (; *text != '\0'; text++) {
    if (strchr("[]:\\", *text) != NULL) putchar('\\');
    putchar(*text);
  }
}

/* Each line of a text in quotes, as the items of an array. */
static void put_lines(const char *text)
{
  for (size_t n = strcspn(text, "\n"); text[0] != '\0'; n = strcspn(text, "\n")) {
    printf("'%.*s' ", (int)n, text);
    text += n + (text[n] == '\n');
  }
}

static void put_zsh(const char *topics, const char *recipes)
{
  fputs("#compdef lobule\n# Completion of lobule for zsh.\nlocal -a topics commands\n"
        "topics=(",
        stdout);
  put_lines(topics);
  fputs(")\ncommands=(", stdout);
  for (int i = 0; i < lb_command_count; i++) {
    printf("%s'%s:", i > 0 ? " " : "", lb_command_table[i].name);
    put_zsh_text(lb_command_table[i].help);
    putchar('\'');
  }
  fputs(")\n_lobule_first() { _describe command commands; _files }\n"
        "_lobule_rest() {\n  if [[ $line[1] == help ]]; then compadd -a topics\n"
        "  elif [[ $line[1] == recipe && ${#line} == 2 ]]; then compadd ",
        stdout);
  fputs(lb_recipe_commands, stdout);
  fputs("\n  elif [[ $line[1] == run && ${#line} == 2 || $line[1] == recipe && ${#line} == 3 ]]; "
        "then\n    local -aU recipes\n    recipes=(",
        stdout);
  fputs(recipes, stdout);
  fputs(" recipes/*.lua(N:t:r) " USER_RECIPES "/*.lua(N:t:r))\n    compadd -a recipes; _files\n"
        "  else _files; fi\n}\n"
        "local -a line\n_arguments -S \\\n",
        stdout);
  for (int i = 0; i < lb_option_count; i++) {
    const lb_option *o = &lb_option_table[i];
    const char *value = o->argument == NULL ? "" : o->argument;
    char name[2][64] = {"", ""};
    if (o->letter != 0) snprintf(name[0], sizeof name[0], "-%c", o->letter);
    if (o->word != NULL) snprintf(name[1], sizeof name[1], "--%s", o->word);
    for (int k = 0; k < 2; k++) {
      if (name[k][0] == '\0') continue;
      printf("  '%s%s[", name[k], value[0] != '\0' && k == 1 ? "=" : value[0] != '\0' ? "+" : "");
      put_zsh_text(o->help);
      printf("]%s%s%s' \\\n", value[0] != '\0' ? ":" : "", value, value[0] != '\0' ? ": " : "");
    }
  }
  fputs("  '1: :_lobule_first' \\\n  '*: :_lobule_rest'\n", stdout);
}

int lb_completion_print(lua_State *L, const char *shell)
{
  bool bash = strcmp(shell, "bash") == 0;
  if (!bash && strcmp(shell, "zsh") != 0) {
    fputs("lobule: completions are for bash or zsh\n", stderr);
    return LB_EXIT_USAGE;
  }
  push_words(L);
  (bash ? put_bash : put_zsh)(lua_tostring(L, -2), lua_tostring(L, -1));
  lua_pop(L, 2);
  return LB_EXIT_OK;
}
