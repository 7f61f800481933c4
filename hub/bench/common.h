/* What both load generators need: the clock, what they are told on standard input, latencies, and how they end.
 *
 * Both are told by lines `name value` up to an empty one, answer with lines `word {json}`, and end with their input. */
#ifndef HUB_BENCH_COMMON_H
#define HUB_BENCH_COMMON_H

#define _GNU_SOURCE
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_OPTIONS 20000

static struct { char *name, *value; } options[MAX_OPTIONS];
static size_t option_count;

static inline void die(const char *form, ...) {
  va_list given;
  va_start(given, form);
  vfprintf(stderr, form, given);
  va_end(given);
  fputc('\n', stderr);
  exit(1);
}

/* Microseconds of a clock that all processes of this machine share and nobody sets. */
static inline uint64_t now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

/* CPU seconds of this process so far. */
static inline double cpu_s(void) {
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static inline void *room(void *old, size_t bytes) {
  void *block = realloc(old, bytes);
  if (!block) die("There is no memory left.");
  return block;
}

static inline void *zeroed(size_t count, size_t bytes) {
  void *block = calloc(count ? count : 1, bytes);
  if (!block) die("There is no memory left.");
  return block;
}

/* A line of standard input without its end, or NULL where it ended; read byte by byte, as nothing may be left behind
 * in a buffer that the loop does not know of. */
static inline char *input_line(void) {
  size_t n = 0, cap = 256;
  char *line = room(NULL, cap), c;
  for (;;) {
    ssize_t got = read(0, &c, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return free(line), NULL;
    if (c == '\n') break;
    if (n + 2 > cap) line = room(line, cap *= 2);
    line[n++] = c;
  }
  line[n] = 0;
  return line;
}

static inline void read_options(void) {
  char *line;
  while ((line = input_line()) && *line) {
    char *gap = strchr(line, ' ');
    if (!gap || option_count == MAX_OPTIONS) die("An option is not understood.");
    *gap = 0;
    options[option_count].name = line;
    options[option_count++].value = gap + 1;
  }
}

static inline const char *option(const char *name, const char *otherwise) {
  for (size_t i = 0; i < option_count; i++)
    if (!strcmp(options[i].name, name)) return options[i].value;
  return otherwise;
}

static inline uint64_t whole(const char *name) { return strtoull(option(name, "0"), NULL, 10); }
static inline double number(const char *name) { return strtod(option(name, "0"), NULL); }

static inline void raise_file_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit)) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

static inline struct addrinfo *resolve(const char *host, const char *port) {
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
  int failed = getaddrinfo(host, port, &hints, &found);
  if (failed) die("%s is not found: %s.", host, gai_strerror(failed));
  return found;
}

/* Latencies in buckets of at most 1/64 of their value. */
#define LATENCY_BUCKETS (64 * 40)
static uint64_t latencies[LATENCY_BUCKETS], latency_count, latency_max_us;

static inline void count_latency(uint64_t us) {
  int shift = us < 128 ? 0 : 57 - __builtin_clzll(us);
  size_t bucket = (size_t)shift * 64 + (size_t)(us >> shift);
  latencies[bucket < LATENCY_BUCKETS ? bucket : LATENCY_BUCKETS - 1]++;
  latency_count++;
  if (us > latency_max_us) latency_max_us = us;
}

/* The latency that `share` of all do not exceed. */
static inline uint64_t latency_us(double share) {
  uint64_t seen = 0;
  for (size_t bucket = 0; bucket < LATENCY_BUCKETS; bucket++) {
    seen += latencies[bucket];
    if (latency_count && (double)seen >= share * (double)latency_count) {
      uint64_t shift = bucket < 128 ? 0 : bucket / 64 - 1;
      uint64_t us = ((bucket - shift * 64) << shift) + (((uint64_t)1 << shift) >> 1);
      return us < latency_max_us ? us : latency_max_us;
    }
  }
  return 0;
}

/* Text as a JSON string, what is not printable ASCII left out. */
static inline void print_json_string(const char *text) {
  putchar('"');
  for (; *text; text++) {
    if (*text == '"' || *text == '\\') putchar('\\');
    if (*text >= ' ' && *text < 127) putchar(*text);
  }
  putchar('"');
}

#endif
