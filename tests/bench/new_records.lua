-- Each request puts a record that there is not yet. Arguments: a file, a word for this run that all ids have.
-- The file's first line is the Authorization header, the second a record in which SLUG stands for its id.
local headers, template, run
local number = 0

function init(args)
   local lines = io.lines(args[1])
   headers = {["Authorization"] = lines(), ["Content-Type"] = "application/json"}
   template, run = lines(), args[2]
end

function request()
   number = number + 1
   local slug = string.format("new-%s-%06d", run, number)
   local body = template:gsub("SLUG", slug)
   return wrk.format("PUT", "/v1/defectors/" .. slug, headers, body)
end

function done(summary, latency)
   local errors = summary.errors
   print(string.format('{"requests":%d,"bytes":%d,"microseconds":%d,"p99":%d,"faults":%d}',
      summary.requests, summary.bytes, summary.duration, latency:percentile(99),
      errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
