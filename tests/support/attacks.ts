/** The attacks of `make walls` and of tests/security/walls.test.ts. */
import { readFileSync } from "node:fs";
import { type Attack, type OwnAttack, type ProbeAttack, python, type Wall } from "./attack.ts";

type Walls = readonly [Wall, ...Wall[]];

const door = (probe: string, part: ProbeAttack["part"], name: string, ...walls: Walls): ProbeAttack => ({
  probe,
  part,
  name,
  walls,
});

/** A Python program whose OSError is the wall's answer. */
const tries = (
  part: OwnAttack["part"],
  name: string,
  walls: Walls,
  source: string,
  more: Partial<OwnAttack> = {},
): OwnAttack => ({
  part,
  name,
  walls,
  attempt: python(
    `try:\n${source.trim().replace(/^/gm, "    ")}\nexcept (OSError, MemoryError, RuntimeError) as error:\n    print("stopped", repr(error))\n`,
  ),
  ...more,
});

const smallMemory = { limits: { memoryBytes: 64 << 20, diskBytes: 16 << 20 } };
const smallDisk = { limits: { memoryBytes: 256 << 20, diskBytes: 16 << 20, inodes: 200 } };

/** As the kernel counts them for root in the host's own user namespace; the tests run as root. */
const waitingSignalsOfRoot = (): number =>
  Number(/^SigQ:\s+(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]);

const queuesSignals = `
import ctypes, os, signal, time
libc = ctypes.CDLL(None, use_errno=True)
signal.pthread_sigmask(signal.SIG_BLOCK, [40])
for _ in range(800):
    libc.sigqueue(os.getpid(), 40, ctypes.c_void_p(1))
time.sleep(0.5)
`;

