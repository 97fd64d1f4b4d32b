"""A handler that runs past its deadline is stopped, wherever it is, and the process lives on."""

import signal
import unittest

import tap
from project import function_of


class Case(unittest.TestCase):
    def function(self, source):
        return self.enterContext(function_of({"handler.lua": source}))


class TheDeadline(Case):
    def stopped(self, body):
        """What is reported of a handler with this body, whose process must then serve another event."""
        function = self.function(
            f"""
            local task = require "task"
            return function(event)
              if event.fine then return "fine" end
              {body}
            end
            """
        )
        failure = function.invoke({}, timeout=0.5).error
        self.assertEqual("Runtime.DeadlineExceeded", failure.header_type)
        self.assertIn("handler.lua:5: ", failure.report["errorMessage"])
        self.assertIn("handler.lua:5", failure.report["stackTrace"][-1])
        self.assertEqual("fine", function.invoke({"fine": True}).result)

    def test_stops_a_loop(self):
        self.stopped("local n = 0 while true do n = n + 1 end")

    def test_stops_a_loop_that_catches_errors(self):
        self.stopped("while true do pcall(function() while true do end end) end")

    def test_stops_a_loop_below_a_c_function(self):
        self.stopped("return (('x'):gsub('x', function() while true do end end))")

    def test_stops_a_wait(self):
        self.stopped("task.sleep(60)")

    def test_stops_a_wait_below_a_c_function(self):
        self.stopped("return (('x'):gsub('x', function() task.sleep(60) end))")

    def test_stops_a_task_that_is_waited_for(self):
        self.stopped("task.spawn(function() while true do end end):join()")


class AShutdownHook(Case):
    def test_is_stopped_too(self):
        function = self.function(
            """
            local shutdown = require "lambda.shutdown"
            shutdown.bound(0.1)
            shutdown.on(function() while true do end end)
            return function() return 1 end
            """
        )
        function.initialize()
        function.process.send_signal(signal.SIGTERM)
        self.assertEqual(0, function.process.wait(10))
        self.assertIn("handler.lua:4: the invocation's deadline has passed", function.log())


if __name__ == "__main__":
    tap.main()
