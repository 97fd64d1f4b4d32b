"""The Runtime API's whole contract beyond a plain result: causes, limits, streams, tasks, logs, SIGTERM."""

import json
import os
import signal
import struct
import unittest
from datetime import datetime

import tap
from project import function_of

CONCURRENCY = 4


class Case(unittest.TestCase):
    def function(self, source, environment=None):
        """Starts a function made of one file; it ends with the test."""
        return self.enterContext(function_of({"handler.lua": source}, environment))

    def line(self, function, message):
        """The log line whose message begins so."""
        return next(line for line in function.log_lines() if line["message"].startswith(message))


class AnError(Case):
    def test_is_reported_with_what_caused_it(self):
        function = self.function(
            """
            local failure = require "lambda.failure"
            return function()
              local refused = { code = "AccessDenied", message = "not you" }
              local closed = failure.new("Bank.Closed", "no bank", refused)
              error(failure.new("Payment.Refused", "no money", closed))
            end
            """
        )
        failure = function.invoke({}).error
        report = failure.report
        chain = []
        while report:
            chain.append((report["errorType"], report["errorMessage"]))
            report = report.get("cause")
        self.assertEqual(
            [("Payment.Refused", "no money"), ("Bank.Closed", "no bank"), ("AccessDenied", "not you")], chain
        )
        self.assertIn("handler.lua:5", "\n".join(failure.report["cause"]["stackTrace"]))
        self.assertEqual("Payment.Refused", failure.header_type)

    def test_that_causes_itself_ends(self):
        function = self.function(
            "return function() local e = { message = 'round' } e.cause = e error(e) end"
        )
        self.assertEqual("round", function.invoke({}).error.report["cause"]["errorMessage"])

    def test_whose_description_raises_is_reported_all_the_same(self):
        function = self.function(
            "return function() error(setmetatable({}, { __tostring = function() error('no words') end })) end"
        )
        self.assertIn("cannot be described", function.invoke({}).error.report["errorMessage"])

    def test_has_its_cause_for_x_ray_in_a_header_of_ascii(self):
        function = self.function(
            """
            local function inner(text) error(text, 2) end
            return function(event) inner(event.text) end
            """
        )
        failure = function.invoke({"text": "größer als 😀\r\n\u007f"}).error
        self.assertTrue(failure.cause.isascii() and failure.cause.isprintable())
        cause = json.loads(failure.cause)
        self.assertEqual({"working_directory", "exceptions", "paths"}, set(cause))
        self.assertEqual(str(function.folder), cause["working_directory"])
        self.assertIn("handler.lua", cause["paths"])
        exception = cause["exceptions"][0]
        self.assertEqual("Error", exception["type"])
        self.assertIn("größer als 😀\r\n", exception["message"])
        frame = next(frame for frame in exception["stack"] if frame["path"] == "handler.lua")
        self.assertEqual(2, frame["line"])
        self.assertIn("inner", frame["label"])

    def test_too_long_for_a_header_goes_without_it(self):
        function = self.function("return function(event) error(event.text:rep(100000)) end")
        for text in ("x", "ü", "\1"):  # more than this server takes; more than Lambda does
            failure = function.invoke({"text": text}).error
            self.assertIsNone(failure.cause)
            self.assertIn(text * 1000, failure.report["errorMessage"])


class AResult(Case):
    def test_of_exactly_the_limit_passes_and_one_byte_more_does_not(self):
        function = self.function("return function(event) return ('x'):rep(event.size - 2) end")
        self.assertEqual(6291556, len(function.invoke({"size": 6291556}).response))
        failure = function.invoke({"size": 6291557}).error
        self.assertEqual("Function.ResponseSizeTooLarge", failure.header_type)
        self.assertIn("6291557 bytes", failure.report["errorMessage"])
        self.assertEqual(10, len(function.invoke({"size": 10}).response))


