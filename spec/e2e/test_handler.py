"""The handler contract and the errors of a function, through the real Runtime API."""

import json
import unittest

import tap
from local_lambda import Ended
from project import function_of

CONTEXT_FIELDS = """
local json = require "json"
return function(event, context)
  return {
    request_id = context.request_id,
    deadline_ms = context.deadline_ms,
    remaining_ms = context.remaining_ms(),
    function_name = context.function_name,
    function_version = context.function_version,
    function_arn = context.function_arn,
    memory_limit_mb = context.memory_limit_mb,
    log_group = context.log_group,
    log_stream = context.log_stream,
    trace_id = context.trace_id,
    client_context = context.client_context,
    identity = context.identity,
    tenant_id = context.tenant_id,
  }
end
"""


def canonical(text):
    return json.dumps(json.loads(text), sort_keys=True)


class Case(unittest.TestCase):
    def function(self, source, handler="handler", environment=None, **more):
        """Starts a function made of one file, and perhaps more; it ends with the test."""
        files = {"handler.lua": source, **{name.replace("_lua", ".lua"): text for name, text in more.items()}}
        return self.enterContext(function_of(files, environment, handler=handler))

    def assert_report(self, failure, error_type, *in_message):
        """The report must have the three fields, and its header must name the same type."""
        self.assertIsNotNone(failure)
        self.assertEqual({"errorMessage", "errorType", "stackTrace"}, set(failure.report))
        self.assertIsInstance(failure.report["stackTrace"], list)
        self.assertEqual(error_type, failure.report["errorType"])
        self.assertEqual(error_type, failure.header_type)
        for text in in_message:
            self.assertIn(text, failure.report["errorMessage"])


class TheHandler(Case):
    def test_gets_the_event_and_gives_the_result(self):
        function = self.function("return function(event) return { sum = event.a + event.b } end")
        self.assertEqual({"sum": 5}, function.invoke({"a": 2, "b": 3}).result)

    def test_may_be_a_field_of_its_module(self):
        function = self.function("return { work = function() return 'done' end }", "handler.work")
        self.assertEqual("done", function.invoke({}).result)

    def test_may_be_the_field_handler_without_being_named_so(self):
        function = self.function("return { handler = function() return 'done' end }")
        self.assertEqual("done", function.invoke({}).result)

    def test_may_require_its_own_files(self):
        function = self.function(
            "return function() return require('other').name end", other_lua="return { name = 'other' }"
        )
        self.assertEqual("other", function.invoke({}).result)

    def test_keeps_json_as_it_is(self):
        function = self.function("return function(event) return event end")
        for text in (
            b"[]",
            b"{}",
            b"null",
            b"false",
            b"0",
            b'""',
            b'{"a":[],"b":{},"c":null,"d":[[],{}]}',
            b'"\\u00e9\\ud83d\\ude00\\u0000"',
            b"[1,null,3]",
            b"1234567890123456",
            b"0.1",
        ):
            invocation = function.invoke(text)
            self.assertIsNone(invocation.error, text)
            self.assertEqual(canonical(text), canonical(invocation.response))

    def test_of_no_result_gives_null(self):
        function = self.function("return function() end")
        self.assertEqual(b"null", function.invoke({}).response)

    def test_serves_one_event_after_the_other(self):
        function = self.function("local n = 0; return function() n = n + 1; return n end")
        self.assertEqual([1, 2, 3], [function.invoke({}).result for _ in range(3)])

    def test_gets_a_context(self):
        headers = {
            "Lambda-Runtime-Client-Context": '{"client":{"app_title":"t"}}',
            "Lambda-Runtime-Cognito-Identity": '{"cognitoIdentityId":"i"}',
            "Lambda-Runtime-Aws-Tenant-Id": "tenant-1",
        }
        invocation = self.function(CONTEXT_FIELDS).invoke({}, headers, timeout=7)
        context = invocation.result
        self.assertEqual(invocation.request_id, context["request_id"])
        self.assertEqual("function", context["function_name"])
        self.assertEqual("$LATEST", context["function_version"])
        self.assertEqual("arn:aws:lambda:us-east-1:123456789012:function:function", context["function_arn"])
        self.assertEqual(128, context["memory_limit_mb"])
        self.assertEqual("/aws/lambda/function", context["log_group"])
        self.assertEqual("local", context["log_stream"])
        self.assertTrue(context["trace_id"].startswith("Root="))
        self.assertEqual({"client": {"app_title": "t"}}, context["client_context"])
        self.assertEqual({"cognitoIdentityId": "i"}, context["identity"])
        self.assertEqual("tenant-1", context["tenant_id"])
        self.assertTrue(0 < context["remaining_ms"] <= 7000)

    def test_logs_lines_with_its_request_id(self):
        function = self.function(
            "return function() require('lambda.log').info('hello', { number = 1 }) end"
        )
        invocation = function.invoke({})
        line = next(line for line in function.log_lines() if line["message"] == "hello")
        self.assertEqual("INFO", line["level"])
        self.assertEqual(invocation.request_id, line["requestId"])
        self.assertEqual(1, line["number"])

    def test_finds_nothing_of_the_invocation_before(self):
        function = self.function(
            """
            local task = require "task"
            return function(event)
              local seen = task.locals().mine
              task.locals().mine = event.n
              return seen or "nothing"
            end
            """
        )
        self.assertEqual(["nothing", "nothing"], [function.invoke({"n": n}).result for n in (1, 2)])


