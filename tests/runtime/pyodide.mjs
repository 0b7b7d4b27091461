// Runs a Python program under Pyodide: node pyodide.mjs FOLDER_OF_NODE_MODULES PROGRAM FOLDER...; the folders go onto sys.path.

const [, , modules, program, ...folders] = process.argv;
const { loadPyodide } = await import(`${modules}/node_modules/pyodide/pyodide.mjs`);
const python = await loadPyodide();
folders.forEach((folder, index) => {
  python.FS.mkdirTree(`/on_path/${index}`);
  python.FS.mount(python.FS.filesystems.NODEFS, { root: folder }, `/on_path/${index}`);
});
const places = folders.map((_, index) => `/on_path/${index}`);
await python.runPythonAsync(`import sys; sys.path[:0] = ${JSON.stringify(places)}; sys.dont_write_bytecode = True`);
await python.runPythonAsync(program);
