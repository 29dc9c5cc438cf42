const saved = { ...process.env };

beforeEach(() => {
  process.env.TZ = 'UTC';
  process.env.API_URL = 'http://localhost:4010';
  delete process.env.DEBUG;
});

afterEach(() => {
  process.env = { ...saved };
});
