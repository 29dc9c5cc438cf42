import { Worker } from "bullmq";

const connection = { host: process.env["REDIS_HOST"] ?? "127.0.0.1", port: 6379 };

interface Resize {
  readonly url: string;
  readonly width: number;
}

const worker = new Worker<Resize>(
  "resize",
  async (job) => {
    await job.updateProgress(10);
    const response = await fetch(job.data.url);
    const bytes = await response.arrayBuffer();
    await job.updateProgress(60);
    return { bytes: bytes.byteLength, width: job.data.width };
  },
  { connection, concurrency: 4 },
);
worker.on("failed", (job, error) => console.error(job?.id, error.message));
process.once("SIGTERM", () => void worker.close());
