/* terminal.h - what the terminal is like, the pager, the memory used: functions of lobule.host. */
#ifndef LB_HOST_TERMINAL_H
#define LB_HOST_TERMINAL_H
#include <lua.h>

/* terminal() -> { input, output, errors: whether each is a terminal; width, height: of the output,
 * nil when not known }. A known width is put into COLUMNS, as readline does: tables are fitted to
 * it. */
int lb_terminal_facts(lua_State *L);
/* page(command, text) -> true | nil, why: a shell's command is given the text and waited for;
 * Ctrl-C is its own. */
int lb_terminal_page(lua_State *L);
/* memory() -> the most bytes of memory that the program has held at once. */
int lb_terminal_memory(lua_State *L);
#endif