const resources: readonly Attack[] = [
  tries(
    "A",
    "forks 300 processes",
    ["pids"],
    `
import os, time
for _ in range(300):
    if os.fork() == 0:
        time.sleep(20)
        os._exit(0)
print("SUCCEEDED")`,
    { limits: { pids: 64 } },
  ),
  tries(
    "A",
    "starts 300 threads",
    ["pids"],
    `
import threading
stay = threading.Event()
for _ in range(300):
    threading.Thread(target=stay.wait, daemon=True).start()
print("SUCCEEDED")
stay.set()`,
    { limits: { pids: 64 } },
  ),
  tries(
    "A",
    "takes 160 MB of memory with a limit of 64",
    ["memory"],
    `
held = bytearray(160 << 20)
for at in range(0, len(held), 4096):
    held[at] = 1
print("SUCCEEDED")`,
    smallMemory,
  ),
  tries(
    "A",
    "takes 160 MB in a memfd with a limit of 64",
    ["memory"],
    `
import os
for _ in range(16):
    fd = os.memfd_create("hoard")
    for _ in range(10):
        os.write(fd, b"x" * (1 << 20))
print("SUCCEEDED")`,
    { limits: { memoryBytes: 64 << 20, diskBytes: 16 << 20 } },
  ),
  tries(
    "A",
    "buffers 128 MB in sockets with a limit of 64",
    ["memory"],
    `
import os, socket, time
def fill():
    held, total = [], 0
    for _ in range(25):
        door = socket.create_server(("127.0.0.1", 0))
        writer = socket.create_connection(door.getsockname())
        held += [door.accept()[0], writer]
        door.close()
        writer.setblocking(False)
        try:
            while total < 32 << 20:
                total += writer.send(b"x" * 65536)
        except BlockingIOError:
            pass
    return held, total
read, write = os.pipe()
for _ in range(8):
    if os.fork() == 0:
        held, total = fill()
        os.write(write, total.to_bytes(8, "little"))
        time.sleep(20)
        os._exit(0)
total = sum(int.from_bytes(os.read(read, 8), "little") for _ in range(8))
print("SUCCEEDED" if total >= 128 << 20 else "stopped", total)`,
    smallMemory,
  ),
  tries(
    "A",
    "takes more terminals than it may have",
    ["terminals"],
    `
import os
held = [os.open("/dev/ptmx", os.O_RDWR | os.O_NOCTTY) for _ in range(40)]
print("SUCCEEDED")`,
  ),
  {
    part: "A",
    name: "leaves signals waiting that are billed to the host's root",
    walls: ["id-range"],
    attempt: async (jail) => {
      let billed = 0;
      const before = waitingSignalsOfRoot();
      const look = setInterval(() => {
        billed = Math.max(billed, waitingSignalsOfRoot() - before);
      }, 20);
      const { detail } = await python(queuesSignals)(jail);
      clearInterval(look);
      return { succeeded: billed > 300, detail: `${detail} ${billed} billed to root` };
    },
  },
  tries(
    "A",
    "takes the huge pages that the host reserved, which no limit counts",
    ["seccomp"],
    `
import ctypes, mmap
mmap.mmap(-1, 2 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x40000 | 0x4000)
print("SUCCEEDED")`,
  ),
  tries(
    "A",
    "takes huge pages through a memfd",
    ["seccomp"],
    `
import os
os.memfd_create("hoard", os.MFD_HUGETLB)
print("SUCCEEDED")`,
  ),
  tries(
    "A",
    "lets the kernel's answers pile up where no limit counts them",
    ["seccomp"],
    `
import socket, struct
asking = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
for _ in range(20):
    asking.send(struct.pack("=IHHII", 16, 9999, 5, 1, 0) * 20)
print("SUCCEEDED")`,
  ),
  tries(
    "A",
    "joins multicast groups, which no limit counts",
    ["seccomp"],
    `
import socket, struct
member = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
for group in range(100):
    member.setsockopt(
        socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, socket.inet_pton(socket.AF_INET6, f"ff02::1:{group:x}") + struct.pack("=I", 1)
    )
print("SUCCEEDED")`,
  ),
  tries(
    "E",
    "makes whoever closes its sockets wait for an hour",
    ["seccomp"],
    `
import socket, struct
socket.socket().setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 3600))
print("SUCCEEDED")`,
  ),
  tries(
    "A",
    "locks memory",
    ["locked-memory"],
    `
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
block = ctypes.create_string_buffer(1 << 20)
if libc.mlock(block, 1 << 20) != 0:
    raise OSError(ctypes.get_errno(), "mlock")
print("SUCCEEDED")`,
  ),
  tries(
    "A",
    "takes kernel memory for a message queue",
    ["message-queues"],
    `
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
if libc.mq_open(b"/attack", os.O_RDWR | os.O_CREAT, 0o600, None) < 0:
    raise OSError(ctypes.get_errno(), "mq_open")
print("SUCCEEDED")`,
  ),
  tries(
    "A",
    "opens 500 files with a limit of 64",
    ["open-files"],
    `
import os
held = [os.open("/dev/null", os.O_RDONLY) for _ in range(500)]
print("SUCCEEDED")`,
  ),
  tries(
    "A",
    "spins on a whole processor with a limit of a twentieth",
    ["cpu"],
    `
import time
begin = time.monotonic()
while time.monotonic() - begin < 1.0:
    pass
share = time.process_time() / (time.monotonic() - begin)
print("SUCCEEDED" if share > 0.1 else "stopped", share)`,
    { limits: { cpuCores: 0.05 } },
  ),
  {
    part: "A",
    name: "ignores SIGTERM and sleeps past its deadline",
    walls: ["deadline"],
    deadlineMs: 300,
    attempt: async ({ guest, agent }) => {
      const running = python("import signal, time\nsignal.signal(15, signal.SIG_IGN)\ntime.sleep(60)\n")({
        guest,
        agent,
        without: new Set(),
        env: {},
      });
      const over = new AbortController();
      const late = new Promise<"late">((resolve) => {
        const timer = setTimeout(() => resolve("late"), 1200);
        over.signal.addEventListener("abort", () => clearTimeout(timer));
      });
      const first = await Promise.race([guest.ended, late]);
      over.abort();
      if (first === "late") {
        // It runs until it is destroyed; the run above then ends too.
        await guest.destroy();
        await running;
        return { succeeded: true, detail: "alive 900 ms after the deadline" };
      }
      await running;
      return { succeeded: false, detail: `${first.end} after ${first.usage.wallMs} ms` };
    },
  },
  door("limit_core_dump", "A", "may dump core to the host's core_pattern", "core-dumps"),
  tries(
    "B",
    "writes 40 MB of files with a disk of 16",
    ["disk-bytes"],
    `
for i in range(10):
    with open(f"/tmp/{i}", "wb") as file:
        file.write(b"x" * (4 << 20))
print("SUCCEEDED")`,
    smallDisk,
  ),
  tries(
    "B",
    "makes 1000 empty files with 200 inodes",
    ["disk-inodes"],
    `
for i in range(1000):
    open(f"/tmp/{i}", "w").close()
print("SUCCEEDED")`,
    smallDisk,
  ),
  tries(
    "B",
    "makes a sparse file of a petabyte",
    ["file-bytes"],
    `
with open("/tmp/sparse", "wb") as file:
    file.truncate(1 << 50)
print("SUCCEEDED")`,
  ),
  tries(
    "B",
    "reads a file of the host",
    ["own-root"],
    `
import os
print("SUCCEEDED", len(os.listdir("/host/etc")))`,
  ),
  door("path_make_in_root", "B", "writes to the root folder", "read-only-root", "guest-id"),
  door("path_make_in_dev", "B", "writes to /dev", "read-only-root", "guest-id"),
  door("path_make_in_etc", "B", "writes to /etc", "read-only-binds", "id-range", "guest-id"),
  tries(
    "B",
    "finds a folder of the host that the launcher forgot to close",
    ["launcher-descriptors", "agent-descriptors"],
    `
import os
links = [os.readlink(f"/proc/self/fd/{fd}") for fd in range(3, 4096) if os.path.exists(f"/proc/self/fd/{fd}")]
print("SUCCEEDED" if "/" in links else "stopped", links)`,
  ),
];

