/** `make down`: stops what `make up` or `make serve` started, and nothing else. */
import { stopAll } from "./service/launch.ts";
import { placesOf } from "./service/places.ts";
import { readRecord } from "./service/record.ts";
import { print } from "./support/print.ts";

const places = placesOf(process.env, process.getuid?.() ?? 0);
const record = readRecord(places.recordFile);
if (!record) print("Nothing to stop: HSR was not started here by this user.");
else print(`Stopped: ${(await stopAll(places, record)).join(", ")}. Data is kept in ${places.data}`);
