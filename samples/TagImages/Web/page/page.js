const drop = document.getElementById('drop');
const file = document.getElementById('file');
const results = document.getElementById('results');
const template = document.getElementById('result');

fetch('/api/labels').then(answer => answer.json()).then(labels => {
  document.getElementById('labels').textContent = `The model knows ${labels.length} labels.`;
});

async function tag(photo) {
  const row = template.content.cloneNode(true).firstElementChild;
  const state = row.querySelector('.state');
  const image = row.querySelector('img');
  row.querySelector('h2').textContent = photo.name || 'Pasted picture';
  image.src = URL.createObjectURL(photo);
  image.alt = photo.name || 'Pasted picture';
  image.onerror = () => image.classList.add('broken');
  results.prepend(row);
  try {
    const answer = await fetch('/api/tags', { method: 'POST', body: photo, headers: { 'Content-Type': photo.type || 'application/octet-stream' } });
    const found = await answer.json();
    if (!answer.ok) throw new Error(answer.status === 503 ? 'The server is busy. Try again in a moment.' : found.detail || found.title);
    state.textContent = `${found.width} × ${found.height} pixels` + (found.tags.length ? '' : '; no label reaches its threshold');
    for (const { label, score } of found.tags) {
      const item = document.createElement('li');
      const name = document.createElement('span');
      const value = document.createElement('span');
      const meter = document.createElement('meter');
      name.textContent = label;
      value.textContent = `${(score * 100).toFixed(score < 0.1 ? 1 : 0)} %`;
      value.className = 'value';
      meter.value = score;
      meter.setAttribute('aria-hidden', 'true');
      item.append(name, value, meter);
      row.querySelector('.tags').append(item);
    }
  } catch (error) {
    state.textContent = error.message;
    row.classList.add('failed');
  }
  row.dataset.done = 'true';
}

// One after another: the server's network takes one photo at a time.
let queue = Promise.resolve();
const add = photos => { for (const photo of photos) queue = queue.then(() => tag(photo)); };

file.addEventListener('change', () => { add([...file.files]); file.value = ''; });
document.addEventListener('paste', event => add([...event.clipboardData.files]));
for (const kind of ['dragenter', 'dragover']) {
  document.addEventListener(kind, event => { event.preventDefault(); drop.classList.add('over'); });
}
document.addEventListener('dragleave', event => { if (!event.relatedTarget) drop.classList.remove('over'); });
document.addEventListener('drop', event => {
  event.preventDefault();
  drop.classList.remove('over');
  add([...event.dataTransfer.files]);
});
