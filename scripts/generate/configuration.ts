/** `docs/configuration.md`, from the table of settings. */
import { aliases, environmentName, type Setting, settingKeys, settings } from "@hsr/gateway/documents";
import { table } from "./table.ts";

const intro = `# Configuration

<!-- Printed from packages/gateway/src/config/settings.ts by scripts/generate.ts. Do not edit. -->

The gateway works without any configuration: the defaults are the closed ones. Where a setting comes from, weakest first:

1. the default below;
2. a YAML file, named by \`--config FILE\` or \`HSR_CONFIG\`: sections with settings in them;
3. environment variables \`HSR_…\`;
4. flags: those named below, and \`--set section.name=value\` for every setting.

What is not in this table is refused, with line and column, and every problem is told at once. \`hsrctl config show\` prints each
value in force and where it came from. The configuration is read once, at start.

\`\`\`yaml
config:
  version: 1
limits:
  timeout_ms: 10000
  memory_bytes: 134217728
runs:
  concurrency: 32
\`\`\`

Settings marked **unsafe** take a wall away. Each is logged at every start and counted in \`hsr_unsafe_settings\`.
`;

const older = `## Variables of the older daemon

These are read with their own units, and lose against an \`HSR_\` variable of the same setting. None of them opens what is closed here.
`;

/** The whole page. */
export function configurationPage(): string {
  const sections = [...new Set(settingKeys.map((key) => key.split(".", 1)[0] ?? ""))];
  const parts = sections.map((section) => {
    const rows = settingKeys.filter((key) => key.startsWith(`${section}.`)).map(row);
    return `## ${section}\n\n${table(["Setting", "Type", "Default", "Bounds", "Variable", "Why"], rows)}\n`;
  });
  const aliasRows = aliases.map((alias) => [`\`${alias.name}\``, alias.unit, alias.meaning]);
  return [intro, ...parts, older, `${table(["Variable", "Unit", "What it does"], aliasRows)}\n`].join("\n");
}

function row(key: (typeof settingKeys)[number]): string[] {
  const setting: Setting<unknown> = settings[key];
  const unit = setting.unit === "" ? "" : `, ${setting.unit}`;
  const unsafe = setting.dangerous === undefined ? "" : `**unsafe** when \`${setting.dangerous.join("`, `")}\`. `;
  const names = [`\`${environmentName(key)}\``, ...(setting.flag === undefined ? [] : [`\`${setting.flag}\``])];
  return [
    `\`${key}\``,
    `${setting.type}${unit}`,
    defaultOf(setting),
    setting.min === undefined ? "" : `${setting.min} to ${setting.max}`,
    names.join(" "),
    `${unsafe}${setting.reason}`,
  ];
}

function defaultOf(setting: Setting<unknown>): string {
  if (setting.defaultText !== undefined) return setting.defaultText;
  if (Array.isArray(setting.default)) return setting.default.length === 0 ? "none" : `\`${setting.default.join(",")}\``;
  return `\`${String(setting.default)}\``;
}
