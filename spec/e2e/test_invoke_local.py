"""scripts/invoke-local: a function served on this machine, invoked by real clients."""

import base64
import json
import os
import signal
import socket
import stat
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import tap
from botocore.exceptions import ClientError
from local_aws import LocalAws
from local_loop import PATIENCE, PROGRAM, Checkout, LocalLoop, children_of, run, until

ECHO = """
local log = require "lambda.log"
return function(event, context)
  log.info("got it", { n = event.n })
  return { event = event, name = context.function_name, memory = context.memory_limit_mb,
    left = context.remaining_ms(), client = context.client_context, trace = context.trace_id,
    tenant = context.tenant_id, arn = context.function_arn }
end
"""
FAILS = 'return function(event) error(event.why or "no reason") end'
STREAMS = """
return function(event, context)
  local out = context.stream { content_type = "text/plain" }
  for i = 1, event.pieces or 3 do out:write("piece " .. i .. "\\n") end
  if event.fail then error("midway") end
end
"""
PAGE = """
return function(event, context)
  if event.rawPath == "/stream" then
    local out = context.stream { status = 201, headers = { ["content-type"] = "text/html", ["x-y"] = "z" } }
    out:write("<p>")
    out:write("streamed")
    return
  end
  if event.rawPath == "/fail" then error("no") end
  return { statusCode = 203, headers = { ["X-Path"] = event.rawPath }, cookies = { "a=1", "b=2" },
    body = event.requestContext.http.method .. " " .. (event.queryStringParameters or {}).q .. " "
      .. (event.body or "-") }
end
"""
BATCH = """
local batch = require "lambda.batch"
return function(event)
  return batch.each(event, function(record) if record.body == "bad" then error("bad record") end end)
end
"""
STUCK = 'return function() os.execute("sleep 300") end'  # in C, where no deadline of Lua's reaches it
EATS = """
return function(event)
  local parts = {}
  for i = 1, event.mb do parts[i] = ("x"):rep(2 ^ 20) .. i end
  require("task").sleep(event.sleep or 0)
  return #parts
end
"""
EXITS = "return function(event) os.exit(event.status) end"


def handlers():
    sources = {
        "echo": ECHO, "fails": FAILS, "streams": STREAMS, "page": PAGE, "batch": BATCH, "stuck": STUCK,
        "eats": EATS, "exits": EXITS,
    }
    return {name: {"handler.lua": source} for name, source in sources.items()}


class Case(unittest.TestCase):
    def checkout(self, functions):
        return self.enterContext(Checkout(functions))

    def loop(self, name, *arguments, files=None, **environment):
        """Serves one of the functions above, or one made of `files`."""
        self.files = self.checkout({name: files} if files else handlers())
        return self.enterContext(LocalLoop(self.files, name, *arguments, **environment))

    def invoke(self, loop, event, **more):
        """The answer of the Invoke API, its payload read."""
        answer = loop.client().invoke(FunctionName=loop.name, Payload=json.dumps(event), **more)
        answer["Payload"] = json.loads(answer["Payload"].read() or "null")
        return answer

    def failure(self, loop, event):
        answer = self.invoke(loop, event)
        self.assertEqual("Unhandled", answer["FunctionError"])
        return answer["Payload"]


