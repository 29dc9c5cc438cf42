export { openSqliteStore, type SqliteStoreOptions } from "./sqlite.ts";
