const key = Deno.env.get("NASA_API_KEY") ?? "DEMO_KEY";
const meta = await fetch(`https://api.nasa.gov/planetary/apod?api_key=${key}`).then((r) => r.json());

if (meta.media_type === "image") {
  const image = await fetch(meta.hdurl ?? meta.url);
  await Deno.writeFile(`apod-${meta.date}.jpg`, image.body);
  await Deno.writeTextFile(`apod-${meta.date}.txt`, `${meta.title}\n\n${meta.explanation}\n`);
}
console.log(meta.date, meta.title);

export {};
