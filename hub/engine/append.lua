-- Append an entry to the log and announce it; then trim a few of the oldest. After `epoch.lua`.
--
-- log (hash: epoch, offset, bytes), stream (id <offset>-0, fields e = epoch, b = entry),
-- index (list, oldest first: "<offset> <ms> <bytes>" of each entry, so that trimming reads no entry)
local TRIM_EVERY = 16
local TRIM_FACTOR = 2
local OVERRUN_FACTOR = 2

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- The oldest offset that a consumer group has not acked, at most `oldest`.
local function needed(stream, oldest)
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

-- Gives the number of batches trimmed although a group needed them.
local function trim(log, stream, index, offset, bytes, now, max_bytes, max_age_ms)
  local overrun, kept, trimmed = 0, nil, nil
  for _ = 1, TRIM_FACTOR * TRIM_EVERY do
    local at, ms, size = string.match(redis.call('LINDEX', index, 0) or '', '^(%d+) (%d+) (%d+)$')
    at, ms, size = tonumber(at), tonumber(ms), tonumber(size)
    if not at or at >= offset or (bytes <= max_bytes and ms >= now - max_age_ms) then
      break
    end
    kept = kept or needed(stream, offset)
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
  return overrun
end

-- Gives its position, and the number of batches trimmed although a group needed them.
local function append(log, stream, index, channel, epoch, offset, entry, max_bytes, max_age_ms)
  local now = now_ms()
  offset = offset + 1
  local id = string.format('%d', offset)
  local position = epoch .. '-' .. id
  redis.call('XADD', stream, id .. '-0', 'e', epoch, 'b', entry)
  redis.call('RPUSH', index, id .. ' ' .. string.format('%d', now) .. ' ' .. #entry)
  redis.call('HSET', log, 'offset', id)
  local bytes = redis.call('HINCRBY', log, 'bytes', #entry)
  redis.call('PUBLISH', channel, position .. '\n' .. entry)
  if offset % TRIM_EVERY ~= 0 then
    return position, 0
  end
  return position, trim(log, stream, index, offset, bytes, now, max_bytes, max_age_ms)
end

