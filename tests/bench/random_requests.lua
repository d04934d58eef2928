-- Each request asks for one of the addresses in a file, drawn at random. Arguments: the file, a seed.
local requests = {}

function init(args)
   math.randomseed(tonumber(args[2]))
   for path in io.lines(args[1]) do
      requests[#requests + 1] = wrk.format("GET", path)
   end
end

function request()
   return requests[math.random(#requests)]
end

function done(summary, latency)
   local errors = summary.errors
   print(string.format('{"requests":%d,"bytes":%d,"microseconds":%d,"p99":%d,"faults":%d}',
      summary.requests, summary.bytes, summary.duration, latency:percentile(99),
      errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
