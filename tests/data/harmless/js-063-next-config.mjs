import { execSync } from "node:child_process";

const commit = process.env.VERCEL_GIT_COMMIT_SHA ?? execSync("git rev-parse HEAD").toString().trim();

/** @type {import("next").NextConfig} */
export default {
  reactStrictMode: true,
  output: process.env.STANDALONE ? "standalone" : undefined,
  env: { COMMIT: commit.slice(0, 8) },
  images: { remotePatterns: [{ protocol: "https", hostname: "images.example.com" }] },
  async redirects() {
    return [{ source: "/docs", destination: "/docs/start", permanent: false }];
  },
};
