/* file.c - whole files in, and out atomically through a temporary name in the same folder. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/interrupt.h"
#include "base/mem.h"
#include "base/str.h"

#define FIRST_CAPACITY ((size_t)64 * 1024) /* where the size is not known: pipes, /proc */
#define STEP_LIMIT     ((size_t)16 << 20)  /* bytes per system call, so that Ctrl-C is seen */
#define NULL_DEVICE    makedev(1, 3)       /* the same on every Linux */
#define NAME_ATTEMPTS  100
#define NAME_KEPT                                                                                  \
  100 /* bytes of the file's name in the temporary one: 255 is the limit of a name */

/* Turns errno into the message for a path; verb is "read" or "write". */
static lb_status fail(lb_error *err, int code, const char *verb, const char *path)
{
  switch (code) {
  case EISDIR:
    return lb_error_set(err, LB_EIO, "'%s' is a folder, not a file", path);
  case ENOENT:
    return lb_error_set(err, LB_EIO, "no file '%s'", path);
  case ENOTDIR:
    return lb_error_set(err, LB_EIO, "no file '%s': a part of the path is not a folder", path);
  case EACCES:
  case EPERM:
    return lb_error_set(err, LB_EIO, "no permission to %s '%s'", verb, path);
  case ENOSPC:
    return lb_error_set(err, LB_EIO, "cannot %s '%s': the disk is full", verb, path);
  case ENOTBLK:
    return lb_error_set(err, LB_EIO, "'%s' is a device, not a file", path);
  case E2BIG:
    lb_error_set(err, LB_EIO, "'%s' gives more than half of this machine's memory", path);
    lb_error_mend(err, "Does it ever end? If so, write it to a file and read that.");
    return LB_EIO;
  case ESTALE:
    lb_error_set(err, LB_EIO, "'%s' was changed by another program while it was read", path);
    lb_error_mend(err, "Read it again when that program has finished.");
    return LB_EIO;
  case ENOMEM:
    return lb_error_nomem(err, path);
  case EINTR:
    return lb_error_interrupted(err);
  default:
    break;
  }
  const char *reason = strerrordesc_np(code); /* in English whatever the locale */
  return lb_error_set(err, LB_EIO, "cannot %s '%s': %s", verb, path,
                      reason != NULL ? reason : "unknown error");
}

/* ---- reading ---- */

size_t lb_file_unsized_max(void)
{
  long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
  struct rlimit limit;
  size_t most = pages > 0 && size > 0 ? (size_t)pages / 2 * (size_t)size : SIZE_MAX / 2;
  if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur / 2 < most)
    most = (size_t)limit.rlim_cur / 2;
  return most;
}

/* Reads up to the end into *data, which starts with capacity bytes; 0 or an errno. */
static int read_all(int fd, char **data, size_t capacity, size_t *length)
{
  size_t limit = lb_file_unsized_max();
  for (;;) {
    if (lb_interrupted()) return EINTR;
    if (*length + 1 >= capacity) {
      if (capacity > limit / 2) return E2BIG;
      char *larger = lb_mem_resize(*data, capacity, 2);
      if (larger == NULL) return ENOMEM;
      *data = larger;
      capacity *= 2;
    }
    size_t room = capacity - 1 - *length;
    ssize_t n = read(fd, *data + *length, room < STEP_LIMIT ? room : STEP_LIMIT);
    if (n == 0) break;
    if (n > 0)
      *length += (size_t)n;
    else if (errno != EINTR)
      return errno;
  }
  (*data)[*length] = '\0';
  return 0;
}

/* Devices such as /dev/zero give bytes without end; a terminal ends, and so does /dev/null. */
static bool is_endless(int fd, const struct stat *info)
{
  if (S_ISBLK(info->st_mode)) return true;
  return S_ISCHR(info->st_mode) && info->st_rdev != NULL_DEVICE && !isatty(fd);
}