class AnInvocation(Case):
    def test_gives_the_result_and_the_context(self):
        context = base64.b64encode(b'{"custom":{"a":"b"}}').decode()
        answer = self.invoke(self.loop("echo"), {"n": 7}, ClientContext=context)
        self.assertEqual(200, answer["StatusCode"])
        self.assertEqual("$LATEST", answer["ExecutedVersion"])
        self.assertNotIn("FunctionError", answer)
        payload = answer["Payload"]
        self.assertEqual({"n": 7}, payload["event"])
        self.assertEqual("echo", payload["name"])
        self.assertEqual(128, payload["memory"])
        self.assertEqual({"custom": {"a": "b"}}, payload["client"])
        self.assertRegex(payload["trace"], r"^Root=1-[0-9a-f]{8}-[0-9a-f]{24}")
        self.assertTrue(payload["arn"].endswith(":function:echo"))
        self.assertTrue(50000 < payload["left"] <= 60000)  # the module's default

    def test_takes_any_name_and_no_event_for_an_empty_one(self):
        loop = self.loop("echo")
        answer = loop.client().invoke(FunctionName="arn:aws:lambda:us-east-1:123456789012:function:other")
        self.assertEqual({}, json.loads(answer["Payload"].read())["event"])

    def test_logs_as_lambda_does(self):
        loop = self.loop("echo")
        answer = self.invoke(loop, {"n": 1}, LogType="Tail")
        request_id = answer["ResponseMetadata"]["RequestId"]
        tail = base64.b64decode(answer["LogResult"]).decode()
        lines = tail.splitlines()
        self.assertEqual(f"START RequestId: {request_id} Version: $LATEST", lines[0])
        self.assertEqual("got it", json.loads(lines[1])["message"])
        self.assertEqual(f"END RequestId: {request_id}", lines[2])
        self.assertRegex(
            lines[3],
            rf"^REPORT RequestId: {request_id}\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\t"
            r"Memory Size: 128 MB\tMax Memory Used: \d+ MB\tInit Duration: [\d.]+ ms$",
        )
        self.assertIn(tail, loop.log())
        again = self.invoke(loop, {"n": 2}, LogType="Tail")
        self.assertNotIn(b"Init Duration", base64.b64decode(again["LogResult"]))

    def test_gives_at_most_4_kb_of_its_log(self):
        source = 'return function() for i = 1, 1000 do print("line " .. i) end end'
        answer = self.invoke(self.loop("long", files={"handler.lua": source}), {}, LogType="Tail")
        tail = base64.b64decode(answer["LogResult"])
        self.assertEqual(4096, len(tail))
        self.assertIn(b"line 1000", tail)
        self.assertIn(b"REPORT", tail)

    def test_that_fails_says_so(self):
        loop = self.loop("fails")
        failure = self.failure(loop, {"why": "out of luck"})
        self.assertIn("handler.lua:1: out of luck", failure["errorMessage"])
        self.assertEqual("Error", failure["errorType"])
        self.assertIn("handler.lua:1", "\n".join(failure["stackTrace"]))
        self.assertIn("out of luck", loop.log())

    def test_of_type_event_is_answered_at_once(self):
        loop = self.loop("stuck", "--timeout", "1")
        answer = loop.client().invoke(FunctionName="stuck", InvocationType="Event", Payload=b"{}")
        self.assertEqual(202, answer["StatusCode"])
        self.assertEqual(b"", answer["Payload"].read())
        self.assertNotIn("END RequestId", loop.log())
        loop.wait_for("REPORT RequestId: " + answer["ResponseMetadata"]["RequestId"])

    def test_of_type_dry_run_runs_nothing(self):
        loop = self.loop("echo")
        answer = loop.client().invoke(FunctionName="echo", InvocationType="DryRun", Payload=b"{}")
        self.assertEqual(204, answer["StatusCode"])
        self.assertNotIn("START", loop.log())

    def test_takes_partial_batch_failures(self):
        records = [
            {"messageId": str(n), "eventSource": "aws:sqs", "body": body, "eventSourceARN": "arn:aws:sqs:r:1:q"}
            for n, body in enumerate(["good", "bad", "good"])
        ]
        answer = self.invoke(self.loop("batch"), {"Records": records})
        self.assertEqual({"batchItemFailures": [{"itemIdentifier": "1"}]}, answer["Payload"])

    def test_passes_megabytes_both_ways(self):
        loop = self.loop("echo")
        text = "ü" * 1_000_000
        self.assertEqual(text, self.invoke(loop, {"text": text})["Payload"]["event"]["text"])


