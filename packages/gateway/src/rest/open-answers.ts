/** Answers under way, by the key that asked for them: when a key ends, its streams end with it, however long they would have lasted. */
import type { ServerResponse } from "node:http";
import type { Log } from "@hsr/core";
import type { Caller } from "./route.ts";

export interface OpenAnswersPorts {
  readonly log: Log;
  isStillValid(caller: Caller): Promise<boolean>;
  readonly everyMs: number;
}

export class OpenAnswers {
  readonly #ports: OpenAnswersPorts;
  readonly #open = new Map<ServerResponse, Caller>();
  readonly #timer: NodeJS.Timeout;

  constructor(ports: OpenAnswersPorts) {
    this.#ports = ports;
    this.#timer = setInterval(() => void this.#look(), ports.everyMs);
    this.#timer.unref();
  }

  add(response: ServerResponse, caller: Caller): void {
    this.#open.set(response, caller);
    response.once("close", () => this.#open.delete(response));
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    const byKey = Map.groupBy(this.#open, ([, caller]) => caller.keyId);
    for (const answers of byKey.values()) {
      const caller = answers[0]?.[1];
      if (caller === undefined) continue;
      try {
        if (await this.#ports.isStillValid(caller)) continue;
      } catch (thrown) {
        // Nothing is known of the key: the next look will tell.
        this.#ports.log.warn({ err: thrown }, "a key could not be looked up again");
        continue;
      }
      for (const [response] of answers) response.destroy();
    }
  }
}