/* Opens for reading; 0 or an errno. */
static int open_to_read(const char *path, int *fd, struct stat *info)
{
  do *fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  while (*fd < 0 && errno == EINTR && !lb_interrupted());
  if (*fd < 0 || fstat(*fd, info) != 0) return errno;
  if (S_ISDIR(info->st_mode)) return EISDIR;
  return is_endless(*fd, info) ? ENOTBLK : 0;
}

/* How large a buffer to begin with. */
static size_t first_capacity(const struct stat *info)
{
  /* One byte for the NUL and one to see the end without growing. */
  return S_ISREG(info->st_mode) && info->st_size > 0 ? (size_t)info->st_size + 2 : FIRST_CAPACITY;
}

/* Whether another program wrote to a file since `then`: the bytes read may be of two versions. The
 * files of /proc have no size, and a time that says nothing. */
static bool has_changed(int fd, const struct stat *then)
{
  struct stat now;
  if (!S_ISREG(then->st_mode) || then->st_size == 0) return false;
  return fstat(fd, &now) != 0 || now.st_size != then->st_size ||
         now.st_mtim.tv_sec != then->st_mtim.tv_sec || now.st_mtim.tv_nsec != then->st_mtim.tv_nsec;
}

lb_status lb_file_read(const char *path, char **data, size_t *length, lb_error *err)
{
  int fd = -1;
  char *bytes = NULL;
  size_t n = 0;
  struct stat info = {0};
  int failed = open_to_read(path, &fd, &info);
  if (failed != 0) goto done;
  bytes = lb_mem_alloc(first_capacity(&info));
  failed = bytes == NULL ? ENOMEM : read_all(fd, &bytes, first_capacity(&info), &n);
  if (failed == 0 && has_changed(fd, &info)) failed = ESTALE;
  if (failed != 0) goto done;
  *data = bytes;
  *length = n;
  bytes = NULL;
done:
  lb_mem_free(bytes);
  if (fd >= 0) close(fd);
  return failed == 0 ? LB_OK : fail(err, failed, "read", path);
}

#define MAP_MINIMUM ((off_t)1 << 20) /* below that a copy is cheaper than page faults */

/* A read lease (Linux): the kernel grants it while nobody has the file open for writing, and lets
 * who opens it to write or cut it wait until the lease ends, for as long as
 * /proc/sys/fs/lease-break-time says (45 s). Without one a mapping is not safe: its bytes could
 * change between two looks at them, and a file cut short ends the process with SIGBUS. Only the
 * owner of a file gets one, and not on every file system. */
static bool take_lease(int fd)
{
  /* The news that somebody waits comes as a signal that does nothing; SIGIO would end the process.
   */
  return fcntl(fd, F_SETSIG, SIGURG) == 0 && fcntl(fd, F_SETLEASE, F_RDLCK) == 0;
}

/* Maps a file that stays as it is while it is mapped; false where that cannot be had. */
static bool map_leased(int fd, lb_file_view *view)
{
  struct stat info;
  if (!take_lease(fd) || fstat(fd, &info) != 0 || info.st_size < MAP_MINIMUM) return false;
  void *mapped = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (mapped == MAP_FAILED) return false;
  madvise(mapped, (size_t)info.st_size, MADV_WILLNEED);
  *view = (lb_file_view){mapped, (size_t)info.st_size, mapped, NULL, fd, info};
  return true;
}

lb_status lb_file_map(const char *path, lb_file_view *out, lb_error *err)
{
  struct stat info;
  lb_file_view view = {0};
  /* A pipe must not be opened twice: its writer would see the first reader leave. */
  bool regular = stat(path, &info) == 0 && S_ISREG(info.st_mode);
  int fd = regular && info.st_size >= MAP_MINIMUM ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (fd >= 0 && map_leased(fd, &view)) {
    *out = view;
    return LB_OK;
  }
  if (fd >= 0) close(fd);
  lb_status st = lb_file_read(path, &view.copied, &view.length, err);
  if (st != LB_OK) return st;
  view.data = view.copied;
  *out = view;
  return LB_OK;
}

