"""The cap of memory: a function that takes too much is told so before the kernel ends its process."""

import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import tap
from project import function_of

SETTING, CAP = 64, 36  # MB


class Case(unittest.TestCase):
    def function(self, source):
        """Starts a function of 64 MB made of one file; it ends with the test."""
        return self.enterContext(function_of({"handler.lua": source}, {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(SETTING)}))

    def assert_out_of_memory(self, invocation):
        report = invocation.error.report
        self.assertEqual("Runtime.OutOfMemory", report["errorType"])
        self.assertEqual("Runtime.OutOfMemory", invocation.error.header_type)
        self.assertIn(f"{CAP} MB of the function's {SETTING} MB", report["errorMessage"])
        self.assertIn("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", report["errorMessage"])
        return report

    def assert_small(self, function):
        """The process never had more than its setting resident, as the kernel counts."""
        self.assertLess(function.peak(), SETTING << 20)


class AHandlerThatAllocatesWithoutEnd(Case):
    def test_is_told_so_and_the_process_serves_the_next_event(self):
        function = self.function(
            """
            local kept
            return function(event)
              if event.rest then return collectgarbage("count") end
              local all = {}
              if event.keep then kept = all end
              for i = 1, math.huge do all[i] = event.text and ("x"):rep(1000) .. i or { i, tostring(i) } end
            end
            """
        )
        for event in ({}, {"text": True}, {}):
            report = self.assert_out_of_memory(function.invoke(event))
            self.assertIn("handler.lua", "\n".join(report["stackTrace"]))
            self.assertLess(function.invoke({"rest": True}).result, 20 * 1024)
        self.assert_small(function)

    def test_is_told_so_where_one_value_is_too_large(self):
        function = self.function("return function() local s = 'x' while true do s = s .. s end end")
        self.assert_out_of_memory(function.invoke({}))
        self.assert_out_of_memory(function.invoke({}))
        self.assert_small(function)

    def test_may_catch_the_error_and_go_on(self):
        function = self.function(
            """
            local function hoard() local all = {} while true do all[#all + 1] = { #all } end end
            return function()
              local ok, message = pcall(hoard)
              return { ok, message, #("x"):rep(1e6) }
            end
            """
        )
        for _ in range(3):
            invocation = function.invoke({})
            self.assertIsNone(invocation.error)
            self.assertEqual([False, "not enough memory", 1000000], invocation.result)
        self.assert_small(function)

    def test_is_told_so_while_other_tasks_wait(self):
        function = self.function(
            """
            local task = require "task"
            return function(event)
              if event.rest then return "served" end
              for _ = 1, 100 do task.spawn(task.sleep, 60) end
              local all = {}
              while true do all[#all + 1] = { #all } end
            end
            """
        )
        self.assert_out_of_memory(function.invoke({}))
        self.assertEqual("served", function.invoke({"rest": True}).result)

    def test_that_keeps_it_all_is_told_so_and_the_process_ends(self):
        function = self.function(
            """
            kept = {}
            return function()
              while true do kept[#kept + 1] = { #kept } end
            end
            """
        )
        self.assert_out_of_memory(function.invoke({}))
        self.assertEqual(1, function.process.wait(60))
        self.assertIn("Lambda starts another", function.log_lines()[-1]["message"])


class Garbage(Case):
    def test_is_collected_before_memory_is_said_to_be_short(self):
        function = self.function(
            """
            return function()
              local live, made = {}, 0
              for i = 1, 25 do live[i] = ("x"):rep(1000000) .. i end
              for i = 1, 1e6 do made = made + #{ i, i + 1, i + 2 } end -- 80 MB
              for i = 1, 200 do made = made + #(("y"):rep(500000) .. i) end -- 100 MB
              return { #live, made > 0 }
            end
            """
        )
        self.assertEqual([25, True], function.invoke({}).result)
        self.assert_small(function)


class Large(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(30 << 20))
        self.end_headers()
        try:
            for _ in range(30):
                self.wfile.write(bytes(1 << 20))
        except OSError:
            pass  # the other side has had enough

    def log_message(self, *_):
        pass


class AnAnswer(Case):
    def test_counts_as_well(self):
        server = ThreadingHTTPServer(("127.0.0.1", 0), Large)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        function = self.function(
            """
            local http = require "host.http"
            return function(event)
              local held = {}
              for i = 1, event.held do held[i] = ("x"):rep(1048000) .. i end
              local response, err = http.request { method = "GET", url = event.url, direct = true }
              return { #held, response and #response.body or false, err and err.kind }
            end
            """
        )
        url = f"http://127.0.0.1:{server.server_port}/"
        self.assertEqual([15, False, "memory"], function.invoke({"held": 15, "url": url}).result)
        self.assert_small(function)


if __name__ == "__main__":
    tap.main()
