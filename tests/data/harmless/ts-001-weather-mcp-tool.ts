import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { z } from "zod";

interface Forecast {
  current: { temperature_2m: number; wind_speed_10m: number };
}

const server = new McpServer({ name: "weather", version: "1.0.0" });

server.tool("weather", { latitude: z.number(), longitude: z.number() }, async ({ latitude, longitude }) => {
  const url = new URL("https://api.open-meteo.com/v1/forecast");
  url.searchParams.set("latitude", String(latitude));
  url.searchParams.set("longitude", String(longitude));
  url.searchParams.set("current", "temperature_2m,wind_speed_10m");
  const forecast = (await (await fetch(url)).json()) as Forecast;
  const { temperature_2m: degrees, wind_speed_10m: wind } = forecast.current;
  return { content: [{ type: "text", text: `${degrees} °C, wind ${wind} km/h` }] };
});

await server.connect(new StdioServerTransport());