class ARequest(Case):
    def refused(self, loop, **parameters):
        with self.assertRaises(ClientError) as raised:
            loop.client().invoke(FunctionName="echo", **parameters)
        return raised.exception.response

    def test_that_is_no_json_or_too_large_is_refused_as_lambda_does(self):
        loop = self.loop("echo")
        response = self.refused(loop, Payload=b'{"a":')
        self.assertEqual("InvalidRequestContentException", response["Error"]["Code"])
        self.assertEqual(400, response["ResponseMetadata"]["HTTPStatusCode"])
        response = self.refused(loop, Payload=b'"' + b"x" * 6291456 + b'"')
        self.assertEqual("RequestTooLargeException", response["Error"]["Code"])
        self.assertEqual(413, response["ResponseMetadata"]["HTTPStatusCode"])
        self.assertEqual({"n": 1}, self.invoke(loop, {"n": 1})["Payload"]["event"])

    def status(self, url, headers=None, method="GET"):
        try:
            with urlopen(Request(url, headers=headers or {}, method=method), timeout=PATIENCE) as answer:
                return answer.status
        except HTTPError as error:
            error.close()
            return error.code

    def test_of_another_site_or_under_another_name_is_refused(self):
        loop = self.loop("echo")
        invoke = loop.url + "/2015-03-31/functions/echo/invocations"
        self.assertEqual(200, self.status(invoke, method="POST"))
        self.assertEqual(200, self.status(invoke, {"Origin": loop.url}, "POST"))
        for headers in ({"Origin": "https://example.com"}, {"Origin": "null"}, {"Host": "example.com"}):
            self.assertEqual(403, self.status(invoke, headers, "POST"), headers)
        self.assertEqual(1, loop.log().count("START") - 1)

    def test_for_what_is_not_there_is_refused(self):
        loop = self.loop("echo")
        self.assertEqual(404, self.status(loop.url + "/2015-03-31/functions/"))
        self.assertEqual(404, self.status(loop.url + "/2015-03-31/functions/echo/invocations"))


class AStream(Case):
    def events(self, loop, event):
        answer = loop.client().invoke_with_response_stream(FunctionName=loop.name, Payload=json.dumps(event))
        return list(answer["EventStream"])

    def test_comes_as_events(self):
        events = self.events(self.loop("streams"), {})
        text = b"".join(each["PayloadChunk"]["Payload"] for each in events[:-1])
        self.assertEqual(b"piece 1\npiece 2\npiece 3\n", text)
        self.assertNotIn("ErrorCode", events[-1]["InvokeComplete"])

    def test_that_fails_midway_ends_with_the_error(self):
        events = self.events(self.loop("streams"), {"fail": True})
        self.assertTrue(any("PayloadChunk" in each for each in events))
        self.assertEqual("Error", events[-1]["InvokeComplete"]["ErrorCode"])
        self.assertIn("midway", events[-1]["InvokeComplete"]["ErrorDetails"])

    def test_is_whole_to_a_plain_invocation(self):
        answer = self.loop("streams").client().invoke(FunctionName="streams", Payload=b'{"pieces":1}')
        self.assertEqual(b"piece 1\n", answer["Payload"].read())

    def test_may_be_long(self):
        events = self.events(self.loop("streams"), {"pieces": 20000})
        text = b"".join(each["PayloadChunk"]["Payload"] for each in events[:-1])
        self.assertTrue(text.endswith(b"piece 20000\n"))
        self.assertEqual(20000, text.count(b"\n"))


