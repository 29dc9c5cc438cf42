import { readFileSync } from "node:fs";
import { platform, release } from "node:os";

function linuxId(): string {
  const text = readFileSync("/etc/os-release", "utf8");
  const fields = Object.fromEntries(
    text
      .split("\n")
      .filter((line) => line.includes("="))
      .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1).replaceAll('"', "")]),
  ) as Record<string, string>;
  return fields["ID_LIKE"]?.split(" ")[0] ?? fields["ID"] ?? "linux";
}

const advice: Record<string, string> = {
  darwin: "brew install imagemagick",
  debian: "apt install imagemagick",
  fedora: "dnf install ImageMagick",
  arch: "pacman -S imagemagick",
};
const system = platform() === "linux" ? linuxId() : platform();
console.log(advice[system] ?? `install ImageMagick for ${system} ${release()}`);