class AnErrorOfAnInvocation(Case):
    def test_is_reported_with_its_traceback_and_the_next_event_is_served(self):
        function = self.function(
            """
            local function inner(event)
              error("no " .. event.what)
            end
            return function(event)
              if event.what then inner(event) end
              return "fine"
            end
            """
        )
        failure = function.invoke({"what": "luck"}).error
        self.assert_report(failure, "Error", "handler.lua:3: no luck")
        trace = "\n".join(failure.report["stackTrace"])
        self.assertIn("handler.lua:3", trace)
        self.assertIn("handler.lua:6", trace)
        self.assertEqual("fine", function.invoke({}).result)

    def test_may_be_a_table_that_names_its_type(self):
        function = self.function(
            """
            return function()
              error(setmetatable({ code = "Payment.Refused" }, { __tostring = function() return "no money" end }))
            end
            """
        )
        self.assert_report(function.invoke({}).error, "Payment.Refused", "no money")

    def test_may_be_nil_or_a_table_without_words(self):
        function = self.function("return function(event) if event.t then error({}) end error(nil) end")
        for event in ({}, {"t": True}):
            failure = function.invoke(event).error
            self.assert_report(failure, "Error")

    def test_is_raised_in_a_coroutine_of_the_handler(self):
        function = self.function(
            """
            return function()
              local step = coroutine.wrap(function() error("inside") end)
              step()
            end
            """
        )
        self.assert_report(function.invoke({}).error, "Error", "inside")

    def test_comes_of_a_result_that_json_cannot_hold(self):
        function = self.function(
            """
            local loop = {}
            loop.loop = loop
            local results = {
              func = function() end,
              deep = { a = { b = print } },
              nan = 0 / 0,
              inf = math.huge,
              loop = loop,
              key = { [{}] = 1 },
            }
            return function(event) return results[event.name] end
            """
        )
        for name in ("func", "deep", "nan", "inf", "loop", "key"):
            self.assert_report(function.invoke({"name": name}).error, "Runtime.MarshalError")
        self.assertIsNone(function.invoke({"name": "none"}).error)

    def test_comes_of_an_event_that_is_no_json(self):
        function = self.function("return function() return 1 end")
        self.assert_report(function.invoke(b'{"a":').error, "Runtime.UnmarshalError")
        self.assertEqual(1, function.invoke({}).result)

    def test_comes_of_a_result_larger_than_lambda_takes(self):
        function = self.function("return function(event) return ('x'):rep(event.size) end")
        self.assert_report(function.invoke({"size": 7000000}).error, "Function.ResponseSizeTooLarge")
        self.assertEqual(6000000, len(function.invoke({"size": 6000000}).result))

    def test_comes_of_endless_recursion(self):
        function = self.function(
            "local function deeper() return 1 + deeper() end return function() return deeper() end"
        )
        self.assert_report(function.invoke({}).error, "Error", "stack overflow")

    def test_never_shows_a_secret(self):
        secret = "wJalrXUtnFEMI-SECRET"
        function = self.function(
            "return function() error('broken') end",
            environment={"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": secret},
        )
        failure = function.invoke({}).error
        self.assertNotIn(secret, str(failure.report) + function.log())


class AnErrorOfTheStart(Case):
    def init_error(self, *arguments, **more):
        function = self.function(*arguments, **more)
        failure = function.initialize()
        self.assertNotEqual(0, function.process.wait(10))
        return failure

    def test_is_a_handler_that_is_missing(self):
        failure = self.init_error("return function() end", "absent")
        self.assert_report(failure, "Runtime.ImportModuleError", "absent")

    def test_is_a_module_that_is_missing(self):
        failure = self.init_error("require 'nowhere'")
        self.assert_report(failure, "Runtime.ImportModuleError", "nowhere")

    def test_is_a_syntax_error(self):
        failure = self.init_error("return function(\n  oops oops\nend")
        self.assert_report(failure, "Runtime.UserCodeSyntaxError", "handler.lua:2")

    def test_is_a_syntax_error_in_another_file(self):
        failure = self.init_error("require 'other'\nreturn print", other_lua="x = = 1")
        self.assert_report(failure, "Runtime.UserCodeSyntaxError", "other.lua:1")

    def test_is_an_error_raised_while_loading(self):
        failure = self.init_error("local t = nil\nreturn t.field")
        self.assertIn("handler.lua:2", failure.report["errorMessage"])
        self.assertIn("handler.lua:2", "\n".join(failure.report["stackTrace"]))

    def test_is_a_module_that_returns_no_function(self):
        self.assert_report(self.init_error("return 42"), "Runtime.HandlerNotFound", "handler")

    def test_is_a_field_that_is_missing(self):
        failure = self.init_error("return { other = print }", "handler.work")
        self.assert_report(failure, "Runtime.HandlerNotFound", "work")

    def test_is_a_name_that_names_nothing(self):
        for name in ("", ".", "handler.", "../handler", "handler.a.b", "a b"):
            with self.subTest(name):
                failure = self.init_error("return print", name)
                self.assert_report(failure, "Runtime.MalformedHandlerName")


class TheProcess(Case):
    def test_ends_when_the_runtime_api_is_not_there(self):
        function = self.function(
            "return function() return 1 end", environment={"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:1"}
        )
        with self.assertRaises(Ended) as raised:
            function.initialize()
        self.assertIn("127.0.0.1:1", str(raised.exception))


if __name__ == "__main__":
    tap.main()
