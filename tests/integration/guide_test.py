"""What docs/guide shows is true: each folder of examples/guide is served, and its commands print what the page says.

A `*.sh` holds commands, each followed by the lines it prints behind `#> `; `...` there stands for anything. localhost:8000 is
the instance of the test, and `manta` its command. A folder without app.yaml is a folder of commands that need no instance.
"""
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from instance import BUILD, MANTA, Instance

PAGES = pathlib.Path(__file__).resolve().parents[2] / "examples" / "guide"
BUILT = pathlib.Path(BUILD) / "examples" / "guide"
NEEDS_MODELS = ["openai"]  # run by tests/e2e/test_guide.py
ASKS_A_SERVER = "config|status|deploy|delete|shutdown|plan|diff|history|rollback|scale|explain|drain|nodes|traffic|events|cost|controller-health"


def steps(text):
    """[(command, lines it must print)]: a command ends where its output begins, or at an empty line."""
    found, command = [], []
    for line in text.splitlines():
        if line.startswith("#>"):
            if command:
                found.append(("\n".join(command), []))
                command = []
            found[-1][1].append(line[2:].strip())
        elif line.strip() and not line.startswith("#"):
            command.append(line)
        elif command:
            found.append(("\n".join(command), []))
            command = []
    return found + ([("\n".join(command), [])] if command else [])


def matches(wanted, printed):
    """But for spaces at the beginning and between columns."""
    pattern, printed = ("\n".join(" ".join(line.split()) for line in lines) for lines in (wanted, printed.strip().splitlines()))
    return re.fullmatch(".*".join(re.escape(part.strip(" ")) for part in pattern.split("...")), printed, re.S)


class GuideTest(unittest.TestCase):
    def commands_of(self, folder, instance):
        """The environment of commands: a `manta` that asks the instance of this test."""
        shims = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        port = f"--admin-port {instance.admin_port}" if instance else ""
        (shims / "manta").write_text(f'#!/bin/sh\ncase $1 in {ASKS_A_SERVER}) exec {MANTA} "$@" {port};; esac\nexec {MANTA} "$@"\n')
        (shims / "manta").chmod(0o755)
        return {**os.environ, "PATH": f"{shims}:{os.environ['PATH']}", "NO_COLOR": "1",
                "ADMIN_PORT": str(instance.admin_port) if instance else ""}

    def follow(self, folder, script, instance):
        environment = self.commands_of(folder, instance)
        text = script.read_text()
        if instance:
            text = text.replace("localhost:8000", f"127.0.0.1:{instance.http_port}")
        asked = steps(text)
        self.assertTrue(asked, f"{script} has no commands")
        for command, wanted in asked:
            with self.subTest(page=folder.name, command=command):
                done = subprocess.run(["bash", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, timeout=60)
                if wanted:
                    self.assertTrue(matches(wanted, done.stdout), f"printed:\n{done.stdout}{done.stderr}\nthe page says:\n" + "\n".join(wanted))
                else:
                    self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def gathered(self, page):
        """A folder with the files of a page and what was built of it."""
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory())) / page.name
        folder.mkdir()
        for file in [*page.iterdir(), *(BUILT / page.name).glob("*")]:
            if file.suffix not in (".cc", ".cmake"):
                (folder / file.name).symlink_to(file)
        return folder

    def serve(self, page):
        folder = self.gathered(page)
        scripts = sorted(folder.glob("*.sh"))
        if not (folder / "app.yaml").exists():
            for script in scripts:
                self.follow(folder, script, None)
            return
        with Instance() as instance:
            instance.run(str(folder / "app.yaml"))
            for script in scripts:
                self.follow(folder, script, instance)
            self.assertEqual(instance.stop(), 0)


def test_of(page):
    return lambda self: self.serve(page)


for page in sorted(path for path in PAGES.iterdir() if list(path.glob("*.sh")) and path.name not in NEEDS_MODELS):
    setattr(GuideTest, f"test_{page.name}", test_of(page))

if __name__ == "__main__":
    unittest.main()
