const nodemailer = require('nodemailer');
const { readFile } = require('fs/promises');

async function main() {
  const transport = nodemailer.createTransport({
    host: process.env.SMTP_HOST,
    port: 465,
    secure: true,
    auth: { user: process.env.SMTP_USER, pass: process.env.SMTP_PASS },
  });
  const [html, list] = await Promise.all([readFile('out/digest.html', 'utf8'), readFile('subscribers.txt', 'utf8')]);
  for (const to of list.split('\n').filter((line) => line.includes('@'))) {
    await transport.sendMail({ from: 'digest@example.com', to, subject: 'This week', html });
    console.log('sent to', to);
  }
}

main();
