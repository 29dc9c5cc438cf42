import { readFile } from "node:fs/promises";
import { basename } from "node:path";

interface Ticket {
  readonly upload_url: string;
  readonly public_url: string;
}

const file = process.argv[2];
if (file === undefined) throw new Error("usage: upload FILE");

const asked = await fetch("https://files.example.com/v1/tickets", {
  method: "POST",
  headers: { authorization: `Bearer ${process.env["FILES_TOKEN"]}`, "content-type": "application/json" },
  body: JSON.stringify({ name: basename(file) }),
});
const ticket = (await asked.json()) as Ticket;
const sent = await fetch(ticket.upload_url, { method: "PUT", body: await readFile(file) });
if (!sent.ok) throw new Error(`upload: ${sent.status}`);
console.log(ticket.public_url);