class AStream(Case):
    def test_sends_its_pieces_as_they_are_written(self):
        function = self.function(
            """
            return function(event, context)
              local out = context.stream { content_type = "text/plain" }
              for i = 1, 3 do assert(out:write("piece " .. i)) end
              assert(out:write(""))
            end
            """
        )
        invocation = function.invoke({})
        self.assertEqual([b"piece 1", b"piece 2", b"piece 3"], invocation.chunks)
        self.assertEqual("text/plain", invocation.content_type)
        self.assertIsNone(invocation.error)

    def test_may_be_larger_than_a_plain_result_and_waits_for_its_reader(self):
        function = self.function(
            """
            return function(event, context)
              local out = context.stream()
              for i = 1, 300 do assert(out:write(("x"):rep(100000))) end
              return nil
            end
            """
        )
        invocation = function.invoke({})
        self.assertEqual(30000000, len(invocation.response))
        self.assertEqual("application/octet-stream", invocation.content_type)
        self.assertEqual(b"null", self.function("return function() end").invoke({}).response)

    def test_tells_a_function_url_status_headers_and_cookies(self):
        function = self.function(
            """
            return function(event, context)
              local out = context.stream {
                status = 201, content_type = "text/html", headers = { ["x-one"] = "1" }, cookies = { "a=b" },
              }
              out:write("<p>")
            end
            """
        )
        invocation = function.invoke({})
        self.assertEqual("application/vnd.awslambda.http-integration-response", invocation.content_type)
        prelude, body = invocation.response.split(b"\0" * 8)
        self.assertEqual(b"<p>", body)
        self.assertEqual(
            {"statusCode": 201, "headers": {"x-one": "1", "content-type": "text/html"}, "cookies": ["a=b"]},
            json.loads(prelude),
        )

    def test_ends_with_the_error_that_the_handler_raised_midway(self):
        function = self.function(
            """
            return function(event, context)
              if event.fine then return "fine" end
              context.stream():write("half")
              error({ type = "Tape.Torn", message = "the tape is torn" })
            end
            """
        )
        invocation = function.invoke({})
        self.assertEqual(b"half", invocation.response)
        self.assertEqual("Tape.Torn", invocation.error.header_type)
        self.assertEqual("the tape is torn", invocation.error.report["errorMessage"])
        self.assertEqual("fine", function.invoke({"fine": True}).result)

    def test_ends_with_an_error_at_the_deadline(self):
        function = self.function(
            """
            return function(event, context)
              local out = context.stream()
              out:write("half")
              require("task").sleep(60)
            end
            """
        )
        invocation = function.invoke({}, timeout=1)
        self.assertEqual(b"half", invocation.response)
        self.assertEqual("Runtime.DeadlineExceeded", invocation.error.header_type)

    def test_is_one_an_invocation_and_none_after_it(self):
        function = self.function(
            """
            local kept
            return function(event, context)
              if kept then return { kept:write("late") } end
              kept = context.stream()
              local ok, message = pcall(context.stream)
              kept:write(tostring(message))
            end
            """
        )
        self.assertIn(b"already", function.invoke({}).response)
        self.assertEqual([None, "the stream has ended"], function.invoke({}).result)


class Tasks(Case):
    def test_that_are_left_running_are_cancelled_and_logged(self):
        function = self.function(
            """
            local task = require "task"
            local ran = 0
            return function()
              for _ = 1, 3 do task.spawn(function() task.sleep(0.01) ran = ran + 1 end) end
              task.sleep(0)
              return ran
            end
            """
        )
        first = function.invoke({})
        self.assertEqual([0, 0], [first.result, function.invoke({}).result])
        line = self.line(function, "tasks were still running")
        self.assertEqual(3, line["tasks"])
        self.assertEqual(first.request_id, line["requestId"])

    def test_whose_error_nobody_asked_for_have_it_logged(self):
        function = self.function(
            """
            local task = require "task"
            return function(event)
              local failing = task.spawn(function() error("unheard") end)
              local heard = task.spawn(function() error("heard") end)
              heard:join()
              return "fine"
            end
            """
        )
        invocation = function.invoke({})
        self.assertEqual("fine", invocation.result)
        line = self.line(function, "a task failed")
        self.assertIn("unheard", line["error"]["errorMessage"])
        self.assertIn("handler.lua:4", "\n".join(line["error"]["stackTrace"]))
        self.assertEqual(invocation.request_id, line["requestId"])
        self.assertNotIn('"heard', function.log())


