-- wrk script. Usage: wrk ... -s post.lua URL -- METHOD FILE
-- Sends what FILE holds, if one is named. Prints one line "RESULT requests errors p50_us p99_us".
function init(args)
  wrk.method = args[1]
  if args[2] and #args[2] > 0 then
    local file = assert(io.open(args[2], "rb"))
    wrk.body = file:read("*a")
    file:close()
    wrk.headers["Content-Type"] = "application/json"
  end
end

function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format("RESULT %d %d %d %d\n", summary.requests,
    e.status + e.connect + e.read + e.write + e.timeout, latency:percentile(50), latency:percentile(99)))
end
