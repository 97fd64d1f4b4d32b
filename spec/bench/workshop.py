"""What the measurements are made with: programs to build, servers to run, samples to take."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import instances

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = ROOT / "spec/bench"
BUILD = ROOT / "build/bench"
BUNDLE = BUILD / "bundle"
ECHO = BUILD / "echo"
TLS = BUILD / "tls"
NODE = BUILD / "node"
VENDOR = ROOT / "build/vendor"
FUNCTION = "auto-start-stop"
HOST = "ec2.eu-central-1.amazonaws.com"
SDK = "@aws-sdk/client-ec2@3.1169.0"
CPP = BUILD / "cpp"
CPP_CARRIER = "aws-lambda-ric@3.3.0"  # the runtime client for Node, which brings the source of that for C++
CPP_VERSION = "0.2.8"

# Only this, so that no profile, proxy or bundle of certificates of the machine's takes part.
ENVIRONMENT = {
    "PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"),
    "AWS_EC2_METADATA_DISABLED": "true", "NODE_NO_WARNINGS": "1", "AWS_REGION": "eu-central-1", "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_LAMBDA_FUNCTION_NAME": FUNCTION, "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "_HANDLER": "handler",
    "LAMBDA_TASK_ROOT": str(BUNDLE),
}

TASK = {
    "taskArn": "arn:aws:ecs:eu-central-1:123456789012:task/default/{i:032x}",
    "clusterArn": "arn:aws:ecs:eu-central-1:123456789012:cluster/default",
    "taskDefinitionArn": "arn:aws:ecs:eu-central-1:123456789012:task-definition/worker:{i}",
    "createdAt": 1789700000.25, "startedAt": 1789700011.5, "lastStatus": "RUNNING", "desiredStatus": "RUNNING",
    "cpu": "256", "memory": "512", "version": 3, "enableExecuteCommand": False, "attributes": [],
    "tags": [{"key": "Name", "value": "worker {i}"}, {"key": "team", "value": "platform"}],
    "containers": [{
        "name": name, "lastStatus": "RUNNING", "image": "registry/worker:{i}", "healthStatus": "HEALTHY",
        "networkInterfaces": [{"attachmentId": "{i:032x}", "privateIpv4Address": "10.0.0.1"}],
    } for name in ("worker", "proxy")],
}

# What floor_https is made of: ours but for libcurl's use.
HTTPS = [f"-Wa,-I{TLS}", "-DWORK=describe_instances"]
HTTPS_SOURCES = [HERE / "floor_loop.c", HERE / "floor_https.c",
                 *(ROOT / f"host/{name}.c" for name in ("sigv4", "scalar", "roots"))]

NONE = ('<?xml version="1.0" encoding="UTF-8"?>\n<DescribeInstancesResponse '
        'xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>1</requestId><reservationSet/>'
        '</DescribeInstancesResponse>')


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def lines(*command, stderr=None, **environment):
    """What a program prints, as a list of lines."""
    command = [str(word) for word in command]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=stderr, text=True,
                          env={**ENVIRONMENT, **environment})
    if done.returncode != 0:
        sys.exit(f"bench: {' '.join(command)}: exit status {done.returncode}")
    return done.stdout.splitlines()


def write(name, text):
    path = BUILD / name
    path.write_text(text)
    return path


# ---- programs ----


def compile_c(name, *arguments, sources=None):
    sources = sources or [HERE / f"{name}.c"]
    lines("gcc", "-std=gnu11", "-D_GNU_SOURCE", "-O2", "-no-pie", "-Wall", "-Wextra", "-Wno-deprecated-declarations",
          "-I", VENDOR / "include", "-I", ROOT / "host", "-o", BUILD / name, *sources, *arguments)


def build_floors():
    crypto = VENDOR / "lib/libcrypto.a"
    ssl = VENDOR / "lib/libssl.a"
    compile_c("stopwatch")
    compile_c("floor_loop", "-static")
    compile_c("expat_floor", "-DXML_STATIC", VENDOR / "lib/libexpat.a", "-lm")
    compile_c("sha_floor", crypto)
    compile_c("tls_server", ssl, crypto)
    compile_c("slow_server")
    lines("gcc", "-D_GNU_SOURCE", "-O2", "-shared", "-fPIC", "-o", BUILD / "resolve.so", HERE / "resolve.c")
    compile_c("floor_https", *HTTPS, "-DCURL_STATICLIB", "-Wl,--gc-sections,-z,now", VENDOR / "lib/libcurl.a", ssl,
              crypto, sources=HTTPS_SOURCES)


def build_trusting():
    """The bundle's program, linked once more as it is, but with the test server's root among its own."""
    lines("make", "-s", "-C", ROOT, "build/bench/bootstrap")
    lines("strip", BUILD / "bootstrap")


def build_with_system_curl():
    """The floor of HTTPS over again with the machine's own, shared libcurl, where it can be linked with."""
    done = subprocess.run(
        ["gcc", "-std=gnu11", "-D_GNU_SOURCE", "-O2", "-w", "-I", ROOT / "host", *HTTPS, "-o",
         BUILD / "floor_https_system", *HTTPS_SOURCES, "-lcurl", "-lssl", "-lcrypto"], stderr=subprocess.DEVNULL)
    if done.returncode != 0:
        say("no libcurl to link with here (libcurl4-openssl-dev): nothing is measured of the machine's own")
    return done.returncode == 0