const kernel: readonly Attack[] = [
  door("unshare_user", "C", "makes a nested user namespace with unshare", "seccomp", "nested-namespaces"),
  door("clone_user", "C", "makes a nested user namespace with clone", "seccomp", "nested-namespaces"),
  door("clone3_user", "C", "makes a nested user namespace with clone3", "seccomp", "nested-namespaces"),
  door("unshare_mount", "C", "makes a mount namespace", "seccomp", "capabilities", "guest-id"),
  door("unshare_net", "C", "makes a network namespace", "seccomp", "capabilities", "guest-id"),
  door("setns_call", "C", "enters another namespace", "seccomp"),
  door("mount_cgroup2", "C", "mounts the control groups", "seccomp", "capabilities", "guest-id"),
  door("mount_proc", "C", "mounts a fresh /proc", "seccomp", "capabilities", "guest-id"),
  door("mount_mqueue", "C", "mounts its message queues", "seccomp", "capabilities", "guest-id"),
  door("mount_tmpfs", "C", "mounts a tmpfs", "seccomp", "capabilities", "guest-id"),
  door("mount_bind", "C", "binds a folder elsewhere", "seccomp", "capabilities", "guest-id"),
  door("mount_remount", "C", "remounts what is read-only", "seccomp", "capabilities", "guest-id"),
  door("mount_umount", "C", "unmounts", "seccomp", "capabilities", "guest-id"),
  door("mount_pivot_root", "C", "swaps the root", "seccomp", "capabilities", "guest-id"),
  door("mount_chroot", "C", "changes its root", "seccomp", "capabilities", "guest-id"),
  door("call_fsopen", "C", "opens a file system by the new mount API", "seccomp", "capabilities", "guest-id"),
  door("call_open_tree_clone", "C", "clones a mount tree", "seccomp", "capabilities", "guest-id"),
  door(
    "path_write_core_pattern",
    "C",
    "writes core_pattern, which is the host's root",
    "proc-sys",
    "id-range",
    "guest-id",
  ),
  door("path_write_shmmax", "C", "changes a kernel parameter of its namespace", "proc-sys", "guest-id"),
  door("path_read_config", "C", "reads the kernel's configuration", "proc-masks"),
  door("path_read_bus", "C", "lists the host's devices in /proc/bus", "proc-masks"),
  door("process_child_ptrace", "C", "traces a process", "seccomp"),
  door("process_child_process_vm_readv", "C", "reads another process's memory by call", "seccomp"),
  door("process_child_pidfd_getfd", "C", "takes a descriptor out of another process", "seccomp"),
  door("process_pid1_mem_read", "C", "opens the agent's memory", "guest-id", "capabilities"),
  door("process_pid1_mem_write", "C", "opens the agent's memory for writing", "guest-id", "capabilities"),
  door("process_pid1_environ", "C", "reads the agent's environment", "guest-id", "capabilities"),
  door("process_pid1_fd_list", "C", "lists the agent's descriptors", "guest-id"),
  door("process_kernel_threads", "C", "sees the host's processes", "pid-namespace"),
  door("call_io_uring_setup", "C", "sets up io_uring", "seccomp"),
  door("call_userfaultfd", "C", "handles page faults in user space", "seccomp"),
  door("call_perf_event_open", "C", "counts events of the processor", "seccomp"),
  door("call_keyctl", "C", "uses the kernel's keyrings", "seccomp"),
  door("call_add_key", "C", "stores a key in the kernel", "seccomp"),
  door("call_seccomp_filter", "C", "has the kernel compile a filter of its own", "seccomp"),
  door("call_personality_no_aslr", "C", "turns off address randomization", "seccomp"),
  door("call_modify_ldt", "C", "touches the local descriptor table", "seccomp"),
  door("tty_tiocsti", "C", "types into a terminal", "seccomp"),
  door("tty_tiocsti_high_bits", "C", "types into a terminal, with high bits that the kernel drops", "seccomp"),
  door("abi_int80", "C", "calls the kernel as a 32-bit program", "seccomp"),
  door("socket_vsock", "C", "opens a socket to the hypervisor", "seccomp"),
  door("socket_netlink_netfilter", "C", "talks to nf_tables", "seccomp"),
  door("socket_mptcp", "C", "opens a multipath TCP socket", "seccomp"),
  door("socket_packet", "C", "opens a packet socket", "seccomp", "capabilities", "guest-id"),
  door("socket_raw_icmp", "C", "opens a raw socket", "seccomp", "capabilities", "guest-id"),
  door("call_sethostname", "C", "sets the host name", "seccomp", "capabilities", "guest-id"),
  door("cap_effective", "C", "has capabilities", "capabilities", "guest-id"),
  door("cap_bounding", "C", "could get capabilities", "capabilities"),
  door("id_uid_0", "C", "is root inside", "guest-id"),
  door("id_host_root_mapped", "C", "has the host's root in its map of ids", "id-range"),
  door("host_namespace_uts", "C", "shares the host's name", "uts-namespace"),
  door("names_cgroup", "C", "sees names of the host's control groups", "cgroup-namespace"),
  door("ipc_host_shared_memory", "C", "attaches the host's System V shared memory", "ipc-namespace"),
  door("ipc_host_message_queue", "C", "opens the host's System V message queue", "ipc-namespace"),
  door("ipc_host_posix_queue", "C", "opens the host's POSIX message queue", "ipc-namespace"),
];

