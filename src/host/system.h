/* system.h - what the program's own commands need of the system beyond files' contents: another
 * program run without a shell, what stands at a path, a folder for temporary files. A recipe's
 * process never has these: its kernel filter allows no program and no path. */
#ifndef LB_HOST_SYSTEM_H
#define LB_HOST_SYSTEM_H
#include <lua.h>

/* run_program(argv: string[], input?: string) -> status, output | nil, why
 * Runs the program argv[1], found by PATH, with the file `input` (else nothing) as standard input,
 * and waits for its end. status: its exit status, 128 + n after signal n; output: what it wrote to
 * both outputs, at most 1 MiB. It keeps the terminal, so that it may ask for a passphrase. nil: it
 * cannot be started ("No such file or directory" when there is none of that name). */
int lb_system_run(lua_State *L);
/* path_kind(path) -> "file" | "folder" | "link" | "other" | nil: nothing there. Links are not
 * followed. */
int lb_system_path_kind(lua_State *L);
/* temporary_folder() -> path: a fresh folder that only the user may enter; the caller removes it.
 */
int lb_system_temporary_folder(lua_State *L);
#endif
