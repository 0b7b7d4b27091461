// The JavaScript SDK: reads steps as JSON, sends each one, prints what was kept as JSON. Arguments: URL, folder with node_modules.
const [url, folder] = process.argv.slice(2)
const sfn = require(require.resolve("@aws-sdk/client-sfn", { paths: [folder] }))

const client = new sfn.SFNClient({
  endpoint: url,
  region: "us-east-1",
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
  disableHostPrefix: true, // else StartSyncExecution and TestState go to sync-127.0.0.1
  maxAttempts: 1,
})

const fill = (value, kept) => {
  if (typeof value === "string") return value.replace(/\$(\w+)/g, (all, name) => kept[name] ?? all)
  if (Array.isArray(value)) return value.map((child) => fill(child, kept))
  if (value === null || typeof value !== "object") return value
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, fill(child, kept)]))
}

const at = (answer, path) => path.split(".").reduce((found, part) => found?.[part], answer)

const main = async () => {
  const chunks = []
  for await (const chunk of process.stdin) chunks.push(chunk)
  const kept = {}
  for (const [operation, request, keep, again] of JSON.parse(Buffer.concat(chunks))) {
    const until = Date.now() + 20_000
    for (;;) {
      const answer = await client.send(new sfn[`${operation}Command`](fill(request, kept)))
      const found = Object.entries(keep).map(([name, path]) => [name, at(answer, path)])
      if (found.every(([, value]) => value !== undefined)) {
        Object.assign(kept, Object.fromEntries(found))
        break
      }
      if (!again || Date.now() > until) throw new Error(`${operation} answered ${JSON.stringify(answer)}`)
      await new Promise((done) => setTimeout(done, 50))
    }
  }
  console.log(JSON.stringify(kept))
}

main().catch((fault) => {
  console.error(fault)
  process.exit(1)
})
