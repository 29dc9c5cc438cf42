/** The schema, as numbered steps. A released step is never changed: a change of the schema is a new step. */

/** One step from the version before. */
export interface Migration {
  readonly version: number;
  readonly sql: string;
}

/** Marks a database file as ours: "HSR1". Another program's file is refused and never touched. */
export const applicationId = 0x48535231;

export const migrations: readonly Migration[] = [
  {
    version: 1,
    sql: `
CREATE TABLE run (
  -- AUTOINCREMENT: the number of a deleted run never comes back, so its output cannot become another's.
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  tenant TEXT NOT NULL,
  key_id TEXT NOT NULL,
  request_id TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('held', 'queued', 'starting', 'running', 'finished')),
  request_digest TEXT NOT NULL,
  idempotency_key TEXT,
  labels TEXT NOT NULL,
  language TEXT,
  detach INTEGER NOT NULL,
  runtime TEXT,
  level TEXT,
  sandbox_id TEXT,
  created_at INTEGER NOT NULL,
  starting_at INTEGER,
  started_at INTEGER,
  expires_at INTEGER,
  decision TEXT,
  risk TEXT,
  limits TEXT,
  unenforced TEXT NOT NULL DEFAULT '[]',
  reason TEXT,
  exit_code INTEGER,
  signal TEXT,
  finished_at INTEGER,
  usage TEXT,
  error TEXT,
  stdout_bytes INTEGER NOT NULL DEFAULT 0,
  stderr_bytes INTEGER NOT NULL DEFAULT 0,
  stdout_truncated INTEGER NOT NULL DEFAULT 0,
  stderr_truncated INTEGER NOT NULL DEFAULT 0,
  CHECK ((state = 'finished') = (reason IS NOT NULL)),
  CHECK ((state = 'finished') = (finished_at IS NOT NULL))
) STRICT;
CREATE INDEX run_by_tenant ON run (tenant, created_at, id);
CREATE INDEX run_by_time ON run (created_at, id);
CREATE INDEX run_unfinished ON run (seq) WHERE state <> 'finished';
CREATE INDEX run_finished ON run (finished_at) WHERE state = 'finished';

-- Not tied to run: the parts of a large input are written before the row that makes them one. Orphans are swept at open.
CREATE TABLE input (
  run_id TEXT NOT NULL,
  part INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  UNIQUE (run_id, part)
) STRICT;

-- Not tied to run either: a run disappears as a whole first, and its output follows in pieces.
CREATE TABLE output (
  run_seq INTEGER NOT NULL,
  stream TEXT NOT NULL CHECK (stream IN ('stdout', 'stderr')),
  first_byte INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  UNIQUE (run_seq, stream, first_byte)
) STRICT;

-- Deleted runs whose output is still to be deleted.
CREATE TABLE doomed (run_seq INTEGER PRIMARY KEY) STRICT;

CREATE TABLE idempotency (
  tenant TEXT NOT NULL,
  key TEXT NOT NULL,
  run_seq INTEGER NOT NULL REFERENCES run (seq),
  request_digest TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_by_run ON idempotency (run_seq);
CREATE INDEX idempotency_by_time ON idempotency (created_at);

CREATE TABLE key (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  hash BLOB NOT NULL UNIQUE,
  tenant TEXT NOT NULL,
  name TEXT NOT NULL,
  scopes TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  last_used_at INTEGER,
  revoked_at INTEGER,
  expires_at INTEGER
) STRICT;

CREATE TABLE audit (
  seq INTEGER PRIMARY KEY,
  time INTEGER NOT NULL,
  type TEXT NOT NULL,
  tenant TEXT NOT NULL,
  subject TEXT NOT NULL,
  request_id TEXT,
  data TEXT NOT NULL,
  previous_hash TEXT NOT NULL,
  hash TEXT NOT NULL
) STRICT;
-- One row: the last entry that retention cut off, from which the chain goes on.
CREATE TABLE audit_anchor (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  seq INTEGER NOT NULL,
  hash TEXT NOT NULL
) STRICT;

CREATE TABLE policy (
  digest TEXT PRIMARY KEY,
  text TEXT NOT NULL,
  first_seen_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`,
  },
  {
    version: 2,
    sql: `
CREATE TABLE sandbox (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  tenant TEXT NOT NULL,
  key_id TEXT NOT NULL,
  request_id TEXT NOT NULL,
  state TEXT NOT NULL,
  name TEXT,
  labels TEXT NOT NULL,
  allow TEXT NOT NULL,
  ttl INTEGER NOT NULL,
  idle_timeout INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  expires_at INTEGER,
  active_at INTEGER NOT NULL,
  request_digest TEXT NOT NULL,
  idempotency_key TEXT,
  environment TEXT,
  decision TEXT NOT NULL,
  risk TEXT NOT NULL,
  runtime TEXT NOT NULL,
  level TEXT NOT NULL,
  unenforced TEXT NOT NULL DEFAULT '[]',
  reason TEXT,
  ended_at INTEGER,
  usage TEXT,
  error TEXT,
  CHECK ((state IN ('ended', 'failed', 'lost')) = (reason IS NOT NULL)),
  CHECK ((reason IS NULL) = (ended_at IS NULL))
) STRICT;
CREATE INDEX sandbox_by_tenant ON sandbox (tenant, created_at, id);
CREATE INDEX sandbox_by_time ON sandbox (created_at, id);
CREATE INDEX sandbox_unfinished ON sandbox (seq) WHERE reason IS NULL;
CREATE INDEX sandbox_ended ON sandbox (ended_at) WHERE reason IS NOT NULL;
CREATE UNIQUE INDEX sandbox_name ON sandbox (tenant, name) WHERE name IS NOT NULL AND reason IS NULL;
CREATE UNIQUE INDEX sandbox_key ON sandbox (tenant, idempotency_key) WHERE idempotency_key IS NOT NULL;

CREATE TABLE execution (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  sandbox_id TEXT NOT NULL,
  tenant TEXT NOT NULL,
  key_id TEXT NOT NULL,
  request_id TEXT NOT NULL,
  number INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('starting', 'running', 'finished')),
  argv TEXT NOT NULL,
  background INTEGER NOT NULL,
  terminal INTEGER NOT NULL,
  timeout INTEGER,
  output_limit INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  decision TEXT NOT NULL,
  risk TEXT NOT NULL,
  reason TEXT,
  exit_code INTEGER,
  signal TEXT,
  finished_at INTEGER,
  usage TEXT,
  error TEXT,
  stdout_bytes INTEGER NOT NULL DEFAULT 0,
  stderr_bytes INTEGER NOT NULL DEFAULT 0,
  stdout_truncated INTEGER NOT NULL DEFAULT 0,
  stderr_truncated INTEGER NOT NULL DEFAULT 0,
  UNIQUE (sandbox_id, number),
  CHECK ((state = 'finished') = (reason IS NOT NULL)),
  CHECK ((state = 'finished') = (finished_at IS NOT NULL))
) STRICT;
CREATE INDEX execution_by_sandbox ON execution (sandbox_id, created_at, id);
CREATE INDEX execution_unfinished ON execution (sandbox_id, seq) WHERE state <> 'finished';
CREATE INDEX execution_finished ON execution (finished_at) WHERE state = 'finished';

-- Bytes at their place in the stream's own count. Not tied to execution: an execution disappears first, its output follows.
CREATE TABLE execution_output (
  execution_seq INTEGER NOT NULL,
  stream TEXT NOT NULL CHECK (stream IN ('stdout', 'stderr')),
  first_byte INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  UNIQUE (execution_seq, stream, first_byte)
) STRICT;
CREATE TABLE doomed_execution (execution_seq INTEGER PRIMARY KEY) STRICT;
`,
  },
  {
    version: 3,
    sql: `
-- What held the run's sandbox when it was to be launched: after a restart of that, nobody knows whether it was.
ALTER TABLE run ADD COLUMN boot_id TEXT;
`,
  },
  {
    version: 4,
    sql: `
-- Which policy was in force from when on. The newest row is the one in force.
CREATE TABLE policy_version (
  version INTEGER PRIMARY KEY,
  source TEXT NOT NULL CHECK (source IN ('file', 'api')),
  digest TEXT NOT NULL,
  text TEXT NOT NULL,
  at INTEGER NOT NULL,
  key_id TEXT
) STRICT;
`,
  },
  {
    version: 5,
    sql: `
-- What happened, for those who follow it. AUTOINCREMENT: a number never comes back, so that a reader's place stays good.
CREATE TABLE event (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  time INTEGER NOT NULL,
  type TEXT NOT NULL,
  tenant TEXT NOT NULL,
  subject TEXT NOT NULL,
  request_id TEXT,
  data TEXT NOT NULL
) STRICT;
CREATE INDEX event_by_time ON event (time);

CREATE TABLE webhook (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  tenant TEXT NOT NULL,
  url TEXT NOT NULL,
  types TEXT NOT NULL,
  -- The receiver checks signatures with it, so it has to be kept as it is.
  secret TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  -- Events up to here are delivered or given up.
  delivered_seq INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  next_attempt_at INTEGER,
  last_status INTEGER,
  last_error TEXT,
  delivered_at INTEGER,
  given_up INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX webhook_by_tenant ON webhook (tenant, created_at, id);
`,
  },
  {
    version: 6,
    sql: `
-- Files that came into a living sandbox by the API, as they came: for judging what runs there later.
CREATE TABLE received_file (
  sandbox_id TEXT NOT NULL,
  path BLOB NOT NULL,
  sha256 BLOB NOT NULL CHECK (length(sha256) = 32),
  bytes INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  PRIMARY KEY (sandbox_id, path)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER received_file_ended AFTER UPDATE OF reason ON sandbox WHEN new.reason IS NOT NULL
BEGIN DELETE FROM received_file WHERE sandbox_id = new.id; END;
`,
  },
  {
    version: 7,
    sql: `
CREATE TABLE volume (
  id TEXT PRIMARY KEY,
  tenant TEXT NOT NULL,
  name TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  inodes INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (tenant, name)
) STRICT, WITHOUT ROWID;
`,
  },
  {
    version: 8,
    sql: `
-- Executions can wait for a person's approval, which the table's own check has to know: it is made anew.
CREATE TABLE execution_8 (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  sandbox_id TEXT NOT NULL,
  tenant TEXT NOT NULL,
  key_id TEXT NOT NULL,
  request_id TEXT NOT NULL,
  number INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('held', 'starting', 'running', 'finished')),
  argv TEXT NOT NULL,
  background INTEGER NOT NULL,
  terminal INTEGER NOT NULL,
  timeout INTEGER,
  output_limit INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  decision TEXT NOT NULL,
  risk TEXT NOT NULL,
  reason TEXT,
  exit_code INTEGER,
  signal TEXT,
  finished_at INTEGER,
  usage TEXT,
  error TEXT,
  stdout_bytes INTEGER NOT NULL DEFAULT 0,
  stderr_bytes INTEGER NOT NULL DEFAULT 0,
  stdout_truncated INTEGER NOT NULL DEFAULT 0,
  stderr_truncated INTEGER NOT NULL DEFAULT 0,
  UNIQUE (sandbox_id, number),
  CHECK ((state = 'finished') = (reason IS NOT NULL)),
  CHECK ((state = 'finished') = (finished_at IS NOT NULL))
) STRICT;
INSERT INTO execution_8 SELECT * FROM execution;
-- Numbers of deleted rows never come back.
DELETE FROM sqlite_sequence WHERE name = 'execution_8';
INSERT INTO sqlite_sequence (name, seq) SELECT 'execution_8', seq FROM sqlite_sequence WHERE name = 'execution';
DROP TABLE execution;
ALTER TABLE execution_8 RENAME TO execution;
CREATE INDEX execution_by_sandbox ON execution (sandbox_id, created_at, id);
CREATE INDEX execution_unfinished ON execution (sandbox_id, seq) WHERE state <> 'finished';
CREATE INDEX execution_finished ON execution (finished_at) WHERE state = 'finished';

-- What a person is asked about: of a sandbox, or of an execution with its code and input. It goes with the answer.
CREATE TABLE held_input (
  subject TEXT NOT NULL,
  part INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  UNIQUE (subject, part)
) STRICT;
CREATE TRIGGER held_sandbox_ended AFTER UPDATE OF reason ON sandbox WHEN new.reason IS NOT NULL
BEGIN DELETE FROM held_input WHERE subject = new.id; END;
CREATE TRIGGER held_execution_over AFTER UPDATE OF state ON execution WHEN old.state = 'held'
BEGIN DELETE FROM held_input WHERE subject = new.id; END;
`,
  },
];
