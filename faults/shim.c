/* Makes the n-th system call below a folder fail, or kills the process there.
 *
 * Preloaded into one process (its children run without it). A call counts if its path, or the file
 * behind its descriptor, lies below FAULTS_ROOT. Variables:
 *
 *   FAULTS_ROOT    absolute path of the folder
 *   FAULTS_AT      which call, from 1; 0 counts only
 *   FAULTS_HOW     kill   SIGKILL before the call
 *                  after  SIGKILL after the call
 *                  EIO, ENOSPC, EACCES, EROFS   the call fails
 *                  short  a write takes half of its bytes
 *   FAULTS_ON      1: every call from the n-th on fails, as on a disk that died
 *   FAULTS_BYTES   the disk is full after so many bytes (FAULTS_AT is not used)
 *   FAULTS_REPORT  a descriptor that gets the name of every call that counts, and `+N` after a write
 *                  of N bytes
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>
#include <dirent.h>

static char root[PATH_MAX];
static size_t root_length;
static long at, calls, bytes, room = -1;
static int fault, report = -1, stays, kills, kills_after, shortens;

static const struct { const char *name; int number; } ERRORS[] = {
    {"EIO", EIO}, {"ENOSPC", ENOSPC}, {"EACCES", EACCES}, {"EROFS", EROFS},
};

__attribute__((constructor)) static void begin(void) {
    const char *folder = getenv("FAULTS_ROOT"), *how = getenv("FAULTS_HOW"), *value;
    if (folder == NULL || how == NULL) return;
    snprintf(root, sizeof root, "%s", folder);
    root_length = strlen(root);
    at = (value = getenv("FAULTS_AT")) ? atol(value) : 0;
    room = (value = getenv("FAULTS_BYTES")) ? atol(value) : -1;
    report = (value = getenv("FAULTS_REPORT")) ? atoi(value) : -1;
    stays = getenv("FAULTS_ON") != NULL;
    kills = !strcmp(how, "kill");
    kills_after = !strcmp(how, "after");
    shortens = !strcmp(how, "short");
    for (size_t i = 0; i < sizeof ERRORS / sizeof *ERRORS; i++)
        if (!strcmp(how, ERRORS[i].name)) fault = ERRORS[i].number;
    unsetenv("LD_PRELOAD");
}

static int is_below(const char *path) {
    return root_length && !strncmp(path, root, root_length)
        && (path[root_length] == '/' || path[root_length] == 0);
}

static int holds(int descriptor) {
    char link[64], path[PATH_MAX];
    if (!root_length || descriptor < 0) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return is_below(path);
}

static int leads(int folder, const char *path) {
    if (path == NULL) return 0;
    if (path[0] == '/') return is_below(path);
    if (folder == AT_FDCWD) {
        char here[PATH_MAX];
        return root_length && getcwd(here, sizeof here) && is_below(here);
    }
    return holds(folder);
}

enum { GO, FAIL, HALF, DIE };

/* What becomes of a call that counts. */
static int next(const char *name) {
    int saved = errno;
    calls++;
    if (report >= 0) dprintf(report, "%s\n", name);
    int now = at > 0 && (stays ? calls >= at : calls == at);
    errno = saved;
    if (!now) return GO;
    if (kills) kill(getpid(), SIGKILL);
    if (kills_after) return DIE;
    if (shortens) return HALF;
    errno = fault;
    return FAIL;
}

static void end(int verdict) {
    if (verdict == DIE) kill(getpid(), SIGKILL);
}