class AFunctionUrl(Case):
    def test_turns_requests_into_events_and_results_into_answers(self):
        loop = self.loop("page")
        request = Request(loop.url + "/url/a%20b/c?q=1%202&q=3", b"body", {"Content-Type": "text/plain"})
        with urlopen(request, timeout=PATIENCE) as answer:
            self.assertEqual(203, answer.status)
            self.assertEqual("/a%20b/c", answer.headers["X-Path"])
            self.assertEqual(["a=1", "b=2"], answer.headers.get_all("Set-Cookie"))
            self.assertEqual(b"POST 1 2,3 body", answer.read())

    def test_streams(self):
        with urlopen(self.loop("page").url + "/url/stream", timeout=PATIENCE) as answer:
            self.assertEqual((201, "text/html", "z"),
                             (answer.status, answer.headers["Content-Type"], answer.headers["X-Y"]))
            self.assertEqual(b"<p>streamed", answer.read())

    def test_answers_502_for_an_error(self):
        with self.assertRaises(HTTPError) as raised:
            urlopen(self.loop("page").url + "/url/fail", timeout=PATIENCE)
        self.assertEqual(502, raised.exception.code)
        raised.exception.close()


class TheLoop(Case):
    def edit(self, text, path="handler.lua"):
        self.files.write("functions/live/" + path, text)

    def live(self, text, *arguments, **files):
        files = {name.replace("_", "."): content for name, content in files.items()}
        return self.loop("live", *arguments, files={"handler.lua": text, **files})

    def test_uses_a_changed_file_with_the_next_invocation(self):
        loop = self.live("return function() return 0 end")
        for n in range(1, 6):
            self.edit(f"return function() return {n} end")
            self.assertEqual(n, self.invoke(loop, {})["Payload"])
        self.assertIn("changed: handler.lua", loop.log())

    def test_uses_changed_modules_and_settings(self):
        loop = self.live("return function() return { require('other'), os.getenv('A') } end", other_lua="return 1")
        self.assertEqual([1], self.invoke(loop, {})["Payload"])
        self.edit("return 2", "other.lua")
        self.edit('module "function" {\n  source = "../../terraform/modules/function"\n'
                  '  environment = { A = "b" }\n}\n', "main.tf")
        self.assertEqual([2, "b"], self.invoke(loop, {})["Payload"])

    def test_shows_an_error_of_the_new_code_and_recovers(self):
        loop = self.live("return function() return 1 end")
        self.assertEqual(1, self.invoke(loop, {})["Payload"])
        self.edit("return function( oops oops")
        for _ in range(2):
            failure = self.failure(loop, {})
            self.assertEqual("Runtime.UserCodeSyntaxError", failure["errorType"])
            self.assertIn("handler.lua:1", failure["errorMessage"])
        self.assertIn("handler.lua:1", loop.log())
        self.edit("require 'nowhere'")
        self.assertEqual("Runtime.ImportModuleError", self.failure(loop, {})["errorType"])
        self.edit("os.exit(3)")
        self.assertIn("exit status 3", self.failure(loop, {})["errorMessage"])
        self.edit("return function() return 2 end")
        self.assertEqual(2, self.invoke(loop, {})["Payload"])

    def test_shows_an_error_of_the_new_code_without_an_invocation(self):
        loop = self.live("return function() return 1 end")
        self.edit("syntax error")
        loop.wait_for("Runtime.UserCodeSyntaxError")

    def test_keeps_the_settings_when_the_new_ones_cannot_be_read(self):
        loop = self.live("return function() return 1 end")
        self.edit("module {", "main.tf")
        self.assertEqual(1, self.invoke(loop, {})["Payload"])
        self.assertIn("functions/live/main.tf:", loop.log())
        self.assertIn("the settings from before stay", loop.log())

    def test_lets_an_invocation_that_runs_end_with_the_old_code(self):
        loop = self.live("return function() require('task').sleep(1) return 'old' end")
        results = []
        thread = threading.Thread(target=lambda: results.append(self.invoke(loop, {})["Payload"]))
        thread.start()
        loop.wait_for("START")
        self.edit("return function() return 'new' end")
        self.assertEqual("new", self.invoke(loop, {})["Payload"])
        thread.join(PATIENCE)
        self.assertEqual(["old"], results)

    def test_says_what_is_not_declared(self):
        source = 'return function() require("aws").client("ec2"):describe_regions() end'
        loop = self.live(source, "--env", "AWS_ENDPOINT_URL=http://127.0.0.1:1")
        self.invoke(loop, {})
        self.assertIn('requirements.lua: add "DescribeRegions" to aws.ec2', loop.log())