def build_bundle():
    lines(ROOT / "scripts/build-lambda", FUNCTION, "--quiet")
    shutil.rmtree(BUNDLE, ignore_errors=True)
    with zipfile.ZipFile(ROOT / f"output/{FUNCTION}.zip") as bundle:
        bundle.extractall(BUNDLE)
    (BUNDLE / "bootstrap").chmod(0o755)
    ECHO.mkdir(exist_ok=True)
    (ECHO / "handler.lua").write_text("return function(event) return event end\n")


def make_certificates():
    """A root, an authority below it and a server's certificate below that: RSA of 2048 bits, as AWS's are."""
    TLS.mkdir(parents=True, exist_ok=True)
    settings = TLS / "openssl.cnf"
    settings.write_text("[req]\ndistinguished_name = name\n[name]\n")
    for name, issuer, subject, extension in (
        ("root", None, "/O=lualambda/CN=root of the measurements", "basicConstraints=critical,CA:TRUE"),
        ("authority", "root", "/O=lualambda/CN=authority", "basicConstraints=critical,CA:TRUE"),
        ("server", "authority", f"/CN={HOST}", f"subjectAltName=DNS:{HOST}"),
    ):
        signer = ["-CA", TLS / f"{issuer}.pem", "-CAkey", TLS / f"{issuer}.key"] if issuer else []
        lines("openssl", "req", "-x509", "-config", settings, "-newkey", "rsa:2048", "-nodes", "-days", 30, "-subj",
              subject, "-addext", extension, *signer, "-keyout", TLS / f"{name}.key", "-out", TLS / f"{name}.pem",
              stderr=subprocess.DEVNULL)
    text = {name: (TLS / f"{name}.pem").read_text() for name in ("root", "authority", "server")}
    (TLS / "chain.pem").write_text(text["server"] + text["authority"])
    (TLS / "amazon-roots.pem").write_text((VENDOR / "share/amazon-roots.pem").read_text() + text["root"])


def write_answers():
    write("none.xml", NONE)
    write("instances.xml", "".join(instances.answer(0, 1000)))
    text = json.dumps(TASK)
    tasks = [json.loads(text.replace("{i}", str(i)).replace("{i:032x}", f"{i:032x}")) for i in range(1000)]
    write("tasks.json", json.dumps({"tasks": tasks, "failures": []}))


def prepare():
    say("build what is measured")
    BUILD.mkdir(parents=True, exist_ok=True)
    make_certificates()
    build_trusting()
    build_floors()
    build_bundle()
    write_answers()


# ---- peers ----


def has_boto3():
    done = subprocess.run([sys.executable, "-c", "import boto3"], stderr=subprocess.DEVNULL)
    if done.returncode != 0:
        say(f"{sys.executable} has no boto3: nothing is measured of it")
    return done.returncode == 0


