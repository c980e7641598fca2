/* readstat_api.c - ReadStat's functions by name, and the epochs and date formats of three programs.
 */
#include "io/readstat_api.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "io/library.h"

#define SECOND     1000000LL
#define DAY        (86400 * SECOND)
#define EPOCH_1960 3653   /* days from 1960-01-01 to 1970-01-01 */
#define EPOCH_1582 141428 /* days from 1582-10-14 to 1970-01-01 */
#define FIRST_DAY  (-719162)
#define LAST_DAY   2932896

lb_status lb_stat_api_open(lb_stat_api *out, lb_error *err)
{
#define SYMBOL(name) {"readstat_" #name, offsetof(lb_stat_api, name)},
  static const lb_library_symbol SYMBOLS[] = {LB_STAT_FUNCTIONS(SYMBOL)};
#undef SYMBOL
  static const lb_library READSTAT = {"libreadstat.so.1", "libreadstat1",
                                      "SAS, SPSS and Stata files", SYMBOLS,
                                      sizeof SYMBOLS / sizeof *SYMBOLS};
  return lb_library_open(&READSTAT, out, err);
}

const char *lb_stat_format_name(lb_stat_format format)
{
  static const char *const NAMES[] = {"xpt", "sas7bdat", "sav", "por", "dta"};
  return NAMES[format];
}

static lb_stat_shows stata_shows(const char *format)
{
  if (format[0] != '%') return LB_SHOWS_NUMBER;
  format += format[1] == '-' ? 2 : 1;
  if (format[0] == 'd') return LB_SHOWS_DATE;
  if (format[0] != 't') return LB_SHOWS_NUMBER;
  switch (format[1]) {
  case 'd':
    return LB_SHOWS_DATE;
  case 'c':
    return LB_SHOWS_DATETIME;
  case 'C':
    return LB_SHOWS_LEAP;
  default:
    return LB_SHOWS_PERIOD;
  }
}

static bool among(const char *word, const char *const *list)
{
  for (size_t i = 0; list[i] != NULL; i++)
    if (strcmp(word, list[i]) == 0) return true;
  return false;
}

static lb_stat_shows spss_shows(const char *word)
{
  static const char *const DATES[] = {"DATE", "ADATE", "EDATE", "SDATE", "JDATE",
                                      "QYR",  "MOYR",  "WKYR",  NULL};
  static const char *const DATETIMES[] = {"DATETIME", "YMDHMS", NULL};
  static const char *const TIMES[] = {"TIME", "DTIME", "MTIME", NULL};
  if (among(word, DATES)) return LB_SHOWS_DATE;
  if (among(word, DATETIMES)) return LB_SHOWS_DATETIME;
  return among(word, TIMES) ? LB_SHOWS_TIME : LB_SHOWS_NUMBER;
}

/* SAS 9.4 formats and informats by example: dates, times and datetimes; the letter that may end a
 * YYMMDD or MMDDYY name is its separator. */
static lb_stat_shows sas_shows(const char *word)
{
  static const char *const DATES[] = {
      "DATE",    "DAY",     "DDMMYY",  "DDMMYYB", "DDMMYYC",  "DDMMYYD",   "DDMMYYN",  "DDMMYYP",
      "DDMMYYS", "DOWNAME", "JULDAY",  "JULIAN",  "MMDDYY",   "MMDDYYB",   "MMDDYYC",  "MMDDYYD",
      "MMDDYYN", "MMDDYYP", "MMDDYYS", "MMYY",    "MMYYC",    "MMYYD",     "MMYYN",    "MMYYP",
      "MMYYS",   "MONNAME", "MONTH",   "MONYY",   "QTR",      "QTRR",      "WEEKDATE", "WEEKDATX",
      "WEEKDAY", "WEEKU",   "WEEKV",   "WEEKW",   "WORDDATE", "WORDDATX",  "YEAR",     "YYMM",
      "YYMMC",   "YYMMD",   "YYMMN",   "YYMMP",   "YYMMS",    "YYMMDD",    "YYMMDDB",  "YYMMDDC",
      "YYMMDDD", "YYMMDDN", "YYMMDDP", "YYMMDDS", "YYMON",    "YYQ",       "YYQC",     "YYQD",
      "YYQN",    "YYQP",    "YYQS",    "YYQR",    "E8601DA",  "B8601DA",   "IS8601DA", "NLDATE",
      "EURDFDD", "EURDFDE", "EURDFMY", "MINGUO",  "NENGO",    "DATESTYLE", NULL};
  static const char *const DATETIMES[] = {"DATETIME", "DATEAMPM", "DTDATE",   "DTMONYY", "DTWKDATX",
                                          "DTYEAR",   "DTYYQC",   "E8601DT",  "B8601DT", "IS8601DT",
                                          "E8601DN",  "B8601DN",  "IS8601DN", "E8601DZ", "B8601DZ",
                                          "MDYAMPM",  "NLDATM",   "EURDFDT",  NULL};
  static const char *const TIMES[] = {"TIME",     "HHMM",    "HOUR",     "MMSS",
                                      "TIMEAMPM", "E8601TM", "IS8601TM", "B8601TM",
                                      "E8601LZ",  "NLTIME",  "TOD",      NULL};
  if (among(word, DATES)) return LB_SHOWS_DATE;
  if (among(word, DATETIMES)) return LB_SHOWS_DATETIME;
  return among(word, TIMES) ? LB_SHOWS_TIME : LB_SHOWS_NUMBER;
}

lb_stat_shows lb_stat_format_shows(const char *format, lb_stat_format file)
{
  char word[32];
  size_t n = 0;
  if (format == NULL || format[0] == '\0') return LB_SHOWS_NUMBER;
  if (file == LB_STAT_DTA) return stata_shows(format);
  for (; n < sizeof word - 1 && format[n] != '\0' && format[n] != '.'; n++)
    word[n] = (char)toupper((unsigned char)format[n]);
  /* The width ends the name; digits inside it (E8601DA) do not. */
  while (n > 0 && isdigit((unsigned char)word[n - 1])) n--;
  word[n] = '\0';
  return file == LB_STAT_SAV || file == LB_STAT_POR ? spss_shows(word) : sas_shows(word);
}

bool lb_stat_microseconds(double stored, lb_stat_shows shows, lb_stat_format file,
                          int64_t *microseconds)
{
  bool spss = file == LB_STAT_SAV || file == LB_STAT_POR;
  int64_t epoch = spss ? EPOCH_1582 : EPOCH_1960;
  double unit = (double)SECOND;
  if (!spss && shows == LB_SHOWS_DATE) unit = (double)DAY;
  if (file == LB_STAT_DTA && shows == LB_SHOWS_DATETIME) unit = 1000;
  /* Seconds since 1582 leave a double no microseconds: milliseconds are what it holds. */
  double since = spss ? round(stored * 1000) * 1000 : round(stored * unit);
  double days = floor(since / (double)DAY) - (double)epoch;
  if (!(days >= FIRST_DAY && days <= LAST_DAY)) return false;
  *microseconds = (int64_t)since - epoch * DAY;
  return true;
}

double lb_stat_stored(int64_t microseconds, lb_stat_shows shows, lb_stat_format file)
{
  bool spss = file == LB_STAT_SAV || file == LB_STAT_POR;
  int64_t since = microseconds + (spss ? EPOCH_1582 : EPOCH_1960) * DAY;
  double unit = (double)SECOND;
  if (!spss && shows == LB_SHOWS_DATE) unit = (double)DAY;
  if (file == LB_STAT_DTA && shows == LB_SHOWS_DATETIME) unit = 1000;
  return (double)since / unit;
}
