/**
 * What calls of Node's library, of browsers and of well-known packages do. See `table.ts` for the form. Names are without `node:`,
 * without `Sync`, and `fs.promises` is `fs`.
 */
import { callTable } from "./table.ts";

export const javaScriptCalls = callTable(`
fs.readFile fs.createReadStream fs.open fs.read | read 0 | fs.read
fs.readdir fs.opendir fs.glob fs.watch fs.watchFile | list 0 |
fs.unlink fs.rmdir fs.rm | delete 0 |
rimraf.sync rimraf.rimrafSync rimraf.native rimraf.manual del.sync del.deleteSync trash | delete 0 +recursive |
fs.access fs.exists fs.stat fs.lstat fs.realpath fs.existsSync | |
fs.readv | read 0 |
fs.write fs.writev | write 0 from=1 |
fs.opendir | list 0 |
fs.truncate fs.ftruncate | write 0 +overwrite |
fs.remove fs.emptyDir rimraf del rimraf.rimraf rimraf.default del.default del.deleteAsync trash.default fs.unlinkFile | delete 0 +recursive |
fs.symlink fs.link | read 0 +link ; write 1 from=0 +link |
fs.FileHandle#read fs.FileHandle#readFile fs.FileHandle#readLines fs.FileHandle#createReadStream fs.FileHandle#readableWebStream | read self | fs.read
Deno.readTextFile Deno.readFile Deno.readTextFileSync Deno.readFileSync Deno.open Deno.openSync Bun.file Bun.mmap | read 0 | fs.read
Deno.writeTextFile Deno.writeFile Deno.writeTextFileSync Deno.writeFileSync Bun.write | write 0 from=1 |
Deno.copyFile Deno.copyFileSync | read 0 ; write 1 from=0 +copy |
Deno.rename Deno.renameSync | write 0 +move-from ; write 1 from=0 +move |
Deno.remove Deno.removeSync | delete 0 |
Deno.readDir Deno.readDirSync | list 0 |
Deno.chmod Deno.chown Deno.chmodSync | write 0 +mode |
Deno.connect Deno.connectTls | connect 0 +raw | net.socket
Deno.listen Deno.serve Bun.serve Bun.listen | listen 0 |
Deno.run | run 0 +unknown |
Deno.kill | signal 0 +pid |
Deno.hostname Deno.systemMemoryInfo Deno.networkInterfaces Deno.osRelease Deno.uid Deno.loadavg | system =machine +read |
Deno.dlopen Bun.dlopen bun:ffi.dlopen | native 0 +library | native.library
adm-zip.instance#addLocalFile adm-zip.instance#addLocalFolder | read 0 +recursive +archive |
fs.copyFile fs.cp fs.copy | read 0 ; write 1 from=0 +copy |
fs.rename fs.move | write 0 +move-from ; write 1 from=0 +move |
fs.mkdir fs.ensureDir fs.mkdirp mkdirp mkdirp.default fs.ensureFile | write 0 +folder |
fs.mkdtemp tmp.file tmp.dir | write =/tmp +temporary |
fs.chown fs.lchown | write 0 +owner |
fs.utimes fs.futimes fs.lutimes | write 0 +touch |
fs.outputFile fs.writeJson fs.writeJSON fs.outputJson write-file-atomic.default | write 0 from=1 |
fs.readJson fs.readJSON | read 0 |
fs.Dir#read | list self |
glob.globStream glob.iterate glob tiny-glob fdir.fdir klaw walkdir readdirp recursive-readdir | list 0 |
glob.glob glob.sync glob.globSync fast-glob.default fast-glob.sync fast-glob globby.globby globby chokidar.watch | list 0 |
archiver | | archive
archive#directory archive#file archive#glob | read 0 +recursive +archive |
adm-zip tar.x tar.extract decompress.default extract-zip.default unzipper.Extract | read 0:file ; write 1:path,cwd +unpack |
tar.c tar.create | read 1 +archive ; write 0:file +archive |
better-sqlite3.default sqlite.open bun:sqlite.Database level.Level lmdb.open nedb lowdb.JSONFile conf electron-store | read 0 ; write 0 +database | sqlite
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
express.Router express.default.Router koa.default @koa/router koa-router @koa/router.default hono.Hono.default @hapi/hapi.server polka.default find-my-way.default micro.serve connect restana elysia.Elysia h3.createApp itty-router.Router | | http.app
express fastify koa hapi.server restify.createServer fastify.default express.default hono.Hono polka | | http.app
http.app#listen http.app#start | listen 0 |
net.connect net.createConnection net.Socket tls.connect | connect 0 +raw | net.socket
net.socket#connect | connect 0 +raw | self
net.socket#write net.socket#end net.socket#send | send - from=0&self +raw | self
net.socket#on net.socket#pipe net.socket#setEncoding net.socket#once | fetch - +raw | self
net.createServer tls.createServer | listen - +raw | net.server
dgram.createSocket | connect - +raw | net.socket
dns.lookup dns.resolve dns.resolve4 dns.resolve6 dns.resolveTxt dns.resolveMx dns.reverse | connect 0 +lookup |
socket.io-client | connect 0 | websocket
WebSocket ws ws.WebSocket ws.default socket.io-client.io socket.io-client.default EventSource XMLHttpRequest | connect 0 | websocket
websocket#send websocket#emit | send - from=0&1 | 
websocket#open | connect 1 |
ws.Server ws.WebSocketServer socket.io.Server | listen 0 | net.server
navigator.sendBeacon | send 0 from=1 |
http.Agent https.Agent undici.Agent undici.ProxyAgent | |
undici.connect undici.upgrade | connect 0 | fetch
dns.resolveAny dns.resolveSrv dns.resolveNs dns.resolveCname dns.resolveSoa dns.resolve6 dns.lookupService dns.Resolver | connect 0 +lookup |
http2.createSession net.Server#connect | connect 0 |
grpc.Client @grpc/grpc-js.Client @grpc/grpc-js.credentials.createInsecure | connect 0 |
formdata-node.FormData form-data.default form-data FormData URLSearchParams Blob | | 0
navigator.serviceWorker.register importScripts | fetch 0 |
Image#src | fetch 0 |
superagent.agent supertest.default puppeteer.connect playwright.chromium.connect selenium-webdriver.Builder | connect 0 | browser
web-push.sendNotification @sendgrid/mail.send mailgun-js resend.Resend postmark.ServerClient | send - from=0&1 +mail |
@aws-sdk/client-secrets-manager.SecretsManagerClient @aws-sdk/client-ssm.SSMClient @aws-sdk/client-sts.STSClient @aws-sdk/client-lambda.LambdaClient @aws-sdk/client-dynamodb.DynamoDBClient @google-cloud/secret-manager.SecretManagerServiceClient @azure/keyvault-secrets.SecretClient @azure/identity.DefaultAzureCredential | connect 0 | service.client
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
node-pty.spawn node-pty.default.spawn | run 0 +interactive +pty | pty
pty#onData pty#on | | self
pty#write | run =stdin from=0 +input |
child_process.exec#kill child#kill | |
cluster.fork | spawn - +worker |
piscina.Piscina workerpool.pool tinypool.default | spawn - +worker |
process.kill | signal 0 +pid |
systeminformation.processes ps-node.lookup pidusage pid-port.default pidtree | processes - |
ps-list.default ps-list find-process.default | processes - |
fkill.default fkill tree-kill | signal 0 |
open.default open opn | run 0 +browser |

process.dlopen | native 1 +library |
frida.attach frida.spawn memoryjs.openProcess memoryjs.writeMemory | native 0 +inject |
ref-napi.alloc edge-js.func nbind.init bindings.default bindings node-gyp-build | native 0 +library |
ffi-napi.Library ffi.Library koffi.load node:ffi.dlopen | native 0 +library | native.library
WebAssembly.instantiate WebAssembly.compile WebAssembly.Module WebAssembly.Instance WebAssembly.instantiateStreaming WebAssembly.compileStreaming wasi.WASI | native - +wasm |

serialize-to-js.deserialize serialijse.deserialize node-serialize.deserialize php-unserialize.unserialize phpunserialize eval-serializer.deserialize jsonpickle.decode | deserialize 0 ; opaque - |
node-serialize.unserialize serialize-javascript.deserialize funcster.deepDeserialize cryo.parse | deserialize 0 ; opaque - |
v8.deserialize | |
js-yaml.unsafeLoad js-yaml.unsafeLoadAll | deserialize 0 +yaml |

process.getuid process.geteuid process.getgid | |
process.memoryUsage process.cpuUsage process.resourceUsage process.versions process.constrainedMemory process.availableMemory | |
username.default username os-name.default macaddress.one node-machine-id.machineId public-ip.publicIp default-gateway.v4 getmac.default | system =users +read +users |
os.userInfo os.hostname os.networkInterfaces os.totalmem os.freemem os.loadavg os.uptime os.cpus os.platform os.release os.type os.arch os.version os.machine os.availableParallelism systeminformation.default systeminformation.cpu systeminformation.mem systeminformation.networkInterfaces | system =machine +read |
os.setPriority process.setuid process.setgid process.seteuid process.setegid process.initgroups process.setgroups process.chroot | system 0 +change +rights |
fs.statfs diskusage.check check-disk-space.default | system =disk +read |
robotjs.screen.capture robotjs.getPixelColor desktop-screenshot screenshot-node.saveScreenshot node-screenshots.Monitor.all navigator.mediaDevices.getDisplayMedia navigator.mediaDevices.getUserMedia electron.desktopCapturer.getSources node-record-lpcm16.record mic.default node-webcam.create nodejs-webcam.create gkm.events.on ioHook.start uiohook-napi.uIOhook.start node-keylogger node-hook.hook | input - +spy |
clipboardy.read clipboardy.default.read copy-paste.paste electron.clipboard.readText clipboard-event.startListening | input - +clipboard |
navigator.clipboard.readText screenshot-desktop screenshot-desktop.default screenshot-desktop.all iohook.start node-global-key-listener.GlobalKeyboardListener | input - +spy |
keytar.getPassword keytar.findCredentials keytar.findPassword keytar.default.findCredentials keytar.default.getPassword cross-keychain.getPassword electron.safeStorage.decryptString chrome-cookies-secure.getCookies | read =credential-store +credentials |
crypto.createCipheriv crypto.createCipher | | cipher
cipher#update cipher#final | encode =encrypt from=0 |
readline.createInterface inquirer.prompt prompts.default prompt | input - | readline
`);