#define REAL(name) static __typeof__(&name) real; if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)
#define CALL(counts, name, failed, expression) \
    do { \
        if (!(counts)) return expression; \
        int verdict = next(#name); \
        if (verdict == FAIL) return failed; \
        __auto_type result = expression; \
        end(verdict); \
        return result; \
    } while (0)
#define MODE \
    mode_t mode = 0; \
    if (flags & (O_CREAT | O_TMPFILE)) { va_list rest; va_start(rest, flags); mode = va_arg(rest, mode_t); va_end(rest); }

int open64(const char *path, int flags, ...) { MODE REAL(open64); CALL(leads(AT_FDCWD, path), open64, -1, real(path, flags, mode)); }
int openat64(int folder, const char *path, int flags, ...) { MODE REAL(openat64); CALL(leads(folder, path), openat64, -1, real(folder, path, flags, mode)); }
ssize_t read(int d, void *to, size_t n) { REAL(read); CALL(holds(d), read, -1, real(d, to, n)); }
ssize_t pread64(int d, void *to, size_t n, off64_t o) { REAL(pread64); CALL(holds(d), pread64, -1, real(d, to, n, o)); }
ssize_t preadv64v2(int d, const struct iovec *v, int n, off64_t o, int f) { REAL(preadv64v2); CALL(holds(d), preadv64v2, -1, real(d, v, n, o, f)); }
int fsync(int d) { REAL(fsync); CALL(holds(d), fsync, -1, real(d)); }
int fdatasync(int d) { REAL(fdatasync); CALL(holds(d), fdatasync, -1, real(d)); }
int flock(int d, int operation) { REAL(flock); CALL(holds(d), flock, -1, real(d, operation)); }
int ftruncate64(int d, off64_t n) { REAL(ftruncate64); CALL(holds(d), ftruncate64, -1, real(d, n)); }
int fchmod(int d, mode_t m) { REAL(fchmod); CALL(holds(d), fchmod, -1, real(d, m)); }
int fchown(int d, uid_t u, gid_t g) { REAL(fchown); CALL(holds(d), fchown, -1, real(d, u, g)); }
int chmod(const char *p, mode_t m) { REAL(chmod); CALL(leads(AT_FDCWD, p), chmod, -1, real(p, m)); }
int rename(const char *a, const char *b) { REAL(rename); CALL(leads(AT_FDCWD, a), rename, -1, real(a, b)); }
int renameat(int f, const char *a, int g, const char *b) { REAL(renameat); CALL(leads(f, a), renameat, -1, real(f, a, g, b)); }
int unlink(const char *p) { REAL(unlink); CALL(leads(AT_FDCWD, p), unlink, -1, real(p)); }
int unlinkat(int f, const char *p, int flags) { REAL(unlinkat); CALL(leads(f, p), unlinkat, -1, real(f, p, flags)); }
int mkdir(const char *p, mode_t m) { REAL(mkdir); CALL(leads(AT_FDCWD, p), mkdir, -1, real(p, m)); }
int stat64(const char *p, struct stat64 *s) { REAL(stat64); CALL(leads(AT_FDCWD, p), stat64, -1, real(p, s)); }
int lstat64(const char *p, struct stat64 *s) { REAL(lstat64); CALL(leads(AT_FDCWD, p), lstat64, -1, real(p, s)); }
int fstat64(int d, struct stat64 *s) { REAL(fstat64); CALL(holds(d), fstat64, -1, real(d, s)); }
int fstatat64(int f, const char *p, struct stat64 *s, int flags) { REAL(fstatat64); CALL(leads(f, p), fstatat64, -1, real(f, p, s, flags)); }
int faccessat(int f, const char *p, int m, int flags) { REAL(faccessat); CALL(leads(f, p), faccessat, -1, real(f, p, m, flags)); }
DIR *opendir(const char *p) { REAL(opendir); CALL(leads(AT_FDCWD, p), opendir, NULL, real(p)); }
DIR *fdopendir(int d) { REAL(fdopendir); CALL(holds(d), fdopendir, NULL, real(d)); }
int utimensat(int f, const char *p, const struct timespec t[2], int flags) { REAL(utimensat); CALL(leads(f, p), utimensat, -1, real(f, p, t, flags)); }

int close(int d) {
    REAL(close);
    if (!holds(d)) return real(d);
    int verdict = next("close");
    int result = real(d);  /* a descriptor is gone even where close fails */
    end(verdict);
    if (verdict != FAIL) return result;
    errno = fault;
    return -1;
}

ssize_t write(int d, const void *from, size_t n) {
    REAL(write);
    if (!holds(d)) return real(d, from, n);
    int verdict = next("write");
    if (verdict == FAIL) return -1;
    if (verdict == HALF) n = (n + 1) / 2;
    if (room >= 0 && bytes + (long)n > room) {
        n = room - bytes;
        if (n == 0) { errno = ENOSPC; return -1; }
    }
    ssize_t written = real(d, from, n);
    if (written > 0) bytes += written;
    if (report >= 0) dprintf(report, "+%zd\n", written);
    end(verdict);
    return written;
}
