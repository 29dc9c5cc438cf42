const fs = require('fs');
const path = require('path');
const { Client } = require('pg');

async function main() {
  const client = new Client({ connectionString: process.env.DATABASE_URL });
  await client.connect();
  await client.query('create table if not exists migration (name text primary key, at timestamptz default now())');
  const done = new Set((await client.query('select name from migration')).rows.map((row) => row.name));
  const dir = path.join(__dirname, 'migrations');

  for (const file of fs.readdirSync(dir).sort()) {
    if (done.has(file)) continue;
    const { up } = require(path.join(dir, file));
    await client.query('begin');
    try {
      await up(client);
      await client.query('insert into migration (name) values ($1)', [file]);
      await client.query('commit');
      console.log('applied', file);
    } catch (err) {
      await client.query('rollback');
      throw err;
    }
  }
  await client.end();
}

main().catch((err) => {
  console.error(err);
  process.exit(1);
});
