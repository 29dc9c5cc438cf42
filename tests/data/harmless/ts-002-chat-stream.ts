import process from "node:process";

const key = process.env["OPENAI_API_KEY"];
if (key === undefined) {
  console.error("OPENAI_API_KEY is not set");
  process.exit(2);
}

const response = await fetch("https://api.openai.com/v1/chat/completions", {
  method: "POST",
  headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
  body: JSON.stringify({
    model: "gpt-4o-mini",
    stream: true,
    messages: [{ role: "user", content: process.argv.slice(2).join(" ") }],
  }),
});

let rest = "";
for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
  const lines = (rest + chunk).split("\n");
  rest = lines.pop() ?? "";
  for (const line of lines) {
    if (!line.startsWith("data: ") || line.endsWith("[DONE]")) continue;
    const event = JSON.parse(line.slice(6)) as { choices: { delta: { content?: string } }[] };
    process.stdout.write(event.choices[0]?.delta.content ?? "");
  }
}
