/** What calls of Python's library and of well-known packages do. See `table.ts` for the form. */
import { callTable } from "./table.ts";

export const pythonCalls = callTable(`
# files
os.remove os.unlink os.rmdir os.removedirs | delete 0:path |
shutil.rmtree | delete 0:path +recursive |
os.rename os.replace os.renames | write 0:src +move-from ; write 1:dst from=0 +move |
shutil.move | write 0:src +move-from ; write 1:dst from=0 +move |
shutil.copy shutil.copy2 shutil.copyfile | read 0:src ; write 1:dst from=0:src +copy |
shutil.copytree | read 0:src +recursive ; write 1:dst from=0:src +copy +recursive |
shutil.copyfileobj | write 1:fdst from=0:fsrc +copy |
shutil.copymode shutil.copystat | write 1:dst +mode |
shutil.make_archive | read 2:root_dir +recursive +archive ; write 0:base_name +archive |
shutil.unpack_archive | read 0:filename ; write 1:extract_dir from=0:filename +unpack |
shutil.chown os.chown os.lchown os.fchown | write 0:path +owner |
os.mkdir os.makedirs | write 0:name,path +folder |
os.mkfifo os.mknod | write 0:path +device |
os.symlink os.link | read 0:src +link ; write 1:dst from=0:src +link |
aioshutil.copy aioshutil.copy2 aioshutil.copyfile distutils.file_util.copy_file setuptools.distutils.file_util.copy_file | read 0:src ; write 1:dst from=0:src +copy |
aioshutil.copytree distutils.dir_util.copy_tree setuptools.distutils.dir_util.copy_tree | read 0:src +recursive ; write 1:dst from=0:src +copy +recursive |
distutils.file_util.move_file aioshutil.move | write 0:src +move-from ; write 1:dst from=0 +move |
distutils.file_util.write_file | write 0:filename from=1 |
distutils.dir_util.remove_tree aioshutil.rmtree send2trash.send2trash | delete 0:path +recursive |
aiofiles.os.remove aiofiles.os.unlink aiofiles.os.rmdir | delete 0:path |
aiofiles.os.listdir aiofiles.os.scandir | list 0:path | path.entries
os.copy_file_range os.splice | write 1:dst from=0:src +copy |
os.memfd_create | write =/proc/self/fd/ +open | file
os.getxattr os.listxattr os.stat_result | read 0:path |
zipimport.zipimporter | read 0:archivepath ; import 0:archivepath +file | importlib.spec
tarfile.TarFile.open zipfile.Path | read 0:name,file | archive
lzma.LZMAFile | | special
sqlite3.Connection#backup | write 0:target | none
msilib.OpenDatabase | read 0 |
joblib.Memory diskcache.Cache | write 0:location,directory +database |
pyarrow.csv.read_csv pyarrow.feather.read_table pyarrow.json.read_json dask.dataframe.read_csv vaex.open modin.pandas.read_csv | read 0 | document
scipy.io.loadmat scipy.io.wavfile.read | read 0:file_name,filename |
scipy.io.savemat scipy.io.wavfile.write | write 0:file_name,filename |
peewee.SqliteDatabase tinydb.TinyDB lmdb.open plyvel.DB leveldb.LevelDB duckdb.connect | read 0 ; write 0 +database | sqlite3.Connection
os.truncate os.ftruncate | write 0:path +overwrite |
os.utime | write 0:path +touch |
os.setxattr | write 0:path +attributes |
os.listdir os.scandir os.walk os.fwalk | list 0:path,top | path.entries
glob.glob glob.iglob | list 0:pathname | path.entries
os.write | write 0 from=1 |
os.read os.pread | read 0 |
os.sendfile | send 0 from=1 |
tempfile.mkstemp tempfile.mkdtemp tempfile.mktemp | write =/tmp +temporary |
tempfile.TemporaryDirectory | write =/tmp +temporary | tempfile.TemporaryDirectory
tempfile.NamedTemporaryFile tempfile.TemporaryFile tempfile.SpooledTemporaryFile | write =/tmp +temporary | file.temporary
linecache.getline linecache.getlines | read 0:filename |
fileinput.input fileinput.FileInput | read 0:files |
filecmp.cmp | read 0 ; read 1 |
mmap.mmap | read 0 |
tarfile.open tarfile.TarFile zipfile.ZipFile zipfile.PyZipFile | | archive
archive#extractall archive#extract | read self.path ; write 0:path from=self +unpack |
archive#add archive#write | read 0:name,filename +recursive +archive ; write self.path from=0:name,filename +archive |
archive#writestr archive#addfile | write self.path from=1 +archive |
archive#read archive#open archive#extractfile | read self.path |
gzip.open bz2.open lzma.open gzip.GzipFile bz2.BZ2File | | special
csv.reader csv.DictReader json.load tomllib.load toml.load configparser.ConfigParser | | 0
configparser.ConfigParser#read configparser.RawConfigParser#read | read 0:filenames |
logging.FileHandler logging.handlers.RotatingFileHandler logging.handlers.TimedRotatingFileHandler | write 0:filename +append |
logging.handlers.WatchedFileHandler | write 0:filename +append |
logging.handlers.SysLogHandler logging.handlers.SocketHandler logging.handlers.HTTPHandler logging.handlers.SMTPHandler | connect 0:host,address,mailhost |
sqlite3.connect aiosqlite.connect | read 0:database ; write 0:database +database | sqlite3.Connection
dbm.open dbm.gnu.open dbm.ndbm.open dbm.dumb.open | read 0:filename,file ; write 0:filename,file +database |
shelve.open shelve.DbfilenameShelf | read 0:filename,file ; write 0:filename,file +database ; deserialize 0:filename,file +pickle +file | shelve.Shelf
np.load numpy.loadtxt numpy.genfromtxt numpy.fromfile numpy.memmap | read 0:file,fname,filename |
numpy.save numpy.savez numpy.savez_compressed numpy.savetxt | write 0:file,fname from=1 |
pandas.read_csv pandas.read_json pandas.read_excel pandas.read_table pandas.read_parquet pandas.read_feather pandas.read_hdf pandas.read_html pandas.read_xml pandas.read_fwf pandas.read_orc | | pandas.read
pandas.read_pickle | read 0:filepath_or_buffer ; deserialize 0:filepath_or_buffer +pickle +file ; opaque - | pandas.DataFrame
pandas.read_sql pandas.read_sql_query pandas.read_sql_table | | pandas.DataFrame
pandas.ExcelWriter pandas.HDFStore | write 0:path | pandas.ExcelWriter
?#to_csv ?#to_json ?#to_excel ?#to_parquet ?#to_feather ?#to_html ?#to_hdf pandas.DataFrame#to_csv pandas.DataFrame#to_json pandas.DataFrame#to_excel pandas.DataFrame#to_parquet pandas.DataFrame#to_feather pandas.DataFrame#to_html pandas.DataFrame#to_pickle pandas.DataFrame#to_hdf pandas.DataFrame#to_markdown | | pandas.to
?#savefig matplotlib.pyplot.savefig matplotlib.figure.Figure#savefig plt.savefig pylab.savefig | write 0:fname,filename |
matplotlib.pyplot.imsave imageio.imwrite imageio.imsave | write 0:fname,uri |
matplotlib.pyplot.subplots | | list.figures
matplotlib.pyplot.imread imageio.imread cv2.imread PIL.Image.open skimage.io.imread soundfile.read librosa.load wave.open | read 0:fp,filename,fname,uri,file,path | PIL.Image
cv2.imwrite | write 0:filename |
PIL.Image#save | write 0:fp |
PIL.Image#convert PIL.Image#resize PIL.Image#crop PIL.Image#rotate PIL.Image#thumbnail PIL.Image#copy PIL.Image#filter PIL.Image#transpose | | PIL.Image
openpyxl.load_workbook docx.Document PyPDF2.PdfReader pypdf.PdfReader pdfplumber.open fitz.open h5py.File netCDF4.Dataset pyarrow.parquet.read_table xarray.open_dataset polars.read_csv polars.scan_csv polars.read_parquet polars.read_json geopandas.read_file nbformat.read | read 0:filename,path,source,stream,name | document
document#save document#write_csv document#write_parquet document#to_netcdf document#to_file nbformat.write | write 0:filename,path,fp |
openpyxl.Workbook | | document
dotenv.load_dotenv | read 0:dotenv_path ; environment - +write |
dotenv.dotenv_values | read 0:dotenv_path |
dotenv.set_key | write 0 |
keras.models.load_model tensorflow.keras.models.load_model transformers.AutoModel.from_pretrained | read 0:filepath |
watchdog.observers.Observer | | watchdog.observers.Observer
watchdog.observers.Observer#schedule | list 1:path |
linecache.getlines | read 0 |
xml.etree.ElementTree.parse lxml.etree.parse defusedxml.ElementTree.parse xml.dom.minidom.parse xml.sax.parse | read 0:source |

# network
socket.create_connection | connect 0:address +raw | socket.socket
socket.create_server | listen 0:address +raw | socket.socket
socket.gethostbyname socket.gethostbyaddr socket.getaddrinfo socket.gethostbyname_ex socket.getfqdn socket.getnameinfo | connect 0:host,hostname +lookup |
socket.socket#connect socket.socket#connect_ex | connect 0:address +raw ; | none
socket.socket#bind socket.socket#listen | listen 0:address +raw | none
socket.socket#accept | listen - +raw | socket.accepted
socket.socket#send socket.socket#sendall socket.socket#sendto socket.socket#sendmsg socket.socket#sendfile | send - from=0:data,bytes&1 +raw | none
socket.socket#recv socket.socket#recvfrom socket.socket#recv_into socket.socket#recvmsg | fetch - +raw |
socket.socket#makefile | fetch - +raw | socket.file
socket.file#read socket.file#readline socket.file#readlines | fetch - +raw |
socket.file#write | send - from=0 +raw |
socket.unix#connect socket.unix#connect_ex socket.unix#bind | read 0:address +socket | none
socket.unix#send socket.unix#recv socket.unix#sendall | |
multiprocessing.connection.Listener | listen 0:address +raw | multiprocessing.connection
multiprocessing.connection.Client | connect 0:address +raw | multiprocessing.connection
multiprocessing.connection#accept | | multiprocessing.connection
multiprocessing.connection#recv | deserialize - +connection ; fetch - +raw |
multiprocessing.connection#send | send - from=0 +raw | none
multiprocessing.connection#recv_bytes | fetch - +raw |
multiprocessing.managers.BaseManager#connect multiprocessing.managers.BaseManager#get_server | connect - +raw |
asyncore.dispatcher asynchat.async_chat | connect - +raw | socket.socket
ssl.get_server_certificate | connect 0:addr |
http.client.HTTPConnection#set_tunnel | connect 0:host | none
imaplib.IMAP4_stream nntplib.NNTP_SSL | connect 0:host | mail.client
aiosmtplib.send yagmail.SMTP#send | send - from=0&99:contents,attachments +mail |
yagmail.SMTP | connect 0:user | yagmail.SMTP
aiohttp.ClientSession.get aiohttp.ClientSession.post | send 0:url from=99:data,json | http.response
httplib2.Http | | http.session
treq.get treq.post curl_cffi.requests.get curl_cffi.requests.post niquests.get niquests.post primp.get | send 0:url from=99:data,json,files,params | http.response
requests_toolbelt.MultipartEncoder aiohttp.FormData | | 0
paho.mqtt.publish.single paho.mqtt.publish.multiple | send 0:topic from=1:payload |
pusher.Pusher ably.AblyRest firebase_admin.initialize_app supabase.create_client | connect 0 | service.client
dropbox.Dropbox | connect - | service.client
service.client#files_upload_v2 service.client#upload_blob service.client#upload_from_filename service.client#put_item | send - from=0&1&2&99:Body,text,file,data | none
ssl.wrap_socket ssl.SSLContext#wrap_socket | | socket.socket
ssl.create_default_context ssl.SSLContext ssl._create_unverified_context | | ssl.SSLContext
socketserver.TCPServer socketserver.UDPServer socketserver.ThreadingTCPServer socketserver.ThreadingUDPServer http.server.HTTPServer http.server.ThreadingHTTPServer http.server.test wsgiref.simple_server.make_server xmlrpc.server.SimpleXMLRPCServer | listen 0:server_address | server
urllib.request.urlopen urllib.urlopen urllib2.urlopen | | urlopen
urllib.request.Request urllib2.Request | | special
urllib.request.urlretrieve urllib.urlretrieve | fetch 0:url ; write 1:filename from=0:url +download | list.retrieved
urllib.request.build_opener urllib.request.OpenerDirector | | urllib.opener
urllib.opener#open | fetch 0:fullurl from=1:data | http.response
http.client.HTTPConnection http.client.HTTPSConnection httplib.HTTPConnection httplib.HTTPSConnection | connect 0:host | http.connection
http.connection#request | send 1:url from=2:body&3:headers | http.response
http.connection#putrequest http.connection#send http.connection#endheaders http.connection#putheader | send - from=0 | none
http.connection#getresponse | fetch - | http.response
requests.get requests.head requests.options httpx.get httpx.head httpx.options httpx.stream requests_html.get | fetch 0:url from=1:params&99:headers,auth,cookies | http.response
requests.post requests.put requests.patch httpx.post httpx.put httpx.patch | send 0:url from=1:data,content&99:json&99:files&99:headers,auth&99:data | http.response
requests.delete httpx.delete | send 0:url from=99:headers,auth | http.response
requests.request httpx.request requests.Session#request httpx.Client#request | send 1:url from=99:data,content&99:json&99:files&99:params&99:headers | http.response
requests.Session requests.session httpx.Client httpx.AsyncClient aiohttp.ClientSession cloudscraper.create_scraper requests_html.HTMLSession | | http.session
http.session#get http.session#head http.session#options http.session#ws_connect http.session#stream | fetch 0:url from=1:params&99:headers | http.response
http.session#post http.session#put http.session#patch http.session#delete http.session#request http.session#send | send 0:url from=1:data,content&99:json&99:files&99:params&99:data&99:headers | http.response
http.session#mount http.session#close | | none
aiohttp.request | send 1:url from=99:data,json | http.response
aiohttp.web.run_app aiohttp.web._run_app | listen - |
aiohttp.web.Application | | aiohttp.web.Application
urllib3.PoolManager urllib3.HTTPConnectionPool urllib3.ProxyManager | | urllib3.PoolManager
urllib3.PoolManager#request urllib3.PoolManager#urlopen urllib3.request | send 1:url from=2:fields,body | http.response
pycurl.Curl | | pycurl.Curl
pycurl.Curl#perform | fetch - | none
wget.download | fetch 0:url ; write 1:out from=0 +download |
ftplib.FTP ftplib.FTP_TLS | connect 0:host | ftplib.FTP
ftplib.FTP#login | connect - from=0:user&1:passwd +login | none
ftplib.FTP#connect | connect 0:host | none
ftplib.FTP#storbinary ftplib.FTP#storlines | send - from=1:fp +upload | none
ftplib.FTP#retrbinary ftplib.FTP#retrlines ftplib.FTP#nlst ftplib.FTP#dir | fetch 0 | none
smtplib.SMTP#login | send - from=0:user&1:password +login | none
smtplib.SMTP smtplib.SMTP_SSL | connect 0:host | smtplib.SMTP
smtplib.SMTP#sendmail smtplib.SMTP#send_message smtplib.SMTP#connect | send - from=2:msg&0:msg&1 +mail | none
imaplib.IMAP4 imaplib.IMAP4_SSL poplib.POP3 poplib.POP3_SSL nntplib.NNTP | connect 0:host | mail.client
mail.client#fetch mail.client#search mail.client#retr mail.client#select mail.client#login | fetch - |
telnetlib.Telnet | connect 0:host +raw | socket.socket
telnetlib.Telnet#write | send - from=0 +raw | none
telnetlib.Telnet#read_until telnetlib.Telnet#read_all | fetch - +raw |
paramiko.SSHClient paramiko.client.SSHClient fabric.Connection asyncssh.connect netmiko.ConnectHandler | connect 0:host | ssh.client
ssh.client#connect | connect 0:hostname from=99:password&99:username&3 +login | none
ssh.client#exec_command ssh.client#run | send - from=0:command | list.streams
ssh.client#open_sftp | connect - | sftp.client
sftp.client#put | read 0:localpath ; send 1:remotepath from=0:localpath +upload |
sftp.client#get | fetch 0:remotepath ; write 1:localpath from=0 +download |
xmlrpc.client.ServerProxy xmlrpclib.ServerProxy jsonrpclib.Server suds.client.Client zeep.Client | connect 0:uri,url | rpc.client
websocket.create_connection websockets.connect websockets.client.connect websockets.sync.client.connect websocket.WebSocketApp | connect 0:url,uri | websocket.client
websocket.client#send | send - from=0 | none
websocket.client#recv | fetch - |
websockets.serve websockets.server.serve | listen 1:host |
asyncio.open_connection asyncio.open_unix_connection | connect 0:host +raw | list.streams2
asyncio.start_server | listen 1:host +raw | server
stream.writer#write stream.writer#writelines | send - from=0 +raw | none
stream.reader#read stream.reader#readline stream.reader#readuntil stream.reader#readexactly | fetch - +raw |
dns.resolver.resolve dns.resolver.query dns.resolver.Resolver | connect 0:qname +lookup |
scapy.all.send scapy.all.sendp scapy.all.sr scapy.all.sr1 scapy.all.srp scapy.all.srp1 scapy.all.sendpfast scapy.all.srloop scapy.all.srflood scapy.sendrecv.send scapy.sendrecv.sendp scapy.sendrecv.sr1 scapy.sendrecv.srp | send - from=0 +raw +packets |
scapy.all.arping scapy.all.arpcachepoison scapy.all.promiscping scapy.layers.l2.arping | send 0 +raw +packets |
scapy.all.sniff scapy.all.AsyncSniffer scapy.sendrecv.sniff pyshark.LiveCapture pcapy.open_live pcap.pcap dpkt.pcap.Reader | system =interfaces +sniff |
nmap.PortScanner nmap.PortScannerAsync nmap3.Nmap masscan.PortScanner python_nmap.PortScanner | connect - +scan |
pymysql.connect MySQLdb.connect mysql.connector.connect psycopg2.connect psycopg.connect asyncpg.connect asyncpg.create_pool aiomysql.connect pyodbc.connect cx_Oracle.connect oracledb.connect pymssql.connect clickhouse_driver.Client snowflake.connector.connect | connect 0:host,dsn,conninfo from=99:password&99:passwd | database.client
sqlalchemy.create_engine | | special
pymongo.MongoClient motor.motor_asyncio.AsyncIOMotorClient redis.Redis redis.StrictRedis redis.from_url redis.Redis.from_url redis.asyncio.Redis redis.asyncio.from_url elasticsearch.Elasticsearch pika.BlockingConnection kafka.KafkaProducer kafka.KafkaConsumer confluent_kafka.Producer confluent_kafka.Consumer nats.connect memcache.Client pymemcache.client.base.Client cassandra.cluster.Cluster neo4j.GraphDatabase.driver influxdb_client.InfluxDBClient pinecone.Pinecone weaviate.Client qdrant_client.QdrantClient celery.Celery zmq.Context paho.mqtt.client.Client ldap3.Connection ldap.initialize | connect 0:host,url,hosts,bootstrap_servers | database.client
service.client#upload_file service.client#upload_fileobj service.client#fput_object | read 0:Filename,Fileobj,file_path ; send 1:Bucket from=0:Filename,Fileobj,file_path +upload | service.client
boto3.client boto3.resource boto3.Session boto3.session.Session botocore.session.get_session google.cloud.storage.Client google.cloud.bigquery.Client google.cloud.secretmanager.SecretManagerServiceClient azure.storage.blob.BlobServiceClient azure.identity.DefaultAzureCredential openai.OpenAI openai.AsyncOpenAI openai.AzureOpenAI anthropic.Anthropic anthropic.AsyncAnthropic cohere.Client google.generativeai.GenerativeModel huggingface_hub.hf_hub_download huggingface_hub.snapshot_download huggingface_hub.HfApi datasets.load_dataset github.Github gitlab.Gitlab jira.JIRA slack_sdk.WebClient slack_sdk.webhook.WebhookClient slack.WebClient tweepy.Client tweepy.API telegram.Bot telebot.TeleBot discord.Client discord.Webhook stripe.Charge.create twilio.rest.Client sendgrid.SendGridAPIClient praw.Reddit notion_client.Client kubernetes.client.CoreV1Api docker.from_env googleapiclient.discovery.build hvac.Client sentry_sdk.init yfinance.download yfinance.Ticker feedparser.parse youtube_dl.YoutubeDL yt_dlp.YoutubeDL wikipedia.page wikipedia.summary duckduckgo_search.DDGS serpapi.GoogleSearch litellm.completion ollama.chat ollama.generate | connect 0:service_name,url,base_url | service.client
openai.ChatCompletion.create openai.Completion.create openai.Embedding.create | send - from=99:messages,prompt,input |
service.client#send service.client#post service.client#put_object service.client#send_message service.client#send_document service.client#chat_postMessage service.client#files_upload service.client#execute | send - from=0&1&2&99:Body,text,file | service.client
git.Repo.clone_from | fetch 0:url ; write 1:to_path from=0 | 
git.Repo | run =git |
git.Repo#git git.Repo#index git.Repo#remotes | | git.Repo
webbrowser.open webbrowser.open_new webbrowser.open_new_tab | run 0:url +browser |
selenium.webdriver.Chrome selenium.webdriver.Firefox selenium.webdriver.Remote playwright.sync_api.sync_playwright playwright.async_api.async_playwright pyppeteer.launch | run =browser +browser ; connect - | browser
browser#get browser#goto browser#new_page | fetch 0:url | browser
flask.Flask | | flask.Flask
flask.Flask#run uvicorn.run hypercorn.run waitress.serve gunicorn.app.base.Application#run bottle.run tornado.httpserver.HTTPServer tornado.web.Application#listen sanic.Sanic#run fastapi.FastAPI#run streamlit.run gradio.Interface#launch dash.Dash#run_server dash.Dash#run | listen 99:host,port |
gevent.pywsgi.WSGIServer eventlet.wsgi.server cheroot.wsgi.Server twisted.internet.reactor.listenTCP tornado.web.Application | listen 0 | server
twisted.internet.reactor.connectTCP | connect 0 |
nltk.download torch.hub.load_state_dict_from_url | fetch 0 |
torch.hub.load | fetch 0:repo_or_dir ; eval 0:repo_or_dir +unknown ; opaque - |

# processes
os.forkpty pty.fork os.posix_spawn os.posix_spawnp | spawn - +fork |
os.kill os.killpg signal.pthread_kill signal.pidfd_send_signal | signal 0:pid,pidfd +pid |
signal.raise_signal signal.alarm signal.setitimer os.abort | |
os.pidfd_open | processes 0:pid |
os.waitid os.pidfd_wait | spawn - +wait |
os.posix_spawn os.posix_spawnp _posixsubprocess.fork_exec | run 0:path from=1:argv |
subprocess.STARTUPINFO multiprocessing.freeze_support | |
multiprocessing.set_start_method multiprocessing.get_context multiprocessing.active_children | spawn - +worker | process.pool
celery.group rq.Queue dramatiq.actor huey.RedisHuey | connect - | service.client
os.wait os.waitpid os.wait3 os.wait4 | spawn - +wait |
multiprocessing.Process multiprocessing.Pool multiprocessing.pool.Pool multiprocessing.Manager concurrent.futures.ProcessPoolExecutor multiprocessing.context.Process billiard.Process pathos.multiprocessing.ProcessingPool loky.get_reusable_executor dask.distributed.Client ray.init | spawn - +worker | process.pool
joblib.Parallel | spawn - +worker | joblib.Parallel
multiprocessing.Queue multiprocessing.Pipe multiprocessing.Lock multiprocessing.Value multiprocessing.Event multiprocessing.cpu_count | |
psutil.process_iter psutil.pids psutil.Process psutil.pid_exists | processes 0:pid ; system =processes +read | psutil.Process
psutil.Process#kill psutil.Process#terminate psutil.Process#suspend psutil.Process#send_signal | signal self from=self +object | none
psutil.Process#children psutil.Process#parent psutil.Process#parents | processes - | psutil.Process
psutil.cpu_percent psutil.virtual_memory psutil.disk_usage psutil.disk_partitions psutil.net_connections psutil.net_io_counters psutil.net_if_addrs psutil.boot_time psutil.users psutil.cpu_count psutil.swap_memory psutil.sensors_temperatures psutil.sensors_battery psutil.getloadavg psutil.cpu_times psutil.cpu_freq psutil.cpu_stats psutil.disk_io_counters psutil.net_if_stats psutil.win_service_iter psutil.test | system =machine +read |

# environment
os.getenv os.environ.get os.getenvb os.environb.get environ.Env decouple.config | environment 0:key +read |
os.environ#get os.environ#pop os.environ#copy os.environ#items os.environ#keys os.environ#values | environment 0 +read |
os.putenv os.unsetenv os.environ#update os.environ#setdefault os.environ#clear | environment 0:key +write |

# native code
native.library#ptrace native.library#process_vm_writev native.library#process_vm_readv ptrace.debugger.PtraceDebugger frida.attach frida.spawn frida.inject_library_file frida.get_local_device pyrasite.inject hypno.inject_py pymem.Pymem pymem.process.inject_dll lldb.SBDebugger.Create | native - +inject |
native.library#mprotect native.library#memfd_create native.library#mmap native.library#memcpy native.library#memmove native.library#syscall native.library#shm_open native.library#dlopen | native - +memory |
native.library#init_module native.library#finit_module native.library#kexec_load native.library#bpf | native - +kernel |
native.library#setns native.library#unshare native.library#mount native.library#pivot_root native.library#chroot native.library#clone | system - +change +namespaces |
native.library#setuid native.library#setgid native.library#setresuid native.library#capset native.library#seteuid | system - +change +rights |
native.library#reboot native.library#sethostname | system - +change +power |
native.library#system native.library#execve native.library#popen native.library#execl native.library#execv native.library#posix_spawn | run 0 +unknown |
native.library#kill | signal 0 +pid |
native.library#unlink native.library#remove native.library#rmdir | delete 0 |
native.library#open native.library#fopen | read 0 |
native.library#socket native.library#connect | connect - +raw |
native.library#fork native.library#vfork | spawn - +fork |
os.setns os.unshare | system 0 +change +namespaces |
os.pidfd_getfd | system 0 +change |
ctypes.CDLL ctypes.cdll.LoadLibrary ctypes.PyDLL ctypes.WinDLL ctypes.OleDLL ctypes.windll.LoadLibrary cffi.FFI#dlopen | native 0:name +library | native.library
ctypes.CFUNCTYPE ctypes.memmove ctypes.memset ctypes.string_at ctypes.cast ctypes.addressof | native - +memory |
ctypes.util.find_library ctypes.c_int ctypes.c_char_p ctypes.create_string_buffer ctypes.byref ctypes.pythonapi.PyRun_SimpleString | native - |
cppyy.cppdef cython.inline llvmlite.binding.create_mcjit_compiler numba.cfunc pycuda.compiler.SourceModule keystone.Ks unicorn.Uc | native 0 +build |
importlib.machinery.ExtensionFileLoader imp.load_dynamic _imp.create_dynamic | native 1:path +library |
ctypes.windll.kernel32.VirtualAllocEx ctypes.windll.kernel32.WriteProcessMemory ctypes.windll.kernel32.ReadProcessMemory ctypes.windll.kernel32.CreateRemoteThread ctypes.windll.kernel32.QueueUserAPC ctypes.windll.kernel32.SetThreadContext ctypes.windll.ntdll.NtUnmapViewOfSection ctypes.windll.ntdll.NtCreateThreadEx ctypes.windll.ntdll.RtlCreateUserThread | native - +inject |
ctypes.windll.user32.SetWindowsHookExA ctypes.windll.user32.SetWindowsHookExW ctypes.windll.user32.GetAsyncKeyState ctypes.windll.user32.GetForegroundWindow | input - +spy |
ctypes.windll.kernel32.VirtualProtect ctypes.windll.kernel32.CallWindowProcA ctypes.windll.kernel32.VirtualAlloc ctypes.windll.kernel32.CreateThread ctypes.windll.kernel32.RtlMoveMemory | native - +memory +execute |
cffi.FFI numpy.ctypeslib.load_library | native 0 | cffi.FFI
cffi.FFI#cdef cffi.FFI#set_source cffi.FFI#compile cffi.FFI#verify | native 0 +build |
wasmtime.Engine wasmtime.Store wasmer.Store wasmtime.Module.from_file wasmer.Module | native - +wasm |
distutils.core.Extension setuptools.Extension torch.utils.cpp_extension.load | native 0 +build |

# code
_pickle.Unpickler dill.Unpickler cloudpickle.Unpickler pickle._Unpickler | deserialize 0:file +pickle +file ; opaque - |
dill.load_session dill.load_module pandas.compat.pickle_compat.load sklearn.externals.joblib.load compress_pickle.load pickle5.load hickle.load klepto.archives.file_archive torch.jit.load tensorflow.saved_model.load keras.saving.load_model mlflow.pyfunc.load_model mlflow.sklearn.load_model skops.io.load gensim.models.Word2Vec.load catboost.CatBoost#load_model | read 0:filename,file,path,model_uri ; deserialize 0:filename,file,path,model_uri +pickle +file |
cPickle.Unpickler | deserialize 0:file +pickle +file ; opaque - |
jsonpickle.unpickler.decode jsonpickle.unpickler.Unpickler#restore srsly.pickle_loads zodbpickle.loads pickle5.loads twisted.persisted.aot.unjellyFromSource twisted.spread.jelly.unjelly Pyro4.util.SerializerBase | deserialize 0:data,string +pickle ; opaque - |
yaml.CLoader oyaml.load hyperpyyaml.load_hyperpyyaml | deserialize 0:stream +yaml |
code.compile_command codeop.compile_command | |
ruamel.unsafe#load ruamel.unsafe#load_all | deserialize 0:stream +yaml |
pickle.load cPickle.load dill.load cloudpickle.load _pickle.load pickle.Unpickler pickle._load | deserialize 0:file +pickle +file ; opaque - |
pickle.loads cPickle.loads dill.loads cloudpickle.loads _pickle.loads jsonpickle.decode jsonpickle.loads pickle._loads | deserialize 0:data,string +pickle ; opaque - |
pickle.Unpickler#load | deserialize self +pickle +file ; opaque - |
pickle.dumps dill.dumps cloudpickle.dumps marshal.dumps pickle.dump | encode =pickle from=0:obj |
marshal.load | deserialize 0 +marshal +file ; opaque - | code.object
marshal.loads | deserialize 0 +marshal ; opaque - | code.object
joblib.load torch.load | read 0:filename,f ; deserialize 0:filename,f +pickle +file ; opaque - |
joblib.dump torch.save | write 1:filename,f |
yaml.unsafe_load yaml.unsafe_load_all yaml.full_load ruamel.yaml.YAML#unsafe | deserialize 0:stream +yaml ; opaque - |
shelve.Shelf | deserialize 0 +pickle |
types.FunctionType types.CodeType | eval 0:code +object +unknown ; opaque - |
code.interact code.InteractiveConsole code.InteractiveInterpreter IPython.embed pdb.set_trace | eval - +console +unknown ; opaque - |
runpy.run_path execfile | read 0:path_name ; eval 0:path_name +file |
runpy.run_module runpy._run_module_as_main | eval 0:mod_name +file |
bdb.Bdb#run doctest.debug_src pdb.run pdb.runeval trace.Trace#run cProfile.runctx timeit.repeat pandas.eval numexpr.evaluate asteval.Interpreter simpleeval.simple_eval | eval 0:statement,cmd,expr +unknown |
jinja2.Template#render mako.template.Template#render | |
js2py.eval_js py_mini_racer.MiniRacer#eval execjs.eval dukpy.evaljs quickjs.Context#eval lupa.LuaRuntime#execute lupa.LuaRuntime#eval | eval 0 +unknown |
importlib.util.spec_from_file_location importlib.machinery.SourceFileLoader imp.load_source imp.load_module imp.load_compiled | import 1:location,path +file | importlib.spec
importlib.util.module_from_spec importlib.spec#load_module | | importlib.spec
importlib.reload | |
pkgutil.iter_modules pkgutil.walk_packages | list 0:path |
importlib.metadata.entry_points pkg_resources.iter_entry_points | import - +entry-points ; opaque - | 
site.addsitedir | list 0 |
sys.settrace sys.setprofile | |

# machine
os.getuid os.geteuid os.getgid os.getegid os.getgroups os.getgrouplist os.getresuid pwd.struct_passwd grp.getgrgid_r | |
os.getlogin getpass.getuser pwd.getpwnam pwd.getpwuid pwd.getpwall grp.getgrall grp.getgrnam grp.getgrgid spwd.getspnam spwd.getspall | system =users +read +users |
os.setuid os.setgid os.seteuid os.setegid os.setreuid os.setresuid os.initgroups os.setgroups | system 0 +change +rights |
os.times os.getpriority os.sched_getaffinity os.process_cpu_count os.confstr os.pathconf platform.libc_ver platform.win32_ver platform.processor platform.linux_distribution socket.if_nameindex netifaces.interfaces netifaces.ifaddresses cpuinfo.get_cpu_info GPUtil.getGPUs pynvml.nvmlInit distro.linux_distribution uuid.uuid1 time.clock_getres sys.getwindowsversion psutil.net_if_addrs | system =machine +read |
os.uname os.cpu_count multiprocessing.cpu_count os.getloadavg os.sysconf os.statvfs os.fstatvfs shutil.disk_usage platform.uname platform.system platform.release platform.version platform.machine platform.node platform.platform platform.processor platform.linux_distribution platform.freedesktop_os_release platform.mac_ver platform.architecture platform.python_version socket.gethostname distro.name distro.id distro.version uuid.getnode | system =machine +read |
resource.setrlimit resource.getrlimit resource.prlimit resource.getrusage | system =limits +read |
os.sched_setscheduler resource.setpriority setproctitle.setproctitle | system =limits +change |
os.nice os.sched_setaffinity os.setpriority | system =limits +change |
os.chroot os.mount os.umount | system 0 +change +mount |
os.sethostname time.clock_settime | system - +change |
os.reboot | system - +change +power |
winreg.OpenKeyEx winreg.EnumValue winreg.EnumKey winreg.DeleteValue | system 1 +read +registry | winreg.key
winreg.OpenKey winreg.QueryValueEx winreg.ConnectRegistry | system 1 +read +registry | winreg.key
winreg.SetValueEx winreg.CreateKey winreg.CreateKeyEx winreg.DeleteKey | system 1 +change +registry |
crontab.CronTab | persist =crontab +schedule | crontab.CronTab
crontab.CronTab#new | persist =crontab from=0:command +schedule | crontab.job
crontab.job#setall crontab.job#every_reboot | | self
schedule.every apscheduler.schedulers.blocking.BlockingScheduler apscheduler.schedulers.background.BackgroundScheduler | | scheduler
keyboard.on_release keyboard.read_event keyboard.read_key keyboard.start_recording mouse.hook mouse.on_click evdev.InputDevice evdev.list_devices Xlib.display.Display#record_create_context pyscreenshot.grab PIL.ImageGrab.grabclipboard pyscreeze.screenshot dxcam.create mss.windows.MSS mss.linux.MSS d3dshot.create pyaudio.PyAudio#open sounddevice.InputStream sounddevice.rec soundcard.default_microphone speech_recognition.Microphone picamera.PiCamera pygame.camera.Camera win32clipboard.GetClipboardData win32gui.GetForegroundWindow pyWinhook.HookManager pyHook.HookManager clipboard.paste | input - +spy |
pyperclip.paste pyautogui.screenshot PIL.ImageGrab.grab mss.mss pynput.keyboard.Listener pynput.mouse.Listener keyboard.on_press keyboard.record keyboard.hook pyxhook.HookManager cv2.VideoCapture#read sounddevice.rec pyaudio.PyAudio | input - +spy |
secretstorage.get_default_collection secretstorage.get_all_collections keyring.get_credential browser_cookie3.edge browser_cookie3.brave browser_cookie3.opera browser_cookie3.chromium browser_cookie3.safari browsercookie.chrome browsercookie.firefox rookiepy.chrome rookiepy.firefox pycookiecheat.chrome_cookies win32cred.CredEnumerate | read =credential-store +credentials |
keyring.get_password browser_cookie3.chrome browser_cookie3.firefox browser_cookie3.load win32crypt.CryptUnprotectData secretstorage.dbus_init | read =credential-store +credentials |

cryptography.fernet.Fernet | | cryptography.fernet.Fernet
cryptography.hazmat.primitives.ciphers.Cipher | | cryptography.hazmat.primitives.ciphers.Cipher
Crypto.Cipher.AES.new Cryptodome.Cipher.AES.new Crypto.Cipher.ChaCha20.new Crypto.Cipher.DES3.new Crypto.Cipher.PKCS1_OAEP.new | | cipher
nacl.secret.SecretBox gnupg.GPG | | nacl.secret.SecretBox
os.dup2 | input - from=0 +redirect |

# input, encodings
input raw_input sys.stdin.read sys.stdin.readline sys.stdin.readlines getpass.getpass sys.stdin.buffer.read | input - |
`);
