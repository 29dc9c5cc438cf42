/**
 * What calls of Node's library, of browsers and of well-known packages do. See `table.ts` for the form. Names are without `node:`,
 * without `Sync`, and `fs.promises` is `fs`.
 */
import { callTable } from "./table.ts";

export const javaScriptCalls = callTable(`
fs.readFile fs.createReadStream fs.open fs.read | read 0 | fs.read
fs.readdir fs.opendir fs.glob fs.watch fs.watchFile | list 0 |
fs.unlink fs.rmdir fs.rm | delete 0 |
fs.remove fs.emptyDir rimraf del rimraf.rimraf rimraf.default del.default del.deleteAsync trash.default fs.unlinkFile | delete 0 +recursive |
fs.copyFile fs.cp fs.copy | read 0 ; write 1 from=0 +copy |
fs.rename fs.move | write 0 +move-from ; write 1 from=0 +move |
fs.mkdir fs.ensureDir fs.mkdirp mkdirp mkdirp.default fs.ensureFile | write 0 +folder |
fs.mkdtemp tmp.file tmp.dir | write =/tmp +temporary |
fs.symlink fs.link | write 1 from=0 +link |
fs.chown fs.lchown | write 0 +owner |
fs.utimes fs.truncate | write 0 +touch |
fs.outputFile fs.writeJson fs.writeJSON fs.outputJson write-file-atomic.default | write 0 from=1 |
fs.readJson fs.readJSON | read 0 |
fs.Dir#read | list self |
glob.glob glob.sync glob.globSync fast-glob.default fast-glob.sync fast-glob globby.globby globby chokidar.watch | list 0 |
archiver | | archive
archive#directory archive#file archive#glob | read 0 +recursive +archive |
adm-zip tar.x tar.extract decompress.default extract-zip.default unzipper.Extract | read 0:file ; write 1:path,cwd +unpack |
tar.c tar.create | read 1 +archive ; write 0:file +archive |
better-sqlite3 sqlite3.Database sqlite.DatabaseSync | read 0 ; write 0 +database | sqlite
dotenv.config | read =.env ; environment - +write |
csv-parse xlsx.readFile pdf-parse exceljs.Workbook | read 0 | document
xlsx.writeFile | write 1 |
sharp | read 0 | sharp
sharp#toFile | write 0 |
winston.transports.File pino.destination | write 0 +append |

fetch node-fetch.default node-fetch undici.fetch cross-fetch.default isomorphic-fetch got got.default got.get superagent.get needle.get request.get request ky.default ky.get phin.default bent.default | | fetch
got.post got.put got.patch superagent.post superagent.put needle.post needle.put request.post request.put ky.post ky.put | send 0 from=1:json,body,form,data | http.response
axios axios.default axios.request axios.default.request undici.request undici.stream | | fetch
axios.get axios.head axios.default.get axios.default.head axios.instance#get axios.instance#head | fetch 0 from=1 | http.response
axios.post axios.put axios.patch axios.delete axios.default.post axios.default.put axios.default.patch axios.instance#post axios.instance#put axios.instance#patch axios.instance#delete | send 0 from=1&2 | http.response
axios.create axios.default.create got.extend | | axios.instance
http.get https.get http2.connect | fetch 0 | http.stream
http.request https.request | connect 0 | http.stream
http.stream#write http.stream#end | send self.path from=0&self | self
http.stream#on http.stream#pipe http.stream#setTimeout | | self
http.createServer https.createServer http2.createSecureServer http2.createServer | | http.server
http.server#listen net.server#listen | listen 0 | self
express fastify koa hapi.server restify.createServer fastify.default express.default hono.Hono polka | | http.app
http.app#listen http.app#start | listen 0 |
http.app#get http.app#post http.app#use http.app#put http.app#delete http.app#all | | self
net.connect net.createConnection net.Socket tls.connect | connect 0 +raw | net.socket
net.socket#connect | connect 0 +raw | self
net.socket#write net.socket#end net.socket#send | send - from=0&self +raw | self
net.socket#on net.socket#pipe net.socket#setEncoding net.socket#once | fetch - +raw | self
net.createServer tls.createServer | listen - +raw | net.server
dgram.createSocket | connect - +raw | net.socket
dns.lookup dns.resolve dns.resolve4 dns.resolve6 dns.resolveTxt dns.resolveMx dns.reverse | connect 0 +lookup |
WebSocket ws ws.WebSocket ws.default socket.io-client.io socket.io-client.default EventSource XMLHttpRequest | connect 0 | websocket
websocket#send websocket#emit | send - from=0&1 | 
websocket#open | connect 1 |
ws.Server ws.WebSocketServer socket.io.Server | listen 0 | net.server
navigator.sendBeacon | send 0 from=1 |
nodemailer.createTransport | connect 0:host | mail.client
mail.client#sendMail | send - from=0 +mail |
ssh2.Client | | ssh.client
ssh.client#connect node-ssh.NodeSSH#connect | connect 0:host | self
ssh.client#exec | send - from=0 |
ftp basic-ftp.Client | connect - | ftp.client
pg.Pool pg.Client mysql.createConnection mysql2.createConnection mysql2.createPool mongodb.MongoClient mongoose.connect redis.createClient ioredis ioredis.default ioredis.Redis kafkajs.Kafka amqplib.connect @elastic/elasticsearch.Client mssql.connect sequelize.Sequelize @prisma/client.PrismaClient knex nats.connect mqtt.connect | connect 0 | database.client
@aws-sdk/client-s3.S3Client aws-sdk.S3 @google-cloud/storage.Storage @azure/storage-blob.BlobServiceClient openai openai.default openai.OpenAI @anthropic-ai/sdk.default @anthropic-ai/sdk @octokit/rest.Octokit octokit.Octokit @slack/web-api.WebClient @slack/webhook.IncomingWebhook stripe twilio discord.js.Client @supabase/supabase-js.createClient firebase-admin.initializeApp @notionhq/client.Client telegraf.Telegraf @modelcontextprotocol/sdk.Client langchain.OpenAI | connect 0 | service.client
puppeteer.launch playwright.chromium.launch playwright.firefox.launch | run =browser +browser ; connect - | browser
browser#goto browser#newPage | fetch 0 | browser

child_process.fork | run 0 +module |
child_process.exec#kill child#kill | |
cluster.fork worker_threads.none | spawn - +worker |
process.kill | signal 0 +pid |
ps-list.default ps-list find-process.default | processes - |
fkill.default fkill tree-kill | signal 0 |
open.default open opn | run 0 +browser |

process.dlopen | native 1 +library |
ffi-napi.Library ffi.Library koffi.load node:ffi.dlopen | native 0 +library | native.library
WebAssembly.instantiate WebAssembly.compile WebAssembly.Module WebAssembly.Instance WebAssembly.instantiateStreaming WebAssembly.compileStreaming wasi.WASI | native - +wasm |

node-serialize.unserialize serialize-javascript.deserialize funcster.deepDeserialize cryo.parse | deserialize 0 ; opaque - |
v8.deserialize | |
js-yaml.unsafeLoad | deserialize 0 +yaml |

os.userInfo os.hostname os.networkInterfaces os.totalmem os.freemem os.loadavg os.uptime os.cpus os.platform os.release os.type os.arch os.version os.machine os.availableParallelism systeminformation.default systeminformation.cpu systeminformation.mem systeminformation.networkInterfaces | system =machine +read |
os.setPriority process.setuid process.setgid process.seteuid process.setegid process.initgroups process.setgroups process.chroot | system 0 +change +rights |
fs.statfs diskusage.check check-disk-space.default | system =disk +read |
navigator.clipboard.readText screenshot-desktop iohook.start node-global-key-listener.GlobalKeyboardListener | input - +spy |
keytar.getPassword keytar.findCredentials | read =credential-store +credentials |
crypto.createCipheriv crypto.createCipher | | cipher
cipher#update cipher#final | encode =encrypt from=0 |
readline.createInterface inquirer.prompt prompts.default prompt | input - | readline
`);
