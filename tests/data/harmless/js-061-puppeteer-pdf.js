const puppeteer = require('puppeteer');

(async () => {
  const browser = await puppeteer.launch({ args: ['--no-sandbox'] });
  const page = await browser.newPage();
  await page.goto(process.argv[2] || 'https://example.com', { waitUntil: 'networkidle0' });
  await page.pdf({ path: 'page.pdf', format: 'A4', printBackground: true });
  await browser.close();
})();