/** Where agent and guest have one id the agent's memory has this one wall. */
const oneId: readonly Attack[] = [
  { ...door("process_pid1_mem_read", "C", "opens the agent's memory under the same id", "dumpable"), users: "single" },
  {
    ...door("unshare_user", "C", "makes a nested user namespace under the same id", "seccomp", "nested-namespaces"),
    users: "single",
  },
  {
    ...door("tty_tiocsti", "C", "types into a terminal under the same id", "seccomp"),
    users: "single",
  },
  {
    ...door("net_host_loopback", "D", "connects to the host's loopback under the same id", "net-namespace"),
    users: "single",
  },
  {
    ...door("ipc_host_shared_memory", "C", "attaches the host's shared memory under the same id", "ipc-namespace"),
    users: "single",
  },
  {
    ...door("path_read_bus", "C", "lists the host's devices under the same id", "proc-masks"),
    users: "single",
  },
  {
    ...door("process_pid1_mem_write", "C", "opens the agent's memory for writing under the same id", "dumpable"),
    users: "single",
  },
  { ...door("process_pid1_root", "C", "walks into the agent's root under the same id", "dumpable"), users: "single" },
];

const control: readonly Attack[] = [
  tries(
    "E",
    "speaks to the launcher on the agent's control channel",
    ["agent-descriptors"],
    `
import socket
channel = socket.socket(fileno=4)
channel.send(b"H")
print("SUCCEEDED")`,
  ),
];

const network: readonly Attack[] = [
  door("net_host_loopback", "D", "connects to a port of the host's loopback", "net-namespace"),
  door("net_abstract_stream", "D", "connects to an abstract socket of the host", "net-namespace"),
  door("net_abstract_pair", "D", "sends to an abstract socket from a datagram pair", "net-namespace", "seccomp"),
  door("net_host_socket_names", "D", "reads the names of the host's sockets", "net-namespace"),
  door("net_interfaces", "D", "sees the host's network interfaces", "net-namespace", "seccomp"),
];

/** All of them. */
export const attacks: readonly Attack[] = [...resources, ...kernel, ...oneId, ...network, ...control];
