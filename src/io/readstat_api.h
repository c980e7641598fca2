/* readstat_api.h - the functions of ReadStat that we call, and what its date formats mean. */
#ifndef LB_IO_READSTAT_API_H
#define LB_IO_READSTAT_API_H
#include <readstat.h>

#include "base/error.h"
#include "io/readstat.h"
#include <stdbool.h>

#define LB_STAT_FUNCTIONS(F)                                                                       \
  F(error_message)                                                                                 \
  F(parser_init)                                                                                   \
  F(parser_free)                                                                                   \
  F(set_metadata_handler)                                                                          \
  F(set_variable_handler)                                                                          \
  F(set_value_handler)                                                                             \
  F(set_value_label_handler)                                                                       \
  F(set_progress_handler)                                                                          \
  F(set_open_handler)                                                                              \
  F(set_close_handler)                                                                             \
  F(set_seek_handler)                                                                              \
  F(set_read_handler)                                                                              \
  F(set_update_handler)                                                                            \
  F(set_io_ctx)                                                                                    \
  F(set_file_character_encoding)                                                                   \
  F(parse_dta)                                                                                     \
  F(parse_sav)                                                                                     \
  F(parse_por)                                                                                     \
  F(parse_sas7bdat)                                                                                \
  F(parse_xport)                                                                                   \
  F(get_row_count)                                                                                 \
  F(value_type_class)                                                                              \
  F(value_is_system_missing)                                                                       \
  F(value_is_tagged_missing)                                                                       \
  F(value_is_defined_missing)                                                                      \
  F(value_tag)                                                                                     \
  F(double_value)                                                                                  \
  F(string_value)                                                                                  \
  F(variable_get_name)                                                                             \
  F(variable_get_label)                                                                            \
  F(variable_get_format)                                                                           \
  F(variable_get_index)                                                                            \
  F(variable_get_type_class)                                                                       \
  F(variable_get_missing_ranges_count)                                                             \
  F(variable_get_missing_range_lo)                                                                 \
  F(variable_get_missing_range_hi)                                                                 \
  F(writer_init)                                                                                   \
  F(writer_free)                                                                                   \
  F(set_data_writer)                                                                               \
  F(add_label_set)                                                                                 \
  F(label_double_value)                                                                            \
  F(label_int32_value)                                                                             \
  F(add_variable)                                                                                  \
  F(variable_set_label)                                                                            \
  F(variable_set_format)                                                                           \
  F(variable_set_label_set)                                                                        \
  F(get_variable)                                                                                  \
  F(writer_set_file_timestamp)                                                                     \
  F(writer_set_file_format_version)                                                                \
  F(writer_set_table_name)                                                                         \
  F(begin_writing_dta)                                                                             \
  F(begin_writing_sav)                                                                             \
  F(begin_writing_xport)                                                                           \
  F(begin_row)                                                                                     \
  F(insert_int8_value)                                                                             \
  F(insert_int32_value)                                                                            \
  F(insert_double_value)                                                                           \
  F(insert_string_value)                                                                           \
  F(insert_missing_value)                                                                          \
  F(end_row)                                                                                       \
  F(end_writing)

#define LB_STAT_POINTER(name) __typeof__(readstat_##name) *name;
typedef struct lb_stat_api {
  LB_STAT_FUNCTIONS(LB_STAT_POINTER)
} lb_stat_api;

/* LB_EIO when the library is missing. */
lb_status lb_stat_api_open(lb_stat_api *out, lb_error *err);

typedef enum lb_stat_shows {
  LB_SHOWS_NUMBER,
  LB_SHOWS_DATE,
  LB_SHOWS_DATETIME,
  LB_SHOWS_TIME,   /* of day, or a duration: stays a number */
  LB_SHOWS_PERIOD, /* Stata's weeks, months, quarters, half-years: stays a number */
  LB_SHOWS_LEAP    /* Stata's %tC: milliseconds that count leap seconds; stays a number */
} lb_stat_shows;

/* What a variable's display format shows: "DATE9." "EDATE10" "%td". */
lb_stat_shows lb_stat_format_shows(const char *format, lb_stat_format file);
/* Microseconds since 1970 of a stored date or datetime, rounded; false outside the years 1 to
 * 9999. */
bool lb_stat_microseconds(double stored, lb_stat_shows shows, lb_stat_format file,
                          int64_t *microseconds);
/* The stored number of microseconds since 1970. */
double lb_stat_stored(int64_t microseconds, lb_stat_shows shows, lb_stat_format file);
const char *lb_stat_format_name(lb_stat_format format); /* "sav" */
#endif
