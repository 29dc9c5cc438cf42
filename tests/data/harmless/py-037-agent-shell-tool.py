from __future__ import annotations

import subprocess
from dataclasses import dataclass

LIMIT = 20_000


@dataclass
class Outcome:
    code: int | None
    text: str


def run_command(command: str, cwd: str = ".", seconds: int = 60) -> Outcome:
    """Runs a shell command in the project and gives back its output, cut to a length the model can read."""
    try:
        done = subprocess.run(command, shell=True, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=seconds)
    except subprocess.TimeoutExpired as late:
        return Outcome(None, f"still running after {seconds} s\n" + (late.output or b"").decode(errors="replace"))
    text = done.stdout.decode(errors="replace")
    if len(text) > LIMIT:
        text = text[: LIMIT // 2] + "\n[...]\n" + text[-LIMIT // 2 :]
    return Outcome(done.returncode, text)
