import { readFileSync } from "node:fs";

const lines = readFileSync("capture.txt", "utf8").trim().split("\n");
for (const line of lines) {
  const [time, hex] = line.split(/\s+/);
  const bytes = Buffer.from(hex, "hex");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const label = String.fromCharCode(...bytes.subarray(0, 4));
  console.log(time, label, (view.getInt16(4, false) / 100).toFixed(2), view.getUint8(6), "%");
}
