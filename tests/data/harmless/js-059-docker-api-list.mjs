import http from "node:http";

function docker(path) {
  return new Promise((resolve, reject) => {
    http
      .get({ host: "localhost", port: 2375, path: `/v1.44${path}` }, (res) => {
        let text = "";
        res.setEncoding("utf8").on("data", (part) => (text += part));
        res.on("end", () => (res.statusCode === 200 ? resolve(JSON.parse(text)) : reject(new Error(text))));
      })
      .on("error", reject);
  });
}

for (const { Names, Image, State, Status } of await docker("/containers/json?all=1")) {
  console.log(Names[0].slice(1).padEnd(24), Image.padEnd(32), State.padEnd(9), Status);
}