class ALimit(Case):
    def test_of_time_ends_the_process_and_what_it_started(self):
        loop = self.loop("stuck", "--timeout", "1")
        failure = self.failure(loop, {})
        self.assertEqual("Sandbox.Timedout", failure["errorType"])
        self.assertRegex(failure["errorMessage"], r"^RequestId: \S+ Error: Task timed out after 1\.00 seconds$")
        self.assertIn("Task timed out after 1.00 seconds", loop.log())
        self.assertIn("Status: timeout", loop.log())
        until(lambda: not loop.processes(), "the process's end")

    def test_of_time_binds_the_start_too(self):
        loop = self.loop("never", "--timeout", "1", files={"handler.lua": "while true do end"})
        self.assertIn("Task timed out after 1.00 seconds", self.failure(loop, {})["errorMessage"])

    def test_of_memory_ends_the_process(self):
        loop = self.loop("eats", "--memory", "64")
        failure = self.failure(loop, {"mb": 300, "sleep": 30})
        self.assertEqual("Runtime.ExitError", failure["errorType"])
        self.assertRegex(
            failure["errorMessage"], r"^RequestId: \S+ Error: Runtime exited with error: signal: killed$"
        )
        self.assertIn("more than its 64 MB", loop.log())
        self.assertEqual(1, self.invoke(loop, {"mb": 1})["Payload"])

    def test_is_reported_by_the_memory_that_was_used(self):
        loop = self.loop("eats")
        answer = self.invoke(loop, {"mb": 60}, LogType="Tail")
        report = base64.b64decode(answer["LogResult"]).decode().splitlines()[-1]
        used = int(report.split("Max Memory Used: ")[1].split(" ")[0])
        self.assertTrue(60 <= used <= 128, report)

    def test_of_main_tf_is_heeded_and_flags_come_first(self):
        module = """
            variable "seconds" { default = 7 }
            module "function" {
              source  = "../../terraform/modules/function"
              timeout = var.seconds
              memory  = 256
              environment = { FROM_TF = "tf", BOTH = "tf", ARN = data.aws_region.here.name }
            }
        """
        source = """
            return function(_, context)
              return { context.memory_limit_mb, context.remaining_ms(), os.getenv("FROM_TF"), os.getenv("BOTH"),
                os.getenv("ARN") or "none" }
            end
        """
        files = {"handler.lua": source, "main.tf": module}
        loop = self.loop("set", "--env", "BOTH=flag", files=files)
        memory, left, *variables = self.invoke(loop, {})["Payload"]
        self.assertEqual(256, memory)
        self.assertTrue(5000 < left <= 7000)
        self.assertEqual(["tf", "flag", "none"], variables)
        self.assertIn("give it with --env ARN=VALUE", loop.log())
        loop = self.loop("set", "--memory", "512", "--timeout", "30", files=files)
        memory, left, *_ = self.invoke(loop, {})["Payload"]
        self.assertEqual(512, memory)
        self.assertTrue(7000 < left <= 30000)

    def test_is_not_what_ends_a_process_that_exits(self):
        loop = self.loop("exits")
        self.assertIn("Error: Runtime exited with error: exit status 3", self.failure(loop, {"status": 3})["errorMessage"])
        self.assertIn("Runtime exited without providing a reason", self.failure(loop, {"status": 0})["errorMessage"])


