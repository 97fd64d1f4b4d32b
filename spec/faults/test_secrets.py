#!/usr/bin/env python3
"""Secrets stay where they are: everything runs with marked ones, and all that it leaves behind is searched for them."""

import base64
import json
import os
import stat
import subprocess
import tempfile
import unittest
import zipfile
from pathlib import Path
from urllib.parse import quote

import tap
from answers import READY_ACCOUNT, form, refusal
from local_lambda import LocalLambda
from misbehave import Server, close_at, http, say, tell
from project import BOOTSTRAP, ROOT, Checkout

# What a program must tell nobody, wherever it has it from. The characters are such that each encoding changes them.
SECRETS = {
    "secret key": "MARKED/key+7f3a9c51d2e84b06",
    "session token": "MARKED/token+0b8e4d2c6f1a7935//==",
    "SecureString": "MARKED parameter & 51c7e9",
    "password": "MARKED-password-3d9f&<6a",
    "variable": "MARKED=variable=c05e81",
}
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": SECRETS["secret key"],
    "AWS_SESSION_TOKEN": SECRETS["session token"], "DATABASE_PASSWORD": SECRETS["variable"], "AWS_REGION": "us-east-1",
}
FUNCTION = {
    "requirements.lua": 'return { aws = { ssm = { "GetParameter" }, rds = { "CreateDBInstance" } } }',
    "handler.lua": """
        local aws = require "aws"
        local log = require "lambda.log"
        return function(event)
          if event.raise then
            local password = os.getenv "DATABASE_PASSWORD"
            local function inner(...) error("the handler fails") end
            inner(password)
          end
          local ssm, rds = aws.client("ssm", { max_attempts = 1 }), aws.client("rds", { max_attempts = 1 })
          local output, err = ssm:get_parameter { Name = "p", WithDecryption = true }
          if err then log.warn("no parameter", { error = tostring(err), detail = err.detail }) end
          log.info("read", { found = output ~= nil })
          local params = {
            DBInstanceIdentifier = "d", DBInstanceClass = "c", Engine = "e", MasterUserPassword = event.password,
          }
          if event.misfit then params.AllocatedStorage = event.password end
          if event.misfit_password then params.MasterUserPassword = { event.password } end
          local _, refused = rds:create_db_instance(params)
          if refused then error(refused) end
          return { found = output ~= nil }
        end
    """,
    "events/scheduled.json": json.dumps({"password": SECRETS["password"]}),
}


def forms(secret):
    """A secret as it may be written."""
    data = secret.encode()
    encoded = base64.b64encode(data).decode().rstrip("=")
    return {secret, quote(secret, safe=""), json.dumps(secret)[1:-1], secret.replace("/", "\\/"), encoded[:-1],
            secret.replace("&", "&amp;").replace("<", "&lt;"), data.hex()}


def parameter(_):
    return http(json.dumps({"Parameter": {"Name": "p", "Type": "SecureString", "Value": SECRETS["SecureString"]}}).encode())


def service(request):
    """SSM and RDS in one."""
    if "x-amz-target" in request.headers:
        return parameter(request)
    assert form(request)["MasterUserPassword"] == SECRETS["password"]
    return http(b"<CreateDBInstanceResponse><CreateDBInstanceResult/></CreateDBInstanceResponse>")