class ManyAtOnce(Case):
    def test_each_have_a_context_and_log_fields_of_their_own(self):
        function = self.function(
            """
            local task, log = require "task", require "lambda.log"
            local arrived = 0
            return function(event, context)
              arrived = arrived + 1
              while arrived < %d do task.sleep(0.001) end
              local spawned = task.spawn(function()
                log.info("from a task", { n = event.n })
                return task.locals().context.request_id
              end)
              local _, id = spawned:join()
              local environment = os.getenv("_X_AMZN_TRACE_ID")
              return { n = event.n, id = id, trace = context.trace_id, environment = environment }
            end
            """
            % CONCURRENCY,
            {"AWS_LAMBDA_MAX_CONCURRENCY": str(CONCURRENCY)},
        )
        offered = [
            function.api.offer({"n": n}, {"Lambda-Runtime-Trace-Id": f"Root={n}"}) for n in range(CONCURRENCY)
        ]
        for n, invocation in enumerate(offered):
            self.assertTrue(invocation.done.wait(10), function.log())
            self.assertEqual({"n": n, "id": invocation.request_id, "trace": f"Root={n}"}, invocation.result)
        lines = {line["n"]: line["requestId"] for line in function.log_lines()}
        self.assertEqual({n: invocation.request_id for n, invocation in enumerate(offered)}, lines)

    def test_leave_the_environment_to_one_alone(self):
        function = self.function("return function() return os.getenv('_X_AMZN_TRACE_ID') end")
        for trace in ("Root=1", "Root=" + "2" * 300, "Root=3"):
            self.assertEqual(trace, function.invoke({}, {"Lambda-Runtime-Trace-Id": trace}).result)

    def test_outlive_each_others_deadlines(self):
        function = self.function(
            """
            return function(event)
              if event.stuck then require("task").sleep(60) end
              return "fine"
            end
            """,
            {"AWS_LAMBDA_MAX_CONCURRENCY": "2"},
        )
        stuck = function.api.offer({"stuck": True}, timeout=1)
        self.assertEqual("fine", function.invoke({}).result)
        self.assertTrue(stuck.done.wait(10))
        self.assertEqual("Runtime.DeadlineExceeded", stuck.error.header_type)


