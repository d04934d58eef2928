-- Each request asks for one of the addresses in a file, drawn at random. Arguments: the file, a seed.
-- A line is a path, and after tabs the headers that go with it.
local requests = {}

local function headers_of(words)
   local headers = {}
   for word in words do
      local name, value = word:match("^(.-): (.*)$")
      headers[name] = value
   end
   return headers
end

function init(args)
   math.randomseed(tonumber(args[2]))
   for line in io.lines(args[1]) do
      local words = line:gmatch("[^\t]+")
      local path = words()
      requests[#requests + 1] = wrk.format("GET", path, headers_of(words))
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
