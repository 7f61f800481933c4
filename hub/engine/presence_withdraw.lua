-- A node stops: its lease ends in so many ms, and nothing that comes late from it is carried out. After `presence.lua`.
--
-- ARGV: node, ms
local node = ARGV[OWN]
if redis.call('HEXISTS', attempts, node) == 1 then
  redis.call('HSET', attempts, node, STOPPED)
  redis.call('ZADD', nodes, string.format('%d', now + tonumber(ARGV[OWN + 1])), node)
end
return {'', 0}