class Concurrency(Case):
    MEETS = """
        local task = require "task"
        return function(event)  -- returns once all are here
          local mine = io.open(event.folder .. "/" .. event.n, "w")
          mine:close()
          for _ = 1, 3000 do
            local here = 0
            for n = 1, event.all do
              local file = io.open(event.folder .. "/" .. n)
              if file then file:close() here = here + 1 end
            end
            if here == event.all then return event.n end
            task.sleep(0.01)
          end
          error("alone")
        end
    """

    def meet(self, loop, count):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        results = []

        def invoke(n):
            results.append(self.invoke(loop, {"n": n, "all": count, "folder": folder})["Payload"])

        threads = [threading.Thread(target=invoke, args=(n,)) for n in range(1, count + 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
        return sorted(results)

    def test_is_a_process_each(self):
        loop = self.loop("meets", files={"handler.lua": self.MEETS})
        self.assertEqual([1, 2, 3, 4], self.meet(loop, 4))
        self.assertEqual(4, len(loop.processes()))

    def test_beyond_the_limit_waits(self):
        loop = self.loop("echo", "--concurrency", "2")
        results = []
        threads = [
            threading.Thread(target=lambda n=n: results.append(self.invoke(loop, {"n": n})["Payload"]["event"]["n"]))
            for n in range(30)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
        self.assertEqual(list(range(30)), sorted(results))
        self.assertLessEqual(len(loop.processes()), 2)

    def test_is_one_process_where_managed_instances_are_asked_for(self):
        loop = self.loop("meets", "--env", "AWS_LAMBDA_MAX_CONCURRENCY=4", "--concurrency", "1",
                         files={"handler.lua": self.MEETS})
        self.assertEqual([1, 2, 3, 4], self.meet(loop, 4))
        self.assertEqual(1, len(loop.processes()))


class OneEvent(Case):
    def test_comes_from_standard_input_and_its_result_goes_to_standard_output(self):
        done = run(self.checkout(handlers()), "echo", "--event", "-", event='{"n":5}', script=True)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual({"n": 5}, json.loads(done.stdout)["event"])
        self.assertIn("REPORT", done.stderr)
        self.assertIn("got it", done.stderr)

    def test_comes_from_beside_the_function_or_from_a_file(self):
        checkout = self.checkout({"echo": {"handler.lua": ECHO, "events/five.json": '{"n":5}'}})
        for name in ("five", "five.json", str(checkout.root / "functions/echo/events/five.json")):
            done = run(checkout, "echo", "--event", name)
            self.assertEqual({"n": 5}, json.loads(done.stdout)["event"])

    def test_may_be_a_sample(self):
        checkout = self.checkout(handlers())
        made = subprocess.run([checkout.root / "scripts" / "sample-event", "sqs"], capture_output=True, text=True)
        self.assertEqual(0, made.returncode, made.stderr)
        done = run(checkout, "batch", "--event", "-", event=made.stdout)
        self.assertEqual({"batchItemFailures": []}, json.loads(done.stdout))
        for arguments in ([], ["nothing"], ["sqs", "sns"]):
            refused = subprocess.run([checkout.root / "scripts" / "sample-event", *arguments], capture_output=True)
            self.assertEqual((2, b""), (refused.returncode, refused.stdout))
            self.assertIn(b"see scripts/sample-event --help", refused.stderr)

    def test_that_fails_is_status_1(self):
        done = run(self.checkout(handlers()), "fails", "--event=-", event="{}")
        self.assertEqual(1, done.returncode)
        self.assertEqual("Error", json.loads(done.stdout)["errorType"])


class AMistake(Case):
    def says(self, text, *arguments, status=2, checkout=None, **more):
        done = run(checkout or self.checkout(handlers()), *arguments, **more)
        self.assertEqual(status, done.returncode, done.stderr)
        self.assertEqual("", done.stdout)
        self.assertIn(text, done.stderr)
        self.assertNotIn("traceback", done.stderr)

    def test_of_the_command_line_is_told(self):
        self.says("name a function")
        self.says("there is no function 'nobody'; there are: batch, eats, echo", "nobody")
        self.says("there is no function '../echo'", "../echo")
        self.says("one function at a time: echo or page", "echo", "page")
        self.says('unknown option --prot; did you mean "port"?', "echo", "--prot", "1")
        self.says("--port takes a whole number from 0 to 65535, not 'x'", "echo", "--port", "x")
        self.says("--timeout takes a whole number from 1 to 900, not '901'", "echo", "--timeout=901")
        self.says("--memory takes a value", "echo", "--memory")
        self.says("--env takes NAME=VALUE, not 'x'", "echo", "--env", "x")
        self.says("--aws takes moto, not 'gcp'", "echo", "--aws", "gcp")
        self.says("there is no event 'none': it is neither one of functions/echo/events (which holds none)",
                  "echo", "--event", "none")
        self.says("standard input is no JSON", "echo", "--event", "-", event="{")
        self.says("cannot write /nowhere/x: No such file or directory", "echo", "--record", "/nowhere/x")

    def test_of_the_functions_files_is_told(self):
        def function(**files):
            return self.checkout({"f": {"handler.lua": ECHO, **{n.replace("_", "."): t for n, t in files.items()}}})

        self.says('functions/f/main.tf:2: expected an argument, a block or }, got the end of the file', "f",
                  checkout=function(main_tf='module "function" {\n'))
        self.says("functions/f/requirements.lua: unknown field oops", "f",
                  checkout=function(requirements_lua="return { oops = 1 }"))

    def test_of_the_port_is_told(self):
        taken = socket.create_server(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        self.says(f"port {port} is in use; give another with --port", "echo", "--port", str(port), status=1)
        taken.close()

    def test_is_never_made_by_asking_for_help(self):
        done = run(self.checkout({}), "--help", script=True)
        self.assertEqual(0, done.returncode)
        self.assertTrue(done.stdout.startswith("Usage: scripts/invoke-local NAME"))


class TheEnd(Case):
    def test_leaves_nothing_behind(self):
        for how in (signal.SIGINT, signal.SIGTERM):
            loop = self.loop("stuck")
            thread = threading.Thread(target=self.interrupted, args=(loop,))
            thread.start()
            loop.wait_for("START")
            children = loop.processes()
            self.assertTrue(children)
            self.assertEqual(128 + how, loop.end(how))
            thread.join(PATIENCE)
            self.assert_ended(children)
            self.assert_refused(loop.url)

    def test_comes_to_its_processes_however_it_comes(self):
        loop = self.loop("echo")
        children = until(loop.processes, "a process")
        loop.end(signal.SIGKILL)
        self.assert_ended(children)

    def test_comes_to_the_local_aws_too(self):
        checkout = self.checkout(handlers())
        with tempfile.TemporaryFile("w+") as log:
            process = subprocess.Popen([PROGRAM, checkout.root, "stuck", "--aws", "moto", "--event", "-"],
                                       stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=log)
            process.stdin.write(b"{}")
            process.stdin.close()

            def said():
                return os.pread(log.fileno(), 1 << 20, 0).decode()

            until(lambda: "START" in said() or process.poll() is not None, said)
            children = children_of(process.pid)
            self.assertEqual(2, len(children), said())
            process.send_signal(signal.SIGINT)
            self.assertEqual(128 + signal.SIGINT, process.wait(PATIENCE))
            self.assert_ended(children)

    def test_waits_for_shutdown_hooks(self):
        source = """
            require("lambda.shutdown").on(function() print("bye") end)
            return function() return 1 end
        """
        loop = self.loop("hooks", files={"handler.lua": source})
        self.assertEqual(1, self.invoke(loop, {})["Payload"])
        loop.end()
        self.assertIn("bye", loop.log())

    def interrupted(self, loop):
        with self.assertRaises(Exception):
            self.invoke(loop, {})

    def assert_ended(self, processes):
        for process in processes:
            until(lambda p=process: not Path(f"/proc/{p}").exists() or "(zombie)" in
                  Path(f"/proc/{p}/status").read_text(), f"the end of process {process}")

    def assert_refused(self, url):
        with self.assertRaises(OSError):
            socket.create_connection(("127.0.0.1", int(url.rsplit(":", 1)[1])), 5).close()


class ARecording(Case):
    CALLS = """
        local aws = require "aws"
        return function(event)
          local ec2, ssm = aws.client("ec2"), aws.client("ssm")
          local found = assert(ec2:describe_instances { MaxResults = 5 })
          local _, err = ec2:stop_instances { InstanceIds = { "i-00000000000000000" } }
          assert(ssm:put_parameter { Name = "/p", Value = event.secret, Type = "SecureString" })
          assert(ssm:get_parameter { Name = "/p", WithDecryption = true })
          return { #found.Reservations, err.code }
        end
    """
    SECRET = "correct horse battery staple"

    def test_holds_the_calls_without_secrets(self):
        aws = self.enterContext(LocalAws())
        aws.client("ec2").run_instances(ImageId="ami-12345678", MinCount=1, MaxCount=1)
        file = Path(self.enterContext(tempfile.TemporaryDirectory()), "calls.jsonl")
        key = "SecretKeyOfThisTest1234"
        loop = self.loop("calls", "--record", str(file), files={"handler.lua": self.CALLS},
                         **aws.environment() | {"AWS_SECRET_ACCESS_KEY": key})
        answer = self.invoke(loop, {"secret": self.SECRET})
        self.assertEqual([1, "InvalidInstanceID.NotFound"], answer["Payload"])
        text = until(lambda: file.read_text(), "the recording")
        self.assertEqual(0o600, stat.S_IMODE(file.stat().st_mode))
        self.assertNotIn(self.SECRET, text)
        self.assertNotIn(key, text)

        calls = [json.loads(line) for line in text.splitlines()]
        self.assertEqual(
            [("ec2", "DescribeInstances"), ("ec2", "StopInstances"), ("ssm", "PutParameter"), ("ssm", "GetParameter")],
            [(call["service"], call["operation"]) for call in calls],
        )
        request_id = answer["ResponseMetadata"]["RequestId"]
        for call in calls:
            self.assertEqual("us-east-1", call["region"])
            self.assertEqual(request_id, call["request_id"])
            self.assertEqual(1, call["attempts"])
            self.assertTrue(0 <= call["duration"] < PATIENCE)
            self.assertTrue(abs(call["started"] - time.time()) < PATIENCE)
            self.assertNotEqual("output" in call, "error" in call)
        self.assertEqual({"MaxResults": 5}, calls[0]["params"])
        self.assertEqual(1, len(calls[0]["output"]["Reservations"]))
        self.assertEqual("InvalidInstanceID.NotFound", calls[1]["error"]["code"])
        self.assertEqual(400, calls[1]["error"]["status"])
        self.assertEqual("***", calls[2]["params"]["Value"])
        self.assertEqual("***", calls[3]["output"]["Parameter"]["Value"])
        self.assertEqual([], [name for name in os.listdir(file.parent) if name != file.name])

    def test_of_before_stays_until_there_is_a_new_one(self):
        file = Path(self.enterContext(tempfile.TemporaryDirectory()), "calls.jsonl")
        file.write_text("old\n")
        loop = self.loop("echo", "--record", str(file))
        self.invoke(loop, {})
        loop.end(signal.SIGKILL)
        self.assertEqual("old\n", file.read_text())

    def test_is_made_against_a_local_aws_of_its_own(self):
        checkout = self.checkout({"calls": {"handler.lua": self.CALLS}})
        file = checkout.root / "calls.jsonl"
        done = run(checkout, "calls", "--aws", "moto", "--record", str(file), "--event", "-",
                   event=json.dumps({"secret": self.SECRET}))
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual([0, "InvalidInstanceID.NotFound"], json.loads(done.stdout))
        self.assertEqual(4, len(file.read_text().splitlines()))
        address = done.stderr.split("the local AWS is at http://127.0.0.1:")[1].split("\n")[0]
        with self.assertRaises(OSError):
            socket.create_connection(("127.0.0.1", int(address)), 5).close()


if __name__ == "__main__":
    tap.main()
