-- Common to the scripts of the redis engine: how the log stands, as (epoch, offset of its newest batch).
--
-- A new epoch begins when there is no log, when its head is behind what the caller knows (acknowledged batches are
-- gone), or when it is an epoch from before the one the caller knows (names begin with their time). Offsets go on above
-- everything known, so that an acknowledged offset never names two batches.
local function life(log, stream, known_epoch, known_offset, suffix)
  local found = redis.call('HMGET', log, 'epoch', 'offset')
  local epoch, offset = found[1], tonumber(found[2] or 0)
  local behind = epoch and (known_epoch > epoch or (known_epoch == epoch and known_offset > offset))
  if epoch and not behind then
    return epoch, offset
  end
  offset = math.max(offset, known_offset)
  if redis.call('EXISTS', stream) == 1 then
    local info = redis.call('XINFO', 'STREAM', stream)
    for i = 1, #info, 2 do
      if info[i] == 'last-generated-id' then
        offset = math.max(offset, tonumber(string.match(info[i + 1], '^%d+')))
      end
    end
  end
  epoch = string.format('%08x', redis.call('TIME')[1]) .. suffix
  redis.call('HSET', log, 'epoch', epoch, 'offset', string.format('%d', offset))
  return epoch, offset
end

