/* Decompression of one permessage-deflate message (RFC 1951, RFC 7692) without context takeover.
 *
 * It is here so that the load generator builds with nothing but a compiler. Codes are looked up whole: one table of
 * 2^longest entries, each `symbol << 4 | length`. */
#ifndef HUB_BENCH_INFLATE_H
#define HUB_BENCH_INFLATE_H

#include "common.h"

typedef struct {
  uint16_t entries[1 << 15];
  unsigned bits;
} code_table;

typedef struct {
  const unsigned char *next, *end;
  uint64_t held;
  unsigned held_bits;
  unsigned char *out;
  size_t out_n, out_cap;
} inflation;

static void refill(inflation *z) {
  while (z->held_bits <= 56 && z->next < z->end) {
    z->held |= (uint64_t)*z->next++ << z->held_bits;
    z->held_bits += 8;
  }
}

static unsigned take_bits(inflation *z, unsigned count) {
  if (z->held_bits < count) refill(z);
  if (z->held_bits < count) die("A compressed frame ends too early.");
  unsigned value = (unsigned)(z->held & (((uint64_t)1 << count) - 1));
  z->held >>= count;
  z->held_bits -= count;
  return value;
}

static unsigned take_symbol(inflation *z, const code_table *table) {
  if (z->held_bits < 15) refill(z);
  unsigned entry = table->entries[z->held & ((1u << table->bits) - 1)], length = entry & 15;
  if (!length || length > z->held_bits) die("A compressed frame has a code that does not exist.");
  z->held >>= length;
  z->held_bits -= length;
  return entry >> 4;
}

static void build_table(code_table *table, const unsigned char *lengths, unsigned count) {
  unsigned of_length[16] = {0}, next[16], code = 0;
  table->bits = 1;
  for (unsigned s = 0; s < count; s++) {
    of_length[lengths[s]]++;
    if (lengths[s] > table->bits) table->bits = lengths[s];
  }
  of_length[0] = 0;
  for (unsigned length = 1; length < 16; length++) next[length] = code = (code + of_length[length - 1]) << 1;
  memset(table->entries, 0, sizeof *table->entries << table->bits);
  for (unsigned s = 0; s < count; s++) {
    unsigned length = lengths[s], reversed = 0;
    if (!length) continue;
    unsigned own = next[length]++;
    for (unsigned bit = 0; bit < length; bit++) reversed |= (own >> bit & 1) << (length - 1 - bit);
    for (unsigned at = reversed; at < 1u << table->bits; at += 1u << length)
      table->entries[at] = (uint16_t)(s << 4 | length);
  }
}

static void build_fixed(code_table *literals, code_table *distances) {
  unsigned char lengths[288];
  memset(lengths, 8, 144);
  memset(lengths + 144, 9, 112);
  memset(lengths + 256, 7, 24);
  memset(lengths + 280, 8, 8);
  build_table(literals, lengths, 288);
  memset(lengths, 5, 30);
  build_table(distances, lengths, 30);
}

static void read_tables(inflation *z, code_table *literals, code_table *distances) {
  static const unsigned char order[19] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
  unsigned char lengths[320 + 138] = {0};
  unsigned literal_n = take_bits(z, 5) + 257, distance_n = take_bits(z, 5) + 1, order_n = take_bits(z, 4) + 4, at = 0;
  for (unsigned i = 0; i < order_n; i++) lengths[order[i]] = (unsigned char)take_bits(z, 3);
  build_table(literals, lengths, 19);
  memset(lengths, 0, 19);
  while (at < literal_n + distance_n) {
    unsigned symbol = take_symbol(z, literals), times = 1;
    unsigned char length = (unsigned char)symbol;
    if (symbol == 16) {
      if (!at) die("A compressed frame repeats nothing.");
      length = lengths[at - 1];
      times = 3 + take_bits(z, 2);
    } else if (symbol > 16) {
      length = 0;
      times = symbol == 17 ? 3 + take_bits(z, 3) : 11 + take_bits(z, 7);
    }
    memset(lengths + at, length, times);
    at += times;
  }
  build_table(distances, lengths + literal_n, distance_n);
  build_table(literals, lengths, literal_n);
}

static void make_out(inflation *z, size_t more) {
  if (z->out_n + more > z->out_cap) z->out = room(z->out, z->out_cap = (z->out_n + more) * 2);
}

static void copy_back(inflation *z, unsigned symbol, const code_table *distances) {
  static const unsigned short first_length[29] = {3,  4,  5,  6,  7,  8,  9,  10, 11,  13,  15,  17,  19,  23, 27,
                                                  31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258};
  static const unsigned char length_bits[29] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                                2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
  if (symbol > 285) die("A compressed frame has a length that does not exist.");
  unsigned length = first_length[symbol - 257] + take_bits(z, length_bits[symbol - 257]);
  unsigned reach = take_symbol(z, distances), distance = reach + 1;
  if (reach > 29) die("A compressed frame has a distance that does not exist.");
  if (reach > 3) {
    unsigned bits = reach / 2 - 1;
    distance = ((2 + (reach & 1)) << bits) + 1 + take_bits(z, bits);
  }
  if (distance > z->out_n) die("A compressed frame reaches back before its beginning.");
  make_out(z, length);
  for (; length; length--, z->out_n++) z->out[z->out_n] = z->out[z->out_n - distance];
}

static void stored_block(inflation *z) {
  take_bits(z, z->held_bits & 7);
  unsigned length = take_bits(z, 16);
  take_bits(z, 16);
  make_out(z, length);
  for (; length; length--) z->out[z->out_n++] = (unsigned char)take_bits(z, 8);
}

static void coded_block(inflation *z, int fixed) {
  static code_table literals, distances, fixed_literals, fixed_distances;
  if (fixed && !fixed_literals.bits) build_fixed(&fixed_literals, &fixed_distances);
  if (!fixed) read_tables(z, &literals, &distances);
  for (;;) {
    unsigned symbol = take_symbol(z, fixed ? &fixed_literals : &literals);
    if (symbol == 256) return;
    if (symbol > 256) {
      copy_back(z, symbol, fixed ? &fixed_distances : &distances);
      continue;
    }
    make_out(z, 1);
    z->out[z->out_n++] = (unsigned char)symbol;
  }
}

/* The message of the payload at `in`, in `z->out` until the next call. The four bytes behind the payload are
 * overwritten: they are the end that the sender left out. */
static void inflate_message(inflation *z, unsigned char *in, size_t n) {
  memcpy(in + n, "\0\0\377\377", 4);
  z->next = in;
  z->end = in + n + 4;
  z->held = z->held_bits = 0;
  z->out_n = 0;
  while (z->next < z->end || z->held_bits >= 3) {
    unsigned last = take_bits(z, 1), kind = take_bits(z, 2);
    if (kind == 3) die("A compressed frame has a block that does not exist.");
    if (kind == 0) stored_block(z);
    else coded_block(z, kind == 1);
    if (last) return;
  }
}

#endif
