/* The client's side of WebSocket (RFC 6455): the request, masked frames out, headers of frames in. */
#ifndef HUB_BENCH_WEBSOCKET_H
#define HUB_BENCH_WEBSOCKET_H

#include "common.h"

enum { TEXT = 1, CLOSE = 8, PING = 9, PONG = 10 };

typedef struct {
  uint64_t length;
  unsigned header_n;
  int opcode, packed;
} frame_header;

static uint32_t random_bits(void) {
  static uint64_t state;
  if (!state) state = (now_us() * 2654435761u ^ (uint64_t)getpid() << 32) | 1;
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (uint32_t)(state >> 16);
}

/* Whether a frame's header is whole; it then stands in `h`. */
static int parse_header(const unsigned char *p, size_t n, frame_header *h) {
  if (n < 2) return 0;
  unsigned small = p[1] & 127, size_n = small == 126 ? 2 : small == 127 ? 8 : 0;
  if (n < 2 + size_n) return 0;
  if (!(p[0] & 0x80) || !(p[0] & 15)) die("The hub sent a message in fragments, which this load generator can't read.");
  h->length = size_n ? 0 : small;
  for (unsigned i = 0; i < size_n; i++) h->length = h->length << 8 | p[2 + i];
  h->header_n = 2 + size_n;
  h->opcode = p[0] & 15;
  h->packed = (p[0] & 0x40) != 0;
  return 1;
}

/* Send a frame. What a new connection is told always fits into the socket's buffer. */
static void send_frame(int fd, int opcode, const void *payload, size_t n) {
  unsigned char *frame = room(NULL, n + 8), key[4];
  uint32_t mask = random_bits();
  size_t at = 2;
  memcpy(key, &mask, 4);
  if (n > 65535) die("A frame of %zu bytes is too long.", n);
  frame[0] = (unsigned char)(0x80 | opcode);
  frame[1] = (unsigned char)(0x80 | (n < 126 ? n : 126));
  if (n >= 126) {
    frame[at++] = (unsigned char)(n >> 8);
    frame[at++] = (unsigned char)n;
  }
  memcpy(frame + at, key, 4);
  at += 4;
  for (size_t i = 0; i < n; i++) frame[at + i] = ((const unsigned char *)payload)[i] ^ key[i & 3];
  /* A connection that the hub has just ended is seen as such when it is read. */
  if (send(fd, frame, at + n, MSG_NOSIGNAL) < 0 && errno == EAGAIN) die("The hub does not read what it is told.");
  free(frame);
}

static void send_request(int fd, int deflate) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  char key[25], request[2048];
  for (int i = 0; i < 21; i++) key[i] = digits[random_bits() & 63];
  strcpy(key + 21, "A=="); /* 16 bytes in base64: of the last digit four bits are not there */
  int n = snprintf(request, sizeof request,
                   "GET %s HTTP/1.1\r\nHost: %s:%s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\nSec-WebSocket-Protocol: hub.v1.json\r\n%s\r\n",
                   option("path", "/ws"), option("host", ""), option("port", ""), key,
                   deflate ? "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; "
                             "client_no_context_takeover\r\n"
                           : "");
  if (n >= (int)sizeof request) die("The address is too long.");
  if (send(fd, request, (size_t)n, MSG_NOSIGNAL) != n) die("The hub does not read a request.");
}

#endif
