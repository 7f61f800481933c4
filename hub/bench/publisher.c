/* Devices: publishes numbered messages to an MQTT 3.1.1 broker at an even pace, over a few connections.
 *
 * Message n is of device n mod `devices`, and a device always uses the same connection, so that its messages have an
 * order. The time in a message is that of its encoding, at most a tick before it is written. */
#include "common.h"

#include <poll.h>

enum { OUT_BYTES = 1 << 16, IN_BYTES = 8192, MAX_CONNECTIONS = 64, WINDOW = 100, TICK_US = 1000, GRACE_US = 1000000 };
enum { CONNACK = 2, PUBACK = 4, CONNECT_WAIT_MS = 10000, ACK_WAIT_US = 20000000, KEEP_ALIVE_S = 3600 };

typedef struct {
  int fd, accepted;
  unsigned char out[OUT_BYTES], in[IN_BYTES];
  size_t out_n, in_n;
  uint64_t sent, acked;
} link_;

static link_ *links;
static struct pollfd watched[MAX_CONNECTIONS];
static unsigned link_n;
static int qos;
static const char *prefix, *members;

static size_t put_length(unsigned char *p, size_t n) {
  size_t at = 0;
  do {
    p[at] = (unsigned char)(n & 127);
    n >>= 7;
    if (n) p[at] |= 128;
    at++;
  } while (n);
  return at;
}

static size_t put_text(unsigned char *p, const char *text, size_t n) {
  p[0] = (unsigned char)(n >> 8);
  p[1] = (unsigned char)n;
  memcpy(p + 2, text, n);
  return n + 2;
}

static void write_some(link_ *l) {
  ssize_t gone = send(l->fd, l->out, l->out_n, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (gone < 0 && errno != EAGAIN) die("The broker has ended a connection: %s.", strerror(errno));
  if (gone <= 0) return;
  memmove(l->out, l->out + gone, l->out_n - (size_t)gone);
  l->out_n -= (size_t)gone;
}

static void read_some(link_ *l) {
  ssize_t got = recv(l->fd, l->in + l->in_n, IN_BYTES - l->in_n, MSG_DONTWAIT);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0) die("The broker has ended a connection.");
  l->in_n += (size_t)got;
  size_t at = 0;
  /* Whatever a broker says to a client that only publishes is shorter than 128 bytes. */
  while (l->in_n - at >= 2 && l->in_n - at >= 2u + l->in[at + 1]) {
    int kind = l->in[at] >> 4;
    if (kind == PUBACK) l->acked++;
    if (kind == CONNACK && l->in[at + 3]) die("The broker refuses the connection (code %d).", l->in[at + 3]);
    if (kind == CONNACK) l->accepted = 1;
    at += 2u + l->in[at + 1];
  }
  memmove(l->in, l->in + at, l->in_n - at);
  l->in_n -= at;
}

/* Wait for the broker, at most so long; then read and write what can be. */
static void turn(uint64_t wait_us) {
  struct timespec wait = {(time_t)(wait_us / 1000000), (long)(wait_us % 1000000) * 1000};
  for (unsigned i = 0; i < link_n; i++) watched[i].events = (short)(POLLIN | (links[i].out_n ? POLLOUT : 0));
  if (ppoll(watched, link_n, &wait, NULL) <= 0) return;
  for (unsigned i = 0; i < link_n; i++) {
    if (watched[i].revents & (POLLIN | POLLHUP | POLLERR)) read_some(&links[i]);
    if (links[i].out_n && (watched[i].revents & POLLOUT)) write_some(&links[i]);
  }
}