class Output(Case):
    SOURCE = """
        local log = require "lambda.log"
        return function(event)
          log.debug("quiet")
          log.info("two\\nlines", { user = "u", level = "mine" })
          print("printed", nil, 7)
          io.write("written")
        end
        """

    def test_is_one_json_object_a_line(self):
        function = self.function(self.SOURCE, {"AWS_LAMBDA_LOG_FORMAT": "JSON"})
        invocation = function.invoke({})
        lines = function.log_lines()
        self.assertEqual(["two\nlines", "printed\tnil\t7"], [line["message"] for line in lines])
        self.assertEqual({"INFO"}, {line["level"] for line in lines})
        self.assertEqual({invocation.request_id}, {line["requestId"] for line in lines})
        self.assertEqual(["u", "mine"], [lines[0]["user"], lines[0]["level_"]])
        self.assertTrue(function.log().endswith("written"), "what io.write wrote waits in a buffer")

    def test_is_text_where_that_is_asked_for(self):
        function = self.function(self.SOURCE, {"AWS_LAMBDA_LOG_FORMAT": "Text"})
        invocation = function.invoke({})
        first, second, third = function.log_file.read_bytes().decode().split("\n")
        timestamp, request_id, level, message, fields = first.split("\t")
        self.assertRegex(timestamp, r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertEqual([invocation.request_id, "INFO", "two\rlines"], [request_id, level, message])
        self.assertEqual({"user": "u", "level_": "mine"}, json.loads(fields))
        self.assertEqual(["printed\tnil\t7", "written"], [second, third])

    def test_keeps_to_its_level(self):
        function = self.function(self.SOURCE, {"AWS_LAMBDA_LOG_LEVEL": "WARN"})
        function.invoke({})
        self.assertEqual("written", function.log())
        function = self.function(self.SOURCE, {"AWS_LAMBDA_LOG_LEVEL": "debug"})
        function.invoke({})
        self.assertEqual("quiet", function.log_lines()[0]["message"])

    def test_tells_the_tenant(self):
        function = self.function("return function() print('x') end")
        function.invoke({}, {"Lambda-Runtime-Aws-Tenant-Id": "blue"})
        self.assertEqual("blue", function.log_lines()[0]["tenantId"])

    def frames(self, log_format):
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        os.set_inheritable(writer, True)
        environment = {"_LAMBDA_TELEMETRY_LOG_FD": str(writer), "AWS_LAMBDA_LOG_FORMAT": log_format}
        function = self.function_with_descriptor(environment, writer)
        os.close(writer)
        function.invoke({})
        data = os.read(reader, 65536)
        while data:
            kind, length, microseconds = struct.unpack(">IIQ", data[:16])
            yield kind, microseconds / 1e6, data[16 : 16 + length].decode()
            data = data[16 + length :]

    def function_with_descriptor(self, environment, descriptor):
        return self.enterContext(function_of({"handler.lua": self.SOURCE}, environment, descriptors=(descriptor,)))

    def test_goes_to_the_telemetry_descriptor_in_frames(self):
        (kind, time, line), (_, _, printed) = self.frames("JSON")
        self.assertEqual(0xA55A000E, kind)
        self.assertEqual("two\nlines", json.loads(line)["message"])
        self.assertEqual("printed\tnil\t7", json.loads(printed)["message"])
        timestamp = json.loads(line)["timestamp"].replace("Z", "+00:00")
        written = datetime.fromisoformat(timestamp).timestamp()
        self.assertTrue(0 <= time - written < 10, (time, written))

    def test_goes_to_the_telemetry_descriptor_as_text(self):
        (kind, _, line), (plain, _, printed) = self.frames("Text")
        self.assertEqual([0xA55A000F, 0xA55A0003], [kind, plain])
        self.assertIn("\ttwo\rlines\t", line)
        self.assertEqual("printed\tnil\t7", printed)


class Sigterm(Case):
    HOOKS = """
        local shutdown, task = require "lambda.shutdown", require "task"
        shutdown.on(function() task.sleep(0.01) print("closed") end)
        shutdown.on(function() error("will not close") end)
        %s
        return function() return 1 end
        """

    def end(self, function):
        function.process.send_signal(signal.SIGTERM)
        return function.process.wait(10)

    def test_runs_the_hooks_and_ends_well(self):
        function = self.function(self.HOOKS % "")
        self.assertEqual(1, function.invoke({}).result)
        self.assertEqual(["lualambda-shutdown"], function.api.extensions)
        self.assertEqual(0, self.end(function))
        self.assertEqual("INFO", self.line(function, "closed")["level"])
        self.assertIn("will not close", self.line(function, "a shutdown hook failed")["error"]["errorMessage"])

    def test_gives_the_hooks_their_time_and_no_more(self):
        function = self.function(
            self.HOOKS % "shutdown.bound(0.1) shutdown.on(function() task.sleep(60) print('never') end)"
        )
        function.initialize()
        self.assertEqual(0, self.end(function))
        self.assertIn("closed", function.log())
        self.assertNotIn("never", function.log())

    def test_without_hooks_ends_at_once_and_registers_nothing(self):
        function = self.function("return function() return 1 end")
        function.initialize()
        self.assertEqual(0, self.end(function))
        self.assertEqual([], function.api.extensions)
        self.assertEqual("", function.log())

    def test_during_an_invocation_does_not_wait_for_it(self):
        function = self.function(
            "return function() print('begun') require('task').sleep(60) end"
        )
        invocation = function.api.offer({})
        while "begun" not in function.log():
            self.assertFalse(invocation.done.wait(0.01))
        self.assertEqual(0, self.end(function))


if __name__ == "__main__":
    tap.main()
