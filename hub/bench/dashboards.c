/* Many dashboards of one hub in one process: connects them, reads what they are sent, and says what came of it.
 *
 * `verify` of them are read event by event. Of the others only the beginning of each frame is read and the rest is
 * taken off the socket unseen, so that reading is not what is measured: the bytes of their events are counted, which
 * are the same for all who were sent the same events, however these were cut into frames (of compressed frames: the
 * bytes and the number of frames). The last `stuck` of them read nothing between `go` and `end`. */
#include "common.h"
#include "inflate.h"
#include "tally.h"
#include "websocket.h"

#include <fcntl.h>
#include <sys/epoll.h>

enum { READ_BYTES = 1 << 18, HEAD_READ_BYTES = 4096, HEAD_BYTES = 256, AT_ONCE = 256, STUCK_BUFFER_BYTES = 1 << 16 };
enum { QUIET_US = 2000000, SILENT_US = 20000000, MOST_DRAIN_US = 90000000, LATE_US = 30000000 };
enum phase { UNUSED, CONNECTING, UPGRADING, SUBSCRIBING, OPEN, CLOSED };
enum stage { STARTING, READY, RUNNING, ENDING };
#define COMMANDS UINT32_MAX

typedef struct {
  int fd, replied, stuck;
  enum phase phase;
  unsigned char *kept;
  size_t kept_n;
  uint64_t skip, frames, bytes, event_bytes, conflated, snapshot;
  tally *tally;
  unsigned close_code;
  char reason[124];
} session;

static session *sessions;
static uint32_t count, started, pending, open_n, failed, stuck_n;
static int loop, deflate, wants_snapshot;
static enum stage stage;
static uint64_t began_us, ready_us, go_us, end_us, last_event_us, published, tick_us;
static double cpu_at_go_s;
static unsigned char scratch[READ_BYTES + 4];
static inflation inflated;
static struct addrinfo *place;

static uint32_t number_of(const session *s) { return (uint32_t)(s - sessions); }

static void watch(session *s, uint32_t events, int how) {
  struct epoll_event e = {.events = events, .data.u32 = number_of(s)};
  if (epoll_ctl(loop, how, s->fd, &e)) die("A socket can't be watched: %s.", strerror(errno));
}

static void end_session(session *s, unsigned code, const char *reason, size_t reason_n) {
  if (s->phase == CLOSED) return;
  if (s->phase == OPEN) open_n--;
  else {
    failed++;
    pending--;
  }
  s->phase = CLOSED;
  s->close_code = code;
  if (reason_n >= sizeof s->reason) reason_n = sizeof s->reason - 1;
  memcpy(s->reason, reason, reason_n);
  close(s->fd);
  free(s->kept);
  s->kept = NULL;
  s->kept_n = 0;
}

static void lost_connection(session *s) {
  const char *why = errno ? strerror(errno) : "the connection ended";
  end_session(s, 0, why, strlen(why));
}

