import { promises as dns } from "node:dns";

const domain = process.argv[2] ?? "example.com";
const asks = {
  A: () => dns.resolve4(domain),
  AAAA: () => dns.resolve6(domain),
  MX: async () => (await dns.resolveMx(domain)).map((mx) => `${mx.priority} ${mx.exchange}`),
  TXT: async () => (await dns.resolveTxt(domain)).map((parts) => parts.join("")),
  NS: () => dns.resolveNs(domain),
};
for (const [kind, ask] of Object.entries(asks)) {
  const answers = await ask().catch((error) => [`(${error.code})`]);
  for (const answer of answers) console.log(kind.padEnd(5), answer);
}
