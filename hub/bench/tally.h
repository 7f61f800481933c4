/* What one dashboard has received, event by event: every message has a number, and the number says its device. */
#ifndef HUB_BENCH_TALLY_H
#define HUB_BENCH_TALLY_H

#include "common.h"

typedef struct {
  uint64_t *seen;
  uint32_t *next_of_device;
  uint64_t delivered, duplicated, reordered, foreign;
} tally;

static uint64_t devices, groups, most;
static char event_begin[160];
static size_t event_begin_n;

static void prepare_tallies(void) {
  devices = whole("devices");
  groups = whole("groups");
  most = whole("most");
  event_begin_n = (size_t)snprintf(event_begin, sizeof event_begin, "\"topic\":\"telemetry/%s", option("prefix", ""));
  if (!devices || !groups || event_begin_n >= sizeof event_begin) die("Devices, groups or prefix are not understood.");
}

static tally *new_tally(void) {
  tally *t = zeroed(1, sizeof *t);
  t->seen = zeroed(most / 64 + 1, sizeof *t->seen);
  t->next_of_device = zeroed(devices, sizeof *t->next_of_device);
  return t;
}

/* Of `published` messages, how many are due to dashboard `i`: those of its group of devices. */
static uint64_t due_to(uint64_t i, uint64_t published) {
  uint64_t due = 0;
  if (groups == 1) return published;
  for (uint64_t device = i % groups; device < devices; device += groups)
    if (published > device) due += (published - device - 1) / devices + 1;
  return due;
}

static void count_number(tally *t, uint64_t device, uint64_t message) {
  uint64_t bit = (uint64_t)1 << (message & 63);
  if (message >= most || message % devices != device) {
    t->foreign++;
    return;
  }
  if (t->seen[message >> 6] & bit) {
    t->duplicated++;
    return;
  }
  t->seen[message >> 6] |= bit;
  t->delivered++;
  if (message < t->next_of_device[device]) t->reordered++;
  else t->next_of_device[device] = (uint32_t)(message + 1);
}

static const char *member(const char *from, const char *end, const char *name, uint64_t *value) {
  size_t name_n = strlen(name);
  const char *at = memmem(from, (size_t)(end - from), name, name_n);
  if (!at) return NULL;
  *value = 0;
  for (at += name_n; at < end && *at >= '0' && *at <= '9'; at++) *value = *value * 10 + (uint64_t)(*at - '0');
  return at;
}

/* Count the events of a frame that arrived at `arrived_us`; how many there were. Without a tally they are only counted. */
static uint64_t count_events(tally *t, const char *text, size_t n, uint64_t arrived_us) {
  const char *at = text, *end = text + n;
  uint64_t events = 0, device, sent_us, message;
  while ((at = member(at, end, event_begin, &device))) {
    events++;
    if (!t) continue;
    if (!(at = member(at, end, "\"sent_us\":", &sent_us))) break;
    if (!(at = member(at, end, "\"number\":", &message))) break;
    count_number(t, device, message);
    count_latency(arrived_us > sent_us ? arrived_us - sent_us : 0);
  }
  return events;
}

#endif