class Secrets(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(Server())
        cls.checkout = cls.enterClassContext(Checkout({"secretive": FUNCTION}))
        built = cls.checkout.build("secretive", **ENVIRONMENT)
        assert built.returncode == 0, built.stderr
        cls.said = built.stdout + built.stderr

    def assert_clean(self, what, data):
        data = data.encode() if isinstance(data, str) else data
        self.assertTrue(data, f"{what} is empty")
        for name, secret in SECRETS.items():
            for form_of_it in forms(secret):
                self.assertNotIn(form_of_it.encode(), data, f"the {name} is in {what}")

    def test_the_search_finds_them(self):
        for secret in SECRETS.values():
            for form_of_it in forms(secret):
                with self.assertRaises(AssertionError):
                    self.assert_clean("what has one", f"before {form_of_it} behind")

    def run_function(self, place, *events):
        """What came back of each event, with the log."""
        variables = {**ENVIRONMENT, "AWS_ENDPOINT_URL": place.url, "AWS_LAMBDA_LOG_LEVEL": "TRACE"}
        with LocalLambda(self.checkout.bundle("secretive"), variables) as function:
            told = []
            for event in events:
                invocation = function.invoke(event)
                told.append(json.dumps([invocation.result, vars(invocation.error) if invocation.error else None]))
            return told, function.log()

    def test_logs_errors_and_tracebacks(self):
        password = {"password": SECRETS["password"]}
        faults = {
            "nothing": None, "refused": tell(refusal("json", "AccessDeniedException"), "400 Bad Request"),
            "cut": close_at(100), "garbage": say(b"\0\1\2"), "no JSON, no XML": tell(b"<<{"),
            "a wrong answer": tell(SECRETS["SecureString"].encode() + b"{"),
        }
        for name, fault in faults.items():
            with self.subTest(name):
                place = self.server.place(service, fault)
                told, log = self.run_function(place, password, {"raise": True}, {**password, "misfit": True},
                                              {**password, "misfit_password": True})
                self.assertTrue(place.requests)
                self.assertIn("the handler fails", told[1])
                self.assertIn("parameters do not fit", told[2])
                for number, text in enumerate(told):
                    self.assert_clean(f"the answer to event {number}", text)
                self.assert_clean("the log", log)

    def test_recordings(self):
        place = self.server.place(service)
        file = self.checkout.root / "record.jsonl"
        done = subprocess.run(
            [self.checkout.root / "scripts/invoke-local", "secretive", "--record", file, "--event", "scheduled"],
            env={**os.environ, **ENVIRONMENT, "AWS_ENDPOINT_URL": place.url}, capture_output=True, timeout=300)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual(2, len(file.read_text().splitlines()))
        self.assert_clean("the recording", file.read_bytes())
        self.assert_clean("what invoke-local says", done.stdout + done.stderr)
        self.assertEqual(0o600, stat.S_IMODE(file.stat().st_mode))

    def test_bundles(self):
        self.assert_clean("what build-lambda says", self.said)
        for path in (self.checkout.root / "output").rglob("*"):
            if path.is_file():
                self.assert_clean(path.name, path.read_bytes())
        with zipfile.ZipFile(self.checkout.bundle("secretive")) as bundle:
            for name in bundle.namelist():
                if name != "handler.lua" and not name.endswith("/"):
                    self.assert_clean(name, bundle.read(name))

    def test_files_of_state(self):
        self.checkout.write("functions/secretive/main.tf", "")
        self.checkout.write("terraform/account.tf", 'key = "NAME/terraform.tfstate"\n')
        for command in (["scripts/lib/backends"], ["scripts/new-lambda", "another"]):
            subprocess.run([self.checkout.root / command[0], *command[1:]], env={**os.environ, **ENVIRONMENT}, check=True,
                           capture_output=True)
        folders = [self.checkout.root / "terraform", self.checkout.root / "functions/another"]
        files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
        self.assertGreater(len(files), 4)
        for path in [*files, self.checkout.root / "functions/secretive/backend_override.tf"]:
            self.assert_clean(path.name, path.read_bytes())

    def test_the_account_of_terraform(self):
        """Neither aws-init-terraform.sh, nor the commands that it runs, nor the files that it writes name a secret."""
        commands = self.checkout.root / "commands"
        self.checkout.program("bin/aws", f'echo "$*" >> {commands}\n{READY_ACCOUNT}')
        self.checkout.write("functions/secretive/main.tf", "")
        (self.checkout.root / "terraform").mkdir(exist_ok=True)
        done = subprocess.run(
            [self.checkout.root / "scripts/aws-init-terraform.sh"], capture_output=True,
            env={**os.environ, **ENVIRONMENT, "AWS_REGION": "eu-central-1",
                 "PATH": f"{self.checkout.root}/bin:{os.environ['PATH']}"})
        self.assertEqual(0, done.returncode, done.stderr)
        self.assert_clean("what aws-init-terraform.sh says", done.stdout + done.stderr)
        for path in ("commands", "terraform/account.tf", "functions/secretive/backend_override.tf"):
            self.assert_clean(path, (self.checkout.root / path).read_bytes())

    def run_lua(self, text, **environment):
        process = subprocess.run([BOOTSTRAP, "run", self.script(text)], cwd=ROOT, capture_output=True, text=True, timeout=300,
                                 env={"PATH": os.environ["PATH"], **ENVIRONMENT, **environment})
        return process.stdout, process.stderr

    def script(self, text):
        folder = self.enterContext(tempfile.TemporaryDirectory(prefix="lualambda-"))
        path = Path(folder, "script.lua")
        path.write_text(text)
        return path

    def test_a_program_that_ends_in_an_error(self):
        for text in ('local s = require("aws").client("ssm", { credentials = { access_key = "A", secret_key = %s } })',
                     'require("aws").client("ssm", { credentials = { access_key = 1, secret_key = %s } })',
                     'require("aws.sigv4").sign { credentials = { access_key = "A", secret_key = %s } }',
                     'require("aws").request { service = "ssm", headers = { a = "b\\nc" }, credentials = { access_key = "A", '
                     'secret_key = %s } }'):
            _, errors = self.run_lua(text % 'os.getenv "AWS_SECRET_ACCESS_KEY"' + '\nerror "the end"')
            self.assertIn("stack traceback", errors)
            self.assert_clean("the traceback", errors)

    def test_http_proxy_of_a_request_is_ignored(self):
        """HTTP_PROXY may be the header `Proxy` of a request that a CGI program serves (httpoxy)."""
        place, proxy = self.server.place(parameter), self.server.port_of_its_own(parameter)
        text = 'print(require("aws").client("ssm"):get_parameter { Name = "p" } ~= nil)'
        output, errors = self.run_lua(text, AWS_ENDPOINT_URL=place.url, HTTP_PROXY=proxy.url, REQUEST_METHOD="GET")
        self.assertEqual("true\n", output, errors)
        self.assertEqual((1, 0), (len(place.requests), proxy.connections))


if __name__ == "__main__":
    tap.main()