static void connect_link(unsigned i, struct addrinfo *place) {
  static const int yes = 1;
  const char *user = option("user", NULL), *password = option("password", NULL);
  link_ *l = &links[i];
  unsigned char rest[1024];
  char id[64];
  size_t n = put_text(rest, "MQTT", 4);
  if ((user && strlen(user) > 400) || (password && strlen(password) > 400)) die("User or password are too long.");
  l->fd = socket(place->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (l->fd < 0 || connect(l->fd, place->ai_addr, place->ai_addrlen))
    die("The broker can't be reached: %s.", strerror(errno));
  setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  watched[i].fd = l->fd;
  rest[n++] = 4;
  rest[n++] = (unsigned char)(2 | (user ? 0x80 : 0) | (password ? 0x40 : 0));
  rest[n++] = KEEP_ALIVE_S >> 8; /* between `ready` and `go` there is silence; none at all is refused by some */
  rest[n++] = KEEP_ALIVE_S & 255;
  n += put_text(rest + n, id, (size_t)snprintf(id, sizeof id, "%.40s%u", prefix, i));
  if (user) n += put_text(rest + n, user, strlen(user));
  if (password) n += put_text(rest + n, password, strlen(password));
  l->out[0] = 0x10;
  size_t at = 1 + put_length(l->out + 1, n);
  memcpy(l->out + at, rest, n);
  l->out_n = at + n;
}

static void put_message(link_ *l, uint64_t message, uint64_t device) {
  char topic[160], payload[4096];
  int topic_n = snprintf(topic, sizeof topic, "devices/%s%llu/telemetry", prefix, (unsigned long long)device);
  int payload_n = snprintf(payload, sizeof payload, "{\"sent_us\":%llu,\"number\":%llu%s%s}", (unsigned long long)now_us(),
                           (unsigned long long)message, *members ? "," : "", members);
  unsigned char *p = l->out + l->out_n;
  size_t n = 2 + (size_t)topic_n + (qos ? 2 : 0) + (size_t)payload_n, at = 1;
  p[0] = (unsigned char)(0x30 | qos << 1);
  at += put_length(p + 1, n);
  at += put_text(p + at, topic, (size_t)topic_n);
  if (qos) {
    unsigned id = (unsigned)(l->sent % 65535) + 1;
    p[at++] = (unsigned char)(id >> 8);
    p[at++] = (unsigned char)id;
  }
  memcpy(p + at, payload, (size_t)payload_n);
  l->out_n += at + (size_t)payload_n;
  l->sent++;
}

static int takes(const link_ *l) { return l->out_n < OUT_BYTES - 8192 && (!qos || l->sent - l->acked < WINDOW); }

static uint64_t unacknowledged(void) {
  uint64_t left = 0;
  for (unsigned i = 0; i < link_n; i++) left += (qos ? links[i].sent - links[i].acked : 0) + links[i].out_n;
  return left;
}

static void publish(void) {
  uint64_t devices = whole("devices"), all = whole("count"), sent = 0, behind_us = 0;
  double rate = number("rate"), cpu_at_go_s = cpu_s();
  uint64_t began_us = now_us(), last_us = began_us + (uint64_t)(number("seconds") * 1e6) + GRACE_US, now = began_us;
  for (; sent < all && now < last_us; now = now_us()) {
    uint64_t due = (uint64_t)((double)(now - began_us) * rate / 1e6) + 1, before = sent;
    if (due > all) due = all;
    for (; sent < due; sent++) {
      uint64_t device = sent % devices;
      link_ *l = &links[device % link_n];
      if (!takes(l)) break;
      put_message(l, sent, device);
    }
    for (unsigned i = 0; i < link_n; i++)
      if (links[i].out_n) write_some(&links[i]);
    uint64_t next_us = began_us + (uint64_t)((double)sent * 1e6 / rate);
    if (now > next_us && now - next_us > behind_us) behind_us = now - next_us;
    uint64_t wait_us = next_us > now + TICK_US ? next_us - now : TICK_US;
    turn(sent == before && sent < due ? 100 : wait_us);
  }
  double seconds = (double)(now - began_us) / 1e6;
  for (uint64_t late_us = now + ACK_WAIT_US; unacknowledged() && now < late_us; now = now_us()) turn(TICK_US);
  printf("result {\"published\":%llu,\"unacknowledged\":%llu,\"seconds\":%.6f,\"behind_us\":%llu,\"cpu_s\":%.3f}\n",
         (unsigned long long)sent, (unsigned long long)unacknowledged(), seconds, (unsigned long long)behind_us,
         cpu_s() - cpu_at_go_s);
  fflush(stdout);
}

int main(void) {
  read_options();
  prefix = option("prefix", "");
  members = option("members", "");
  qos = (int)whole("qos");
  link_n = (unsigned)whole("connections");
  if (!link_n || link_n > MAX_CONNECTIONS || strlen(prefix) > 100 || strlen(members) > 3900 || !whole("devices"))
    die("The options are not understood.");
  links = zeroed(link_n, sizeof *links);
  struct addrinfo *place = resolve(option("host", ""), option("port", ""));
  for (unsigned i = 0; i < link_n; i++) connect_link(i, place);
  freeaddrinfo(place);
  uint64_t late_us = now_us() + CONNECT_WAIT_MS * 1000;
  for (unsigned i = 0; i < link_n; i++)
    while (!links[i].accepted) {
      if (now_us() > late_us) die("The broker does not answer.");
      turn(TICK_US);
    }
  puts("ready {}");
  fflush(stdout);
  char *line = input_line();
  if (!line) return 0;
  free(line);
  publish();
  while (input_line()) {
  } /* the connections stay until everything has arrived */
  return 0;
}
