const { XMLParser } = require('fast-xml-parser');
const got = require('got');

(async () => {
  const xml = await got(process.argv[2] || 'https://www.example.com/sitemap.xml').text();
  const { urlset } = new XMLParser().parse(xml);
  const urls = urlset.url.map((entry) => entry.loc);
  let broken = 0;
  while (urls.length) {
    const batch = urls.splice(0, 8);
    const answers = await Promise.allSettled(batch.map((url) => got.head(url, { retry: { limit: 1 } })));
    answers.forEach((answer, i) => {
      if (answer.status === 'rejected') {
        broken += 1;
        console.log(batch[i], answer.reason.message);
      }
    });
  }
  process.exitCode = broken ? 1 : 0;
})();
