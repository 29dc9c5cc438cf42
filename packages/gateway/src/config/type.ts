/** `Config`: the table of settings as a frozen object, `runs.queue_length` being `config.runs.queueLength`. */
import type { Setting } from "./setting.ts";
import type { SettingKey, settings } from "./settings.ts";

type Camel<Snake extends string> = Snake extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : Snake;
type ValueOf<Row> = Row extends Setting<infer Value> ? Value : never;
type Section<Key extends string> = Key extends `${infer Name}.${string}` ? Name : never;
type Names<Name extends string, Key extends string> = Key extends `${Name}.${infer Rest}` ? Rest : never;

/** Every setting's value, by section and name in camelCase. Frozen; made once in `load.ts`. */
export type Config = {
  readonly [Name in Section<SettingKey>]: {
    readonly [Rest in Names<Name, SettingKey> as Camel<Rest>]: ValueOf<
      (typeof settings)[Extract<SettingKey, `${Name}.${Rest}`>]
    >;
  };
};

/** `run_days` as `runDays`. */
export function camel(snake: string): string {
  return snake.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