lb_status lb_file_check(const lb_file_view *view, const char *path, lb_error *err)
{
  bool whole = view->mapped == NULL || !has_changed(view->fd, &view->state);
  return whole ? LB_OK : fail(err, ESTALE, "read", path);
}

void lb_file_unmap(lb_file_view *view)
{
  if (view->mapped != NULL) {
    munmap(view->mapped, view->length);
    close(view->fd); /* ends the lease */
  }
  lb_mem_free(view->copied);
  *view = (lb_file_view){0};
}

void lb_file_rest(const lb_file_view *view, const char *data, size_t n)
{
  if (view->mapped == NULL) return;
  size_t page = (size_t)sysconf(_SC_PAGESIZE), from = (size_t)(data - view->data);
  size_t first = (from + page - 1) / page, end = (from + n) / page;
  if (end > first)
    (void)madvise((char *)view->mapped + first * page, (end - first) * page, MADV_DONTNEED);
}

/* ---- writing ---- */

static int write_all(int fd, const char *data, size_t length)
{
  for (size_t done = 0; done < length;) {
    size_t left = length - done;
    ssize_t n = write(fd, data + done, left < STEP_LIMIT ? left : STEP_LIMIT);
    if (n > 0)
      done += (size_t)n;
    else if (n == 0)
      return ENOSPC;
    else if (errno != EINTR)
      return errno;
    if (done < length && lb_interrupted()) return EINTR;
  }
  return 0;
}

/* Bytes of path up to and with its last slash. */
static size_t folder_length(const char *path)
{
  const char *slash = strrchr(path, '/');
  return slash == NULL ? 0 : (size_t)(slash - path) + 1;
}

/* Opens a new file ".NAME.XXXXXX" beside target; its name goes to *name. 0 or an errno. */
static int open_temporary(const char *target, mode_t mode, lb_str *name, int *fd)
{
  static const char LETTERS[] = "abcdefghijklmnopqrstuvwxyz0123456789";
  size_t folder = folder_length(target);
  for (uint64_t attempt = 0; attempt < NAME_ATTEMPTS; attempt++) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t seed[] = {(uint64_t)now.tv_sec, (uint64_t)now.tv_nsec, (uint64_t)getpid(), attempt};
    uint64_t hash = lb_hash_bytes(seed, sizeof seed);
    lb_str_reset(name);
    lb_str_add(name, target, folder);
    lb_str_addf(name, ".%.*s.", NAME_KEPT, target + folder);
    for (int i = 0; i < 6; i++, hash /= 36) lb_str_putc(name, LETTERS[hash % 36]);
    if (name->failed) return ENOMEM;
    *fd = open(name->data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (*fd >= 0) return 0;
    if (errno != EEXIST && errno != EINTR) return errno;
  }
  return EEXIST;
}

/* Makes the rename itself last. Some file systems cannot sync a folder; the file is whole either
 * way. */
static void sync_folder(const char *target)
{
  size_t length = folder_length(target);
  char *folder = length == 0 ? lb_mem_text(".", 1) : lb_mem_text(target, length);
  if (folder == NULL) return;
  int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd >= 0) {
    fsync(fd);
    close(fd);
  }
  lb_mem_free(folder);
}

/* A file on its way: written whole under a temporary name, not yet in its place. */
typedef struct staged {
  lb_str temporary;
  char
      *target; /* where it goes: the path itself, or what a link leads to; NULL: through the path */
} staged;

static void staged_reset(staged *s)
{
  if (s->temporary.length > 0) unlink(s->temporary.data); /* still there: it was not wanted */
  lb_str_reset(&s->temporary);
  free(s->target); /* of the C library: not lb_mem_free */
  *s = (staged){0};
}

/* Writes what shall replace s->target, whose state is old (NULL: it does not exist yet), to a
 * temporary name; 0 or an errno. */
