/* persons.c - whose rows a model has, for Lua. */
#include "model/model_persons.h"

#include <string.h>

#include "bind/bind.h"

/* model_persons(model, frame, id) */
static int model_persons(lua_State *L)
{
  lua_settop(L, 3);
  const lb_model *model = lbl_check_model(L, 1);
  lb_frame *frame = lbl_check_frame(L, 2, "frame");
  const char *id = lbl_check_name(L, 3, "id");
  lb_error err = {0};
  lb_persons persons;
  size_t at;
  if (model->n_rows != lb_frame_rows(frame)) {
    lb_error_set(&err, LB_EARG, "the model was built of another frame");
    return lbl_raise(L, &err);
  }
  if (lb_frame_index(frame, id, strlen(id), &at, &err) != LB_OK) return lbl_raise(L, &err);
  if (model->row == NULL || model->event == NULL) return 0; /* counted, or intervals: nil */
  if (lb_model_persons(model, frame, at, &persons, &err) != LB_OK) return lbl_raise(L, &err);
  lua_createtable(L, 0, 3);
  lbl_set_count(L, "n", persons.n);
  lbl_set_count(L, "n_several", persons.n_several);
  lbl_set_count(L, "n_overlap", persons.n_overlap);
  return 1;
}

static const luaL_Reg FUNCTIONS[] = {{"model_persons", model_persons}, {NULL, NULL}};

void lbl_open_persons(lua_State *L)
{
  luaL_setfuncs(L, FUNCTIONS, 0);
}
