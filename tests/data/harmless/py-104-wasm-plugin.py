import sys

from wasmtime import Engine, Instance, Module, Store

engine = Engine()
store = Store(engine)
module = Module.from_file(engine, "filters/blur.wasm")
instance = Instance(store, module, [])
exports = instance.exports(store)
weight = exports["weight"]
print([weight(store, i, int(sys.argv[1])) for i in range(-2, 3)])
