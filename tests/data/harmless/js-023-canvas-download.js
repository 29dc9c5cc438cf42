function dataUrlToBlob(url) {
  const [head, body] = url.split(',');
  const type = head.match(/^data:(.*?);base64$/)[1];
  const bytes = Uint8Array.from(atob(body), (c) => c.charCodeAt(0));
  return new Blob([bytes], { type });
}

async function save(canvas) {
  const form = new FormData();
  form.append('drawing', dataUrlToBlob(canvas.toDataURL('image/png')), 'drawing.png');
  const res = await fetch('/api/drawings', { method: 'POST', body: form });
  if (!res.ok) throw new Error(`could not save: ${res.status}`);
  return (await res.json()).id;
}

document.querySelector('#save').addEventListener('click', async () => {
  const id = await save(document.querySelector('canvas'));
  history.pushState({ id }, '', `/drawings/${id}`);
});
