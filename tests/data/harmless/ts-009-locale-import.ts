const languages = ["en", "de", "pt", "ja"] as const;
type Language = (typeof languages)[number];

const loaders: Record<Language, () => Promise<{ default: Record<string, string> }>> = {
  en: () => import("./messages/en.js"),
  de: () => import("./messages/de.js"),
  pt: () => import("./messages/pt.js"),
  ja: () => import("./messages/ja.js"),
};

export async function messages(wanted: string): Promise<Record<string, string>> {
  const language = languages.find((one) => wanted.startsWith(one)) ?? "en";
  const plural = await import(`./plurals/${language}.js`);
  return { ...(await loaders[language]()).default, ...plural.rules };
}
