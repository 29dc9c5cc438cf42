/** `docs/risk-rules.md`: what the analyzer sees, the rules that weigh it, and how operators write their own. */
import { riskCapabilities, riskScores } from "@hsr/contract";
import { builtinRules, effectKinds, placeKinds, severityOf } from "@hsr/core";

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");

export function riskRulesPage(): string {
  const capabilities = Object.entries(riskCapabilities).map(([name, what]) => `| \`${name}\` | ${what} |`);
  const kinds = Object.entries(effectKinds).map(
    ([name, { capability, means }]) => `| \`${name}\` | ${means} | ${capability === null ? "" : `\`${capability}\``} |`,
  );
  const places = placeKinds.map(
    ({ name, what, patterns }) =>
      `| \`${name}\` | ${what} | ${patterns
        .slice(0, 4)
        .map((each) => `\`${each}\``)
        .join(", ")}${patterns.length > 4 ? " …" : ""} |`,
  );
  const rules = [...builtinRules].sort((a, b) => b.weight - a.weight || (a.id < b.id ? -1 : 1));
  const rows = rules.map(
    (rule) =>
      `| \`${rule.id}\` | ${severityOf(rule.weight)} | ${rule.weight} | ${cell(rule.title)} | ${cell(rule.why)} |`,
  );
  return `# Risk: what is seen, and what it weighs

<!-- Printed from packages/core/src/analyze by scripts/generate.ts. Do not edit. -->

Before a request is decided its code is read: Python, JavaScript, TypeScript and Bash, as syntax trees, never run. Names are resolved through imports
and aliases; constant texts are folded through concatenation, slices, \`chr\`, base64 and their like; what a program hands to \`eval\`, a shell or an
interpreter is read again as the language that it is in. What the program does to the outside are *effects*; *rules* say which of them weigh.
\`hsrctl analyze FILE\` shows it, \`POST /v1/analyze\` answers it, and every run keeps it.

What a request brings besides its code is read too: files, members of zip, tar and gzip archives, variables of the environment that make programs load or run
something, and, where the code uses them, arguments, standard input and every other variable. Findings name such a variable and show no value of it.

A score is the weight of the heaviest rule that matched, and a little for each further one; code in which nothing was found has a few points for
each capability and is never more than low. ${riskScores.medium} is medium, ${riskScores.high} is high. **Unsure means stricter**: code that is hidden, broken, too large or in another
language than declared is a finding by itself, and where the analyzer itself fails the finding is \`analysis-failed\` with a score of 100.

A static reader can be fooled by who tries hard enough. It chooses walls, it is no wall.

## Capabilities

| Name | Means |
|---|---|
${capabilities.join("\n")}

## Rules

| Rule | Severity | Weight | Finds | Why |
|---|---|---|---|---|
${rows.join("\n")}
| \`analysis-failed\` | high | 100 | The code could not be analyzed. | The process that read it died or was late: nothing is known of it. |

## Rules of your own

\`analyze.rules\` names a YAML file that is read at start, besides the rules above:

\`\`\`yaml
version: 1
rules:
  - id: reads-our-ledger
    title: Reads the ledger
    why: Only the accounting jobs have business with it.
    weight: 60
    when:
      - {effect: [read], target: ["/srv/ledger/*"]}
      - {effect: [send], from: {effect: [read], target: ["/srv/ledger/*"]}}
\`\`\`

\`when\` is a list of conditions of which any may hold; in a condition everything that is given must. \`effect\` names kinds, \`place\` and \`notPlace\`
kinds of places, \`target\`, \`notTarget\`, \`callee\` and \`data\` are patterns with \`*\` for anything, \`tag\` and \`notTag\` finer facts, \`hidden\` ways in
which a name or text was hidden (\`"*"\` for any), \`selfMade\` (\`computed\` or \`any\`) data that the program makes of its own constants in a way
that is not followed. \`from\` and \`notFrom\` ask where the data come from, \`also\` what else the program does.
The names of the rules above are taken.

### Effects

| Kind | The code … | Capability |
|---|---|---|
${kinds.join("\n")}

### Places

| Kind | What is kept there | Such as |
|---|---|---|
${places.join("\n")}
`;
}
