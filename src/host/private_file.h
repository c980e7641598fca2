/* private_file.h - the history of the prompt: a file that only its owner reads, shared by sessions.
 */
#ifndef LB_HOST_PRIVATE_FILE_H
#define LB_HOST_PRIVATE_FILE_H
#include <lua.h>

/* append_private(path, text) -> true | nil, why; for lobule.host. Missing folders above are made,
 * for the owner only; the file too. A whole text goes in at once, whatever other sessions write. */
int lb_private_append(lua_State *L);
#endif
