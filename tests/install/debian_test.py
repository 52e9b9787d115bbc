"""The Debian packages that cpack makes: what is in them, and that programs build on them.

    debian_test.py CPACK BUILD_DIR WORK_DIR CONSUMER_DIR LIBDIR

Unpacks them into a folder; tools/package installs them into a Debian of their own instead.
"""

import glob
import os
import re
import shutil
import subprocess
import sys
import unittest

CPACK, BUILD_DIR, WORK_DIR, CONSUMER_DIR, LIBDIR = sys.argv[1:]


def run(*command, **options):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, **options).stdout


def setUpModule():
    shutil.rmtree(WORK_DIR, ignore_errors=True)
    run(CPACK, "--config", os.path.join(BUILD_DIR, "CPackConfig.cmake"), "-B", WORK_DIR)


def package(name):
    found = glob.glob(os.path.join(WORK_DIR, name + "_*.deb"))
    assert len(found) == 1, found
    return found[0]


def files(name):
    """{"./usr/bin/gemma4": "-rwxr-xr-x"} of the package."""
    lines = run("dpkg-deb", "--contents", package(name)).splitlines()
    return {line.split()[5]: line.split()[0] for line in lines if not line.startswith("d")}


def field(name, key):
    return run("dpkg-deb", "--field", package(name), key).strip()


class DebianTest(unittest.TestCase):
    def test_library_package_has_the_library_alone(self):
        names = set(files("libgemma4-0"))
        documents = {name for name in names if name.startswith("./usr/share/doc/libgemma4-0/")}
        self.assertEqual({os.path.basename(name) for name in documents}, {"copyright", "changelog.Debian.gz"})
        self.assertEqual({re.sub(r"\d+\.\d+\.\d+$", "VERSION", name) for name in names - documents},
                         {f"./usr/{LIBDIR}/libgemma4.so.0", f"./usr/{LIBDIR}/libgemma4.so.VERSION"})
        self.assertIn("libc6 (>=", field("libgemma4-0", "Depends"))

    def test_library_package_has_symbols_and_triggers(self):
        folder = os.path.join(WORK_DIR, "control")
        run("dpkg-deb", "--control", package("libgemma4-0"), folder)
        with open(os.path.join(folder, "symbols"), encoding="utf-8") as file:
            symbols = file.read()
        self.assertTrue(symbols.startswith("libgemma4.so.0 libgemma4-0 #MINVER#\n"))
        self.assertIn("\n gemma4_model_load@GEMMA4_0.1 0.1.0\n", symbols)
        with open(os.path.join(folder, "triggers"), encoding="utf-8") as file:
            self.assertIn("activate-noawait ldconfig", file.read())

    def test_development_package_needs_the_library_of_its_version(self):
        version = field("libgemma4-dev", "Version")
        self.assertIn(f"libgemma4-0 (= {version})", field("libgemma4-dev", "Depends"))
        names = set(files("libgemma4-dev"))
        for name in ("include/gemma4/gemma4.h", f"{LIBDIR}/libgemma4.so", f"{LIBDIR}/pkgconfig/gemma4.pc",
                     f"{LIBDIR}/cmake/gemma4/gemma4Config.cmake"):
            self.assertIn("./usr/" + name, names)

    def test_each_package_says_what_it_is(self):
        synopses = [field(name, "Description").splitlines()[0]
                    for name in ("libgemma4-0", "libgemma4-dev", "gemma4-tools")]
        self.assertEqual(synopses, ["Gemma 4 inference on CPUs - " + what
                                    for what in ("shared library", "development files", "command")])

    def test_tools_package_has_the_command_and_its_documents(self):
        names = set(files("gemma4-tools"))
        for name in ("bin/gemma4", "share/man/man1/gemma4.1.gz", "share/bash-completion/completions/gemma4",
                     "share/zsh/vendor-completions/_gemma4"):
            self.assertIn("./usr/" + name, names)
        self.assertRegex(field("gemma4-tools", "Depends"), r"libgemma4-0 \(= ")

    def test_files_belong_to_root_and_packages_do_not_overlap(self):
        seen = set()
        for name in ("libgemma4-0", "libgemma4-dev", "gemma4-tools"):
            contents = set(files(name))
            self.assertFalse(seen & contents)
            seen |= contents
            for line in run("dpkg-deb", "--contents", package(name)).splitlines():
                self.assertEqual(line.split()[1], "root/root", line)

    def test_programs_build_and_run_on_unpacked_packages(self):
        root = os.path.join(WORK_DIR, "root")
        for name in ("libgemma4-0", "libgemma4-dev", "gemma4-tools"):
            run("dpkg-deb", "--extract", package(name), root)
        library = os.path.join(root, "usr", LIBDIR)
        environment = dict(os.environ, LD_LIBRARY_PATH=library,
                           PKG_CONFIG_PATH=os.path.join(library, "pkgconfig"))
        command = os.path.join(root, "usr", "bin", "gemma4")
        self.assertNotIn("RUNPATH", run("readelf", "-d", command))
        self.assertIn("Paris", run(command, "run", "-p", "What is the capital of France?", env=environment))
        if not shutil.which("pkg-config"):
            self.skipTest("pkg-config is not installed")
        flags = run("pkg-config", "--cflags", "--libs", "gemma4", env=environment).split()
        for compiler, source in (("cc", "print_version.c"), ("c++", "load_nothing.cc")):
            program = os.path.join(WORK_DIR, source + ".out")
            run(compiler, os.path.join(CONSUMER_DIR, source), *flags, "-o", program)
            run(program, env=environment)

    def test_removal_leaves_nothing(self):
        root = os.path.join(WORK_DIR, "installed")
        database = os.path.join(root, "var", "lib", "dpkg")
        for name in ("info", "updates", "triggers"):
            os.makedirs(os.path.join(database, name))
        for name in ("status", "available"):
            open(os.path.join(database, name), "w", encoding="utf-8").close()
        # An empty tree: what the packages depend on is not in it.
        dpkg = ("dpkg", f"--root={root}", "--force-not-root", "--force-script-chrootless", "--force-depends",
                "--log=/dev/null")
        names = ("gemma4-tools", "libgemma4-dev", "libgemma4-0")
        # The packages' scripts call ldconfig, which is to leave this system's cache alone.
        programs = os.path.join(WORK_DIR, "programs")
        os.mkdir(programs)
        os.symlink(shutil.which("true"), os.path.join(programs, "ldconfig"))
        environment = dict(os.environ, PATH=f"{programs}:{os.environ['PATH']}:/usr/sbin:/sbin")

        def installed():
            return {os.path.join(folder, name) for folder, _, files in os.walk(root) for name in files
                    if not folder.startswith(database)}

        run(*dpkg, "--install", *map(package, names), stderr=subprocess.DEVNULL, env=environment)
        self.assertEqual(len(installed()), sum(len(files(name)) for name in names))
        run(*dpkg, "--purge", *names, env=environment)
        self.assertEqual(installed(), set())
        self.assertFalse(os.path.exists(os.path.join(root, "usr")))

    def test_lintian_finds_no_error(self):
        if not shutil.which("lintian"):
            self.skipTest("lintian is not installed")
        result = subprocess.run(["lintian", "--fail-on", "error", "--allow-root",
                                 *glob.glob(os.path.join(WORK_DIR, "*.deb"))], capture_output=True, text=True)
        print(result.stdout)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