static void open_session(session *s) {
  static const int yes = 1, small = STUCK_BUFFER_BYTES;
  s->fd = socket(place->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (s->fd < 0) die("There are %u sockets, and no more: %s.", number_of(s), strerror(errno));
  setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  s->stuck = number_of(s) >= count - stuck_n;
  if (s->stuck) setsockopt(s->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  s->phase = CONNECTING;
  pending++;
  if (connect(s->fd, place->ai_addr, place->ai_addrlen) && errno != EINPROGRESS) {
    lost_connection(s);
    return;
  }
  watch(s, EPOLLOUT, EPOLL_CTL_ADD);
}

static const char *say(size_t which) {
  size_t all = 0, at = 0;
  for (size_t i = 0; i < option_count; i++) all += !strcmp(options[i].name, "subscribe");
  for (size_t i = 0; all && i < option_count; i++)
    if (!strcmp(options[i].name, "subscribe") && at++ == which % all) return options[i].value;
  die("No subscription was given.");
  return NULL;
}

/* Take the answer to the request; how many of the bytes it was. */
static size_t upgraded(session *s, const char *text, size_t n) {
  const char *end = memmem(text, n, "\r\n\r\n", 4);
  if (!end) return 0;
  if (n < 12 || memcmp(text + 8, " 101", 4)) {
    const char *line = memchr(text, '\r', n);
    end_session(s, 0, text, (size_t)(line - text));
    return n;
  }
  if (deflate && !memmem(text, (size_t)(end - text), "permessage-deflate", 18))
    die("The hub does not compress, though it was asked to.");
  s->phase = SUBSCRIBING;
  const char *auth = option("auth", "");
  if (*auth) send_frame(s->fd, TEXT, auth, strlen(auth));
  const char *subscribe = say(number_of(s));
  send_frame(s->fd, TEXT, subscribe, strlen(subscribe));
  return (size_t)(end - text) + 4;
}

static int holds(const char *text, size_t n, const char *part) { return memmem(text, n, part, strlen(part)) != NULL; }

/* A message before `go`: replies, and the snapshot. */
static void greeting(session *s, const char *text, size_t n) {
  size_t head = n < HEAD_BYTES ? n : HEAD_BYTES;
  if (holds(text, head, "\"type\":\"reply\"")) {
    if (!holds(text, head, "\"ok\":true")) die("The hub refuses a dashboard: %.*s", (int)n, text);
    s->replied |= holds(text, head, "\"id\":2,");
  }
  int last = wants_snapshot && holds(text, head, "\"snapshot\":true") && !holds(text, head, "\"part\":true");
  if (wants_snapshot) s->snapshot += count_events(NULL, text, n, 0);
  if (s->phase == SUBSCRIBING && s->replied && (last || !wants_snapshot)) {
    s->phase = OPEN;
    pending--;
    open_n++;
    ready_us = now_us();
  }
}

/* Count an events frame of `n` bytes (`wire_n` as it was sent) by its first ones, which hold all before the events. */
static void count_frame(session *s, const char *head, size_t head_n, uint64_t n, uint64_t wire_n) {
  static const char mark[] = "\"events\":[";
  const char *events = memmem(head, head_n, mark, sizeof mark - 1);
  uint64_t merged = 0;
  if (!events) return;
  uint64_t before = (uint64_t)(events - head) + sizeof mark - 1;
  last_event_us = now_us();
  s->frames++;
  s->bytes += wire_n;
  if (n > before + 2) s->event_bytes += n - before - 1; /* `]}` is not of the events, but a comma would be */
  if (member(head, events, "\"conflated\":", &merged)) s->conflated += merged;
}

static void message(session *s, unsigned char *payload, size_t n, int packed, uint64_t now) {
  const char *text = (const char *)payload;
  size_t text_n = n;
  if (packed) {
    unsigned char behind[4];
    memcpy(behind, payload + n, 4);
    inflate_message(&inflated, payload, n);
    memcpy(payload + n, behind, 4);
    text = (const char *)inflated.out;
    text_n = inflated.out_n;
  }
  if (stage < RUNNING) {
    greeting(s, text, text_n);
    return;
  }
  count_frame(s, text, text_n < HEAD_BYTES ? text_n : HEAD_BYTES, text_n, n);
  count_events(s->tally, text, text_n, now);
}

static void control(session *s, int opcode, const unsigned char *payload, size_t n) {
  if (opcode == PING) send_frame(s->fd, PONG, payload, n);
  if (opcode != CLOSE) return;
  end_session(s, n < 2 ? 1005 : (unsigned)payload[0] << 8 | payload[1], (const char *)payload + 2, n < 2 ? 0 : n - 2);
}

/* Take whole frames, and of a frame that is not looked into its beginning; how many bytes were taken. Behind the bytes
 * there is room for four more. */
static size_t take_frames(session *s, unsigned char *p, size_t n, uint64_t now) {
  size_t at = 0;
  frame_header h;
  while (s->phase != CLOSED && parse_header(p + at, n - at, &h)) {
    unsigned char *payload = p + at + h.header_n;
    size_t have = n - at - h.header_n;
    int skims = h.opcode < CLOSE && stage >= RUNNING && !s->tally;
    uint64_t needed = !skims ? h.length : h.packed ? 0 : h.length < HEAD_BYTES ? h.length : HEAD_BYTES;
    if (have < needed) break;
    if (skims) {
      if (h.packed) s->frames++, s->bytes += h.length, last_event_us = now; /* only events are long enough */
      else count_frame(s, (char *)payload, needed, h.length, h.length);
      s->skip = have < h.length ? h.length - have : 0;
    } else if (h.opcode < CLOSE) {
      message(s, payload, h.length, h.packed, now);
    } else {
      control(s, h.opcode, payload, h.length);
    }
    at += h.header_n + (have < h.length ? have : h.length);
  }
  return s->phase == CLOSED ? n : at;
}

/* Keep the bytes of a frame that is not whole, which stand in `kept` or elsewhere. */
static void keep(session *s, const unsigned char *p, size_t n, int elsewhere) {
  if (elsewhere && n) s->kept = room(NULL, n);
  if (n) memmove(s->kept, p, n);
  s->kept_n = n;
  if (n) return;
  free(s->kept);
  s->kept = NULL;
}

/* Read once. Whether there may be more. */
static int read_some(session *s) {
  size_t most_now = stage >= RUNNING && !s->tally ? HEAD_READ_BYTES : READ_BYTES;
  unsigned char *buffer = scratch;
  if (s->skip) {
    size_t wanted = s->skip < 1 << 30 ? (size_t)s->skip : 1 << 30;
    ssize_t gone = recv(s->fd, NULL, wanted, MSG_TRUNC); /* taken off the socket without being copied: tcp(7) */
    if (gone > 0) s->skip -= (uint64_t)gone;
    if (gone == 0 || (gone < 0 && errno != EAGAIN)) lost_connection(s);
    return gone == (ssize_t)wanted;
  }
  if (s->kept_n) buffer = s->kept = room(s->kept, s->kept_n + most_now + 4);
  errno = 0;
  ssize_t got = recv(s->fd, buffer + s->kept_n, most_now, 0);
  if (got < 0 && errno == EAGAIN) return 0;
  if (got <= 0) {
    lost_connection(s);
    return 0;
  }
  size_t n = s->kept_n + (size_t)got, at = 0;
  if (s->phase == UPGRADING) at = upgraded(s, (char *)buffer, n);
  if (s->phase >= SUBSCRIBING && s->phase < CLOSED) at += take_frames(s, buffer + at, n - at, now_us());
  if (s->phase != CLOSED) keep(s, buffer + at, n - at, buffer == scratch);
  return s->phase != CLOSED && (s->skip || got == (ssize_t)most_now);
}

static void step(session *s) {
  if (s->phase == CONNECTING) {
    int why = 0;
    socklen_t why_n = sizeof why;
    getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &why, &why_n);
    if ((errno = why)) {
      lost_connection(s);
      return;
    }
    s->phase = UPGRADING;
    send_request(s->fd, deflate);
    watch(s, EPOLLIN, EPOLL_CTL_MOD);
    return;
  }
  for (int turn = 0; turn < 8 && s->phase != CLOSED && read_some(s); turn++) {
  }
}

static const session *fullest(void) {
  const session *best = NULL;
  for (uint32_t i = 0; i < count; i++)
    if (sessions[i].tally && (!best || sessions[i].event_bytes > best->event_bytes)) best = &sessions[i];
  return best;
}

static int same(const session *s, const session *other) {
  if (deflate) return s->bytes == other->bytes && s->frames == other->frames;
  return s->event_bytes == other->event_bytes;
}

/* Whether every healthy session has all that it is due. */
static int complete(void) {
  const session *other = fullest();
  for (uint32_t i = 0; i < count; i++) {
    const session *s = &sessions[i];
    if (s->stuck) continue;
    if (s->tally ? s->tally->delivered < due_to(i, published) : other && !same(s, other)) return 0;
  }
  return 1;
}

static void print_ready(void) {
  const char *reason = "";
  uint64_t fewest = UINT64_MAX;
  for (uint32_t i = 0; i < count; i++) {
    if (sessions[i].phase == CLOSED) reason = sessions[i].reason;
    else if (sessions[i].snapshot < fewest) fewest = sessions[i].snapshot;
  }
  if (fewest == UINT64_MAX) fewest = 0;
  printf("ready {\"open\":%u,\"failed\":%u,\"seconds\":%.6f,\"snapshot\":%llu,\"cpu_s\":%.3f,\"reason\":", open_n, failed,
         (double)(ready_us - began_us) / 1e6, (unsigned long long)fewest, cpu_s());
  print_json_string(reason);
  printf("}\n");
  fflush(stdout);
}

static void print_total(const char *name, uint64_t value) { printf("\"%s\":%llu,", name, (unsigned long long)value); }

static void print_stuck(void) {
  for (uint32_t i = count - stuck_n; i < count; i++) {
    printf("%s{\"closed\":%s,\"code\":%u,\"conflated\":%llu,\"reason\":", i > count - stuck_n ? "," : "",
           sessions[i].phase == CLOSED ? "true" : "false", sessions[i].close_code,
           (unsigned long long)sessions[i].conflated);
    print_json_string(sessions[i].reason);
    putchar('}');
  }
}

static void print_result(void) {
  uint64_t due = 0, delivered = 0, duplicated = 0, reordered = 0, foreign = 0, conflated = 0, bytes = 0, frames = 0;
  uint32_t verified = 0, same_n = 0, differ = 0, closed = 0;
  const session *other = fullest();
  const char *reason = "";
  for (uint32_t i = 0; i < count - stuck_n; i++) {
    const session *s = &sessions[i];
    uint64_t own_due = due_to(i, published), own = own_due;
    due += own_due;
    bytes += s->bytes;
    frames += s->frames;
    conflated += s->conflated;
    if (s->phase == CLOSED) closed++, reason = s->reason;
    if (s->tally) {
      verified++;
      own = s->tally->delivered;
      duplicated += s->tally->duplicated;
      reordered += s->tally->reordered;
      foreign += s->tally->foreign;
    } else if (other) {
      /* Who was sent the same bytes was sent the same events; else as many as the bytes are worth. */
      uint64_t all = deflate ? other->bytes : other->event_bytes, some = deflate ? s->bytes : s->event_bytes;
      int is_same = same(s, other);
      same_n += (uint32_t)is_same;
      differ += (uint32_t)!is_same;
      own = other->tally->delivered;
      if (!is_same && all) own = (uint64_t)((double)own * (double)(some < all ? some : all) / (double)all);
    }
    delivered += own;
  }
  printf("result {");
  print_total("due", due), print_total("delivered", delivered), print_total("duplicated", duplicated);
  print_total("reordered", reordered), print_total("foreign", foreign), print_total("conflated", conflated);
  print_total("bytes", bytes), print_total("frames", frames), print_total("verified", verified);
  print_total("same", same_n), print_total("differ", differ), print_total("closed", closed);
  print_total("p50_us", latency_us(.5)), print_total("p90_us", latency_us(.9)), print_total("p99_us", latency_us(.99));
  print_total("p999_us", latency_us(.999)), print_total("max_us", latency_max_us);
  printf("\"seconds\":%.6f,\"cpu_s\":%.3f,\"stuck\":[", last_event_us > go_us ? (double)(last_event_us - go_us) / 1e6 : 0.0,
         cpu_s() - cpu_at_go_s);
  print_stuck();
  printf("],\"reason\":");
  print_json_string(reason);
  printf("}\n");
  fflush(stdout);
}

static void go(void) {
  for (uint32_t i = 0; i < count; i++) {
    session *s = &sessions[i];
    s->frames = s->bytes = s->event_bytes = s->conflated = 0;
    if (s->stuck && s->phase == OPEN) epoll_ctl(loop, EPOLL_CTL_DEL, s->fd, NULL);
  }
  cpu_at_go_s = cpu_s();
  go_us = now_us();
  stage = RUNNING;
  puts("going {}");
  fflush(stdout);
}

static void obey(void) {
  char *line = input_line();
  if (!line) exit(0);
  if (!strcmp(line, "go")) go();
  if (!strncmp(line, "end ", 4)) {
    published = strtoull(line + 4, NULL, 10);
    end_us = last_event_us = now_us();
    stage = ENDING;
    for (uint32_t i = 0; i < count; i++)
      if (sessions[i].stuck && sessions[i].phase == OPEN) watch(&sessions[i], EPOLLIN, EPOLL_CTL_ADD);
  }
  free(line);
}

static void tick(uint64_t now) {
  tick_us = now;
  if (stage == STARTING) {
    uint64_t last_us = ready_us > began_us ? ready_us : began_us;
    if (started == count && (!pending || now - last_us > LATE_US)) {
      failed = count - open_n;
      print_ready();
      stage = READY;
    }
  } else if (stage == ENDING) {
    /* Who has stopped reading gets time to read again; who misses something, time for a hub that has fallen behind. */
    int is_complete = complete();
    uint64_t patience_us = !is_complete ? SILENT_US : stuck_n ? QUIET_US : 0;
    if (now - last_event_us > patience_us || now - end_us > MOST_DRAIN_US) {
      print_result();
      exit(0);
    }
  }
}

int main(void) {
  struct epoll_event ready[512], input = {.events = EPOLLIN, .data.u32 = COMMANDS};
  raise_file_limit();
  read_options();
  prepare_tallies();
  count = (uint32_t)whole("count");
  stuck_n = (uint32_t)whole("stuck");
  deflate = (int)whole("deflate");
  wants_snapshot = (int)whole("snapshot");
  place = resolve(option("host", ""), option("port", ""));
  sessions = zeroed(count, sizeof *sessions);
  for (uint32_t i = 0; i < count - stuck_n && i < whole("verify"); i++) sessions[i].tally = new_tally();
  loop = epoll_create1(EPOLL_CLOEXEC);
  if (loop < 0 || epoll_ctl(loop, EPOLL_CTL_ADD, 0, &input)) die("Standard input can't be watched.");
  began_us = now_us();
  for (;;) {
    while (started < count && pending < AT_ONCE) open_session(&sessions[started++]);
    int n = epoll_wait(loop, ready, 512, 10);
    for (int k = 0; k < n; k++) {
      if (ready[k].data.u32 == COMMANDS) obey();
      else if (sessions[ready[k].data.u32].phase != CLOSED) step(&sessions[ready[k].data.u32]);
    }
    uint64_t now = now_us();
    if (now - tick_us >= 10000) tick(now);
  }
}
