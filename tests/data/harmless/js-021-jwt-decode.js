function decode(token) {
  const [, payload] = token.split('.');
  const json = Buffer.from(payload.replace(/-/g, '+').replace(/_/g, '/'), 'base64').toString('utf8');
  return JSON.parse(json);
}

const token = process.env.ID_TOKEN || process.argv[2];
if (!token) {
  console.error('usage: jwt-decode TOKEN');
  process.exit(64);
}
const claims = decode(token);
console.log(claims);
if (claims.exp) console.log('expires', new Date(claims.exp * 1000).toISOString());
