-- Say the leaves of a node whose lease has ended, at most `limit` of them. After `presence.lua`.
--
-- ARGV: the node that asks and is not looked at, limit, 1 where those count too that did not say that they stop
-- Gives 1 where something was done and there may be more, else 0; ms until the next lease ends, -1 where there is none.
local own, limit, all = ARGV[OWN], tonumber(ARGV[OWN + 1]), ARGV[OWN + 2] == '1'

local function reap(node)
  for _, field in ipairs(redis.call('HRANDFIELD', of(node), limit)) do
    local topic, user = string.match(field, '^(.*)\n(.*)$')
    set(node, topic, user, 0)
  end
  if redis.call('EXISTS', of(node)) == 0 then
    redis.call('ZREM', nodes, node)
    redis.call('HDEL', attempts, node)
  end
end

local more = 0
for _, node in ipairs(redis.call('ZRANGEBYSCORE', nodes, '-inf', now_text)) do
  local stopped = tonumber(redis.call('HGET', attempts, node) or 0) == STOPPED
  if more == 0 and node ~= own and (all or stopped) then
    reap(node)
    more = 1
  end
end
local next_ms = -1
local leases = redis.call('ZRANGEBYSCORE', nodes, '(' .. now_text, '+inf', 'WITHSCORES', 'LIMIT', 0, 2)
for i = #leases - 1, 1, -2 do
  if leases[i] ~= own then
    next_ms = tonumber(leases[i + 1]) - now
  end
end
local position, overrun = append_said()
return {position, overrun, more, next_ms}
