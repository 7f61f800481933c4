-- Append a batch and announce it, once however often it is tried; then trim a few of the oldest.
--
-- KEYS: log (hash: epoch, offset, bytes), stream (id <offset>-0, fields e = epoch, b = entry),
--       index (list, oldest first: "<offset> <ms> <bytes>" of each entry, so that trimming reads no entry),
--       producer (hash: last = its newest sequence; sequence -> position of its newest batches)
-- ARGV: known epoch, known offset, suffix of a new epoch, entry, sequence, first unconfirmed sequence,
--       max_bytes, max_age_ms, channel
-- Gives {position, number of batches trimmed although a group needed them}.
local REMEMBERED = 128
local PRODUCER_TTL_S = 86400
local TRIM_EVERY = 16
local TRIM_FACTOR = 2
local OVERRUN_FACTOR = 2

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

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
offset = offset + 1
local id = string.format('%d', offset)
local position = epoch .. '-' .. id
redis.call('XADD', stream, id .. '-0', 'e', epoch, 'b', entry)
redis.call('RPUSH', index, id .. ' ' .. string.format('%d', now) .. ' ' .. #entry)
redis.call('HSET', log, 'offset', id)
local bytes = redis.call('HINCRBY', log, 'bytes', #entry)
redis.call('HSET', producer, 'last', sequence, sequence, position)
redis.call('HDEL', producer, sequence - REMEMBERED)
redis.call('EXPIRE', producer, PRODUCER_TTL_S)
redis.call('PUBLISH', channel, position .. '\n' .. entry)

-- The oldest offset that a consumer group has not acked.
local function needed()
  local oldest = offset
  for _, group in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
    local name, pending, delivered
    for i = 1, #group, 2 do
      if group[i] == 'name' then name = group[i + 1] end
      if group[i] == 'pending' then pending = group[i + 1] end
      if group[i] == 'last-delivered-id' then delivered = tonumber(string.match(group[i + 1], '^%d+')) end
    end
    if pending > 0 then
      oldest = math.min(oldest, tonumber(string.match(redis.call('XPENDING', stream, name)[2], '^%d+')))
    else
      oldest = math.min(oldest, delivered + 1)
    end
  end
  return oldest
end

local overrun = 0
if offset % TRIM_EVERY == 0 then
  local kept, trimmed
  for _ = 1, TRIM_FACTOR * TRIM_EVERY do
    local at, ms, size = string.match(redis.call('LINDEX', index, 0) or '', '^(%d+) (%d+) (%d+)$')
    at, ms, size = tonumber(at), tonumber(ms), tonumber(size)
    if not at or at >= offset or (bytes <= max_bytes and ms >= now - max_age_ms) then
      break
    end
    kept = kept or needed()
    if at >= kept then
      if bytes <= OVERRUN_FACTOR * max_bytes then
        break
      end
      overrun = overrun + 1
    end
    redis.call('LPOP', index)
    bytes, trimmed = bytes - size, at
  end
  if trimmed then
    redis.call('XTRIM', stream, 'MINID', '=', string.format('%d-0', trimmed + 1))
    redis.call('HSET', log, 'bytes', string.format('%d', bytes))
  end
end
return {position, overrun}