def has_javascript():
    """Whether Node is here and the SDK can be had from the registry that npm is set up with."""
    if not shutil.which("node") or not shutil.which("npm"):
        say("no Node with npm here: nothing is measured of the JavaScript SDK")
        return False
    NODE.mkdir(parents=True, exist_ok=True)
    for program in HERE.glob("*.mjs"):
        shutil.copy(program, NODE)
    if (NODE / "node_modules/@aws-sdk/client-ec2").is_dir():
        return True
    say(f"npm install {SDK}")
    try:
        done = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--silent", "--prefix", NODE, SDK],
                              capture_output=True, timeout=120)
        failed = done.returncode != 0
    except subprocess.TimeoutExpired:
        failed = True
    if failed:
        say(f"npm cannot install {SDK}: nothing is measured of the JavaScript SDK")
    return not failed


def fetch_cpp_runtime():
    """Gets the source of AWS's C++ runtime; returns its folder, None where the registry does not have it."""
    source = CPP / f"aws-lambda-cpp-{CPP_VERSION}"
    if source.is_dir():
        return source
    CPP.mkdir(parents=True, exist_ok=True)
    say(f"npm pack {CPP_CARRIER}")
    try:
        done = subprocess.run(["npm", "pack", "--silent", "--pack-destination", CPP, CPP_CARRIER],
                              capture_output=True, text=True, timeout=120)
    except (OSError, subprocess.TimeoutExpired):
        return None
    if done.returncode != 0:
        return None
    with tarfile.open(CPP / done.stdout.strip()) as carrier:
        inner = carrier.extractfile(f"package/deps/aws-lambda-cpp-{CPP_VERSION}.tar.gz")
        with tarfile.open(fileobj=inner) as archive:
            archive.extractall(CPP)
    return source


def has_cpp_runtime():
    """Whether AWS's C++ runtime can be had and built here, with the machine's own libcurl."""
    source = fetch_cpp_runtime()
    if not source:
        say(f"npm cannot get {CPP_CARRIER}: nothing is measured of the C++ runtime")
        return False
    version = (source / "src/version.cpp.in").read_text().replace("@PROJECT_VERSION@", CPP_VERSION)
    for name, number in zip(("MAJOR", "MINOR", "PATCH"), CPP_VERSION.split(".")):
        version = version.replace(f"@PROJECT_VERSION_{name}@", number)
    (source / "src/version.cpp").write_text(version)
    done = subprocess.run(["g++", "-std=c++11", "-O2", "-w", "-fno-exceptions", "-fno-rtti", "-I", source / "include",
                           "-o", BUILD / "cpp_loop", HERE / "cpp_loop.cpp", *source.glob("src/*.cpp"), "-lcurl"],
                          capture_output=True, text=True)
    if done.returncode != 0:
        say("the C++ runtime cannot be built here: nothing is measured of it\n" + done.stderr[-500:])
    return done.returncode == 0


# ---- servers and samples ----


@contextlib.contextmanager
def serving(program, *arguments):
    """Runs a server that prints its port, and gives that."""
    server = subprocess.Popen([BUILD / program, *arguments], stdout=subprocess.PIPE, text=True)
    try:
        yield int(server.stdout.readline())
    finally:
        server.kill()
        server.wait()


def https(port):
    """The environment in which programs find the local server under AWS's name, and trust it."""
    return {
        "AWS_ENDPOINT_URL": f"https://{HOST}:{port}", "LD_PRELOAD": str(BUILD / "resolve.so"),
        "NODE_EXTRA_CA_CERTS": str(TLS / "root.pem"),
    }


def stopwatch(kind, rounds, programs, **environment):
    """Two figures of each program, by its name: microseconds, and those of them on a processor. They take turns."""
    if not programs:
        return {}
    words = []
    for command in programs.values():
        words += ["--", *command]
    samples = {name: [] for name in programs}
    names = list(programs)
    for line in lines(BUILD / "stopwatch", kind, rounds, *words, **environment):
        if line[:1].isdigit():  # the rest is what the programs log
            number, passed, processor = line.split()
            samples[names[int(number)]].append((float(passed), float(processor)))
    return samples


def in_turn(rounds, programs, **environment):
    """The figures that programs print one a line, run in turn."""
    samples = {name: [] for name in programs}
    for _ in range(rounds):
        for name, command in programs.items():
            samples[name] += [(float(line), None) for line in lines(*command, **environment)]
    return samples
