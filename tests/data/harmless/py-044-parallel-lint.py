import asyncio
import pathlib
import sys


async def check(path, gate):
    async with gate:
        child = await asyncio.create_subprocess_exec(
            "shellcheck", "-f", "gcc", str(path), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        out, _ = await child.communicate()
        return child.returncode, out.decode()


async def main():
    gate = asyncio.Semaphore(4)
    scripts = sorted(pathlib.Path("scripts").rglob("*.sh"))
    results = await asyncio.gather(*[check(s, gate) for s in scripts])
    for code, text in results:
        if code:
            print(text, end="")
    return any(code for code, _ in results)


sys.exit(asyncio.run(main()))
