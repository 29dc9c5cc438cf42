const { instance } = await WebAssembly.instantiateStreaming(fetch("/filters/sepia.wasm"), {
  env: { memory: new WebAssembly.Memory({ initial: 64 }) },
});
const { sepia, alloc, memory } = instance.exports;

export function apply(context, width, height) {
  const image = context.getImageData(0, 0, width, height);
  const pointer = alloc(image.data.length);
  const view = new Uint8ClampedArray(memory.buffer, pointer, image.data.length);
  view.set(image.data);
  sepia(pointer, image.data.length);
  image.data.set(view);
  context.putImageData(image, 0, 0);
}
