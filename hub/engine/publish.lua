-- Append a batch and announce it, once however often it is tried.
--
-- KEYS: log, stream, index (see append.lua),
--       producer (hash: last = its newest sequence; sequence -> position of its newest batches)
-- ARGV: known epoch, known offset, suffix of a new epoch, entry, sequence, first unconfirmed sequence,
--       max_bytes, max_age_ms, channel
-- Gives {position, number of batches trimmed although a group needed them}.
local REMEMBERED = 128
local PRODUCER_TTL_S = 86400

local log, stream, index, producer = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local entry, sequence, first = ARGV[4], tonumber(ARGV[5]), tonumber(ARGV[6])
local max_bytes, max_age_ms, channel = tonumber(ARGV[7]), tonumber(ARGV[8]), ARGV[9]

local epoch, offset = life(log, stream, ARGV[1], tonumber(ARGV[2]), ARGV[3])

local last = tonumber(redis.call('HGET', producer, 'last') or -1)
if sequence <= last then
  local position = redis.call('HGET', producer, sequence)
  return position and {position, 0} or redis.error_reply('OUTOFORDER sequence ' .. sequence .. ' is forgotten')
end
if sequence ~= first and sequence ~= last + 1 then
  return redis.error_reply('OUTOFORDER sequence ' .. sequence .. ' came without the one before it')
end

local position, overrun = append(log, stream, index, channel, epoch, offset, entry, max_bytes, max_age_ms)
redis.call('HSET', producer, 'last', sequence, sequence, position)
redis.call('HDEL', producer, sequence - REMEMBERED)
redis.call('EXPIRE', producer, PRODUCER_TTL_S)
return {position, overrun}
