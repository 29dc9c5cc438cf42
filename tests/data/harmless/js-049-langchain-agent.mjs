import { tool } from "@langchain/core/tools";
import { ChatOpenAI } from "@langchain/openai";
import { createReactAgent } from "@langchain/langgraph/prebuilt";
import { z } from "zod";

const stock = tool(
  async ({ article }) => {
    const reply = await fetch(`https://shop.example.com/api/stock/${encodeURIComponent(article)}`);
    return reply.ok ? JSON.stringify(await reply.json()) : `no answer (${reply.status})`;
  },
  { name: "stock", description: "How many pieces of an article are there", schema: z.object({ article: z.string() }) },
);
const today = tool(async () => new Date().toDateString(), { name: "today", description: "Date of today", schema: z.object({}) });

const model = new ChatOpenAI({ model: "gpt-4o", temperature: 0, apiKey: process.env.OPENAI_API_KEY });
const agent = createReactAgent({ llm: model, tools: [stock, today] });
const { messages } = await agent.invoke({ messages: [{ role: "user", content: "Can I send 40 of A-113 today?" }] });
console.log(messages.at(-1).content);
