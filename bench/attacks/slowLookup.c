/*
 * Preloaded into a process: names that end in .slow.example take 20 s to look up with getaddrinfo, and are then this
 * machine. Other readers of /etc/resolv.conf read the file SLOW_RESOLV_CONF instead, which names a slow name server.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char suffix[] = ".slow.example";

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result) {
  int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
  *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
  size_t length = node ? strlen(node) : 0;
  if (length < sizeof suffix || strcmp(node + length - (sizeof suffix - 1), suffix) != 0)
    return real(node, service, hints, result);
  sleep(20);
  return real("127.0.0.1", service, hints, result);
}

static FILE *open_as(const char *function, const char *path, const char *mode) {
  FILE *(*real)(const char *, const char *);
  *(void **)&real = dlsym(RTLD_NEXT, function);
  const char *other = getenv("SLOW_RESOLV_CONF");
  return real(other && strcmp(path, "/etc/resolv.conf") == 0 ? other : path, mode);
}

FILE *fopen(const char *path, const char *mode) { return open_as("fopen", path, mode); }

FILE *fopen64(const char *path, const char *mode) { return open_as("fopen64", path, mode); }