static int write_temporary(staged *s, const struct stat *old, const char *data, size_t length)
{
  int fd = -1;
  /* A private file must not be readable for a moment; a new one gets what the umask leaves. */
  int failed = open_temporary(s->target, old != NULL ? 0600 : 0666, &s->temporary, &fd);
  if (failed != 0) {
    lb_str_reset(&s->temporary); /* the name of a file that is not ours */
    return failed;
  }
  failed = write_all(fd, data, length);
  if (failed == 0 && old != NULL && fchmod(fd, old->st_mode & 07777) != 0) failed = errno;
  if (failed == 0 && fsync(fd) != 0) failed = errno;
  if (close(fd) != 0 && failed == 0) failed = errno;
  return failed;
}

/* Pipes and devices (/dev/null, /dev/stdout) cannot be replaced, only written to. */
static int write_through(const char *path, const char *data, size_t length)
{
  int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) return errno;
  int failed = write_all(fd, data, length);
  if (close(fd) != 0 && failed == 0) failed = errno;
  return failed;
}

/* Says which part of the way to a new file is wrong. */
static lb_status fail_to_write(lb_error *err, int code, const char *path)
{
  size_t folder = folder_length(path);
  struct stat info;
  if (code != ENOENT) return fail(err, code, "write", path);
  if (lstat(path, &info) == 0 && S_ISLNK(info.st_mode))
    return lb_error_set(err, LB_EIO,
                        "cannot write '%s': it is a link to a file that does not exist", path);
  if (folder == 0 || folder > 4096) return fail(err, code, "write", path);
  return lb_error_set(err, LB_EIO, "cannot write '%s': no folder '%.*s'", path,
                      folder > 1 ? (int)folder - 1 : 1, path);
}

/* Everything that can fail before the file of that name changes; 0 or an errno. */
static int stage(staged *s, const char *path, const char *data, size_t length)
{
  struct stat old, link;
  if (stat(path, &old) != 0) {
    int failed = errno;
    /* A new file; but not through a dangling link, which a rename would destroy. */
    if (failed != ENOENT || path[0] == '\0' || lstat(path, &link) == 0) return failed;
    s->target = strdup(path);
    return s->target == NULL ? ENOMEM : write_temporary(s, NULL, data, length);
  }
  if (S_ISDIR(old.st_mode)) return EISDIR;
  if (!S_ISREG(old.st_mode)) return 0;
  if (faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) != 0) return errno; /* rename would not ask */
  s->target = realpath(path, NULL);
  return s->target == NULL ? errno : write_temporary(s, &old, data, length);
}

/* The staged file gets its name; 0 or an errno. */
static int commit(staged *s, const char *path, const char *data, size_t length)
{
  if (s->target == NULL) return write_through(path, data, length);
  if (rename(s->temporary.data, s->target) != 0) return errno;
  lb_str_reset(&s->temporary);
  sync_folder(s->target);
  return 0;
}

lb_status lb_file_write_all(const lb_file_content *files, size_t n, lb_error *err)
{
  staged *list = lb_mem_zero(n, sizeof *list);
  if (list == NULL) return lb_error_nomem(err, "files");
  int failed = 0;
  size_t at = 0;
  for (size_t i = 0; i < n && failed == 0; i++) {
    at = i;
    failed = stage(&list[i], files[i].path, files[i].data, files[i].length);
  }
  for (size_t i = 0; i < n && failed == 0; i++) {
    at = i;
    failed = commit(&list[i], files[i].path, files[i].data, files[i].length);
  }
  for (size_t i = 0; i < n; i++) staged_reset(&list[i]);
  lb_mem_free(list);
  return failed == 0 ? LB_OK : fail_to_write(err, failed, files[at].path);
}

lb_status lb_file_write(const char *path, const char *data, size_t length, lb_error *err)
{
  const lb_file_content file = {path, data, length};
  return lb_file_write_all(&file, 1, err);
}
