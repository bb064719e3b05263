/*
 * Preloaded into Postgres: while the file SLOW_FSYNC_FILE exists, fsync and fdatasync take as many milliseconds longer
 * as it says, and each that did adds a byte to SLOW_FSYNC_FILE.hits.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void be_slow(void) {
  const char *file = getenv("SLOW_FSYNC_FILE");
  if (!file) return;
  int control = open(file, O_RDONLY | O_CLOEXEC);
  if (control < 0) return;
  char text[16] = {0};
  ssize_t length = read(control, text, sizeof text - 1);
  close(control);
  if (length <= 0) return;
  usleep((useconds_t)atoi(text) * 1000);
  char hits[4096];
  snprintf(hits, sizeof hits, "%s.hits", file);
  int count = open(hits, O_WRONLY | O_APPEND | O_CLOEXEC);
  if (count < 0) return;
  if (write(count, ".", 1) < 0) { /* only the count is lost */ }
  close(count);
}

int fsync(int fd) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  be_slow();
  return real(fd);
}

int fdatasync(int fd) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  be_slow();
  return real(fd);
}
