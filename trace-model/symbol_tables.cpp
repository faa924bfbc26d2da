// SPDX-License-Identifier: Apache-2.0
// The tables themselves. Numbers are written out where a libc header of Debian 12 lacks the name or where the
// libc's constant is not the kernel's (O_LARGEFILE is 0 in glibc on 64 bits).
#include "trace-model/symbols.h"

#include <signal.h>

namespace loopscope::trace_model::symbols {
namespace {

constexpr uint64_t kAll = ~uint64_t{0};

// include/uapi/linux/eventpoll.h
constexpr Symbol kEpollEventNames[]{{"EPOLLIN", 0x1},
                                    {"EPOLLPRI", 0x2},
                                    {"EPOLLOUT", 0x4},
                                    {"EPOLLERR", 0x8},
                                    {"EPOLLHUP", 0x10},
                                    {"EPOLLNVAL", 0x20},
                                    {"EPOLLRDNORM", 0x40},
                                    {"EPOLLRDBAND", 0x80},
                                    {"EPOLLWRNORM", 0x100},
                                    {"EPOLLWRBAND", 0x200},
                                    {"EPOLLMSG", 0x400},
                                    {"EPOLLRDHUP", 0x2000},
                                    {"EPOLL_URING_WAKE", 1u << 27},
                                    {"EPOLLEXCLUSIVE", 1u << 28},
                                    {"EPOLLWAKEUP", 1u << 29},
                                    {"EPOLLONESHOT", 1u << 30},
                                    {"EPOLLET", 1u << 31}};
constexpr Symbol kPollEventNames[]{{"POLLIN", 0x1},       {"POLLPRI", 0x2},     {"POLLOUT", 0x4},
                                   {"POLLERR", 0x8},      {"POLLHUP", 0x10},    {"POLLNVAL", 0x20},
                                   {"POLLRDNORM", 0x40},  {"POLLRDBAND", 0x80}, {"POLLWRNORM", 0x100},
                                   {"POLLWRBAND", 0x200}, {"POLLMSG", 0x400},   {"POLLREMOVE", 0x1000},
                                   {"POLLRDHUP", 0x2000}};
constexpr Symbol kEpollOps[]{{"EPOLL_CTL_ADD", 1}, {"EPOLL_CTL_DEL", 2}, {"EPOLL_CTL_MOD", 3}};
constexpr Symbol kEpollCreate[]{{"EPOLL_CLOEXEC", 02000000}};

// include/uapi/asm-generic/fcntl.h. O_DIRECT, O_DIRECTORY, O_NOFOLLOW and O_LARGEFILE differ on arm64.
constexpr Symbol kAccessModes[]{{"O_RDONLY", 0}, {"O_WRONLY", 1}, {"O_RDWR", 2}, {"O_ACCMODE", 3}};
#if defined(__aarch64__)
constexpr uint64_t kODirectory = 040000, kONofollow = 0100000, kODirect = 0200000, kOLargefile = 0400000;
#else
constexpr uint64_t kODirect = 040000, kOLargefile = 0100000, kODirectory = 0200000, kONofollow = 0400000;
#endif
constexpr Symbol kOpenBits[]{{"O_TMPFILE", 020000000 | kODirectory},
                             {"O_SYNC", 04010000},
                             {"O_CREAT", 0100},
                             {"O_EXCL", 0200},
                             {"O_NOCTTY", 0400},
                             {"O_TRUNC", 01000},
                             {"O_APPEND", 02000},
                             {"O_NONBLOCK", 04000},
                             {"O_DSYNC", 010000},
                             {"O_ASYNC", 020000},
                             {"O_DIRECT", kODirect},
                             {"O_LARGEFILE", kOLargefile},
                             {"O_DIRECTORY", kODirectory},
                             {"O_NOFOLLOW", kONofollow},
                             {"O_NOATIME", 01000000},
                             {"O_CLOEXEC", 02000000},
                             {"O_PATH", 010000000}};
// include/uapi/linux/openat2.h
constexpr Symbol kResolveBits[]{{"RESOLVE_NO_XDEV", 1},     {"RESOLVE_NO_MAGICLINKS", 2},
                                {"RESOLVE_NO_SYMLINKS", 4}, {"RESOLVE_BENEATH", 8},
                                {"RESOLVE_IN_ROOT", 16},    {"RESOLVE_CACHED", 32}};
constexpr Symbol kDirFd[]{{"AT_FDCWD", uint64_t(int64_t{-100})}};

// include/linux/socket.h
constexpr Symbol kDomains[]{{"AF_UNSPEC", 0},   {"AF_UNIX", 1},      {"AF_INET", 2},       {"AF_AX25", 3},
                            {"AF_IPX", 4},      {"AF_APPLETALK", 5}, {"AF_INET6", 10},     {"AF_KEY", 15},
                            {"AF_NETLINK", 16}, {"AF_PACKET", 17},   {"AF_RDS", 21},       {"AF_PPPOX", 24},
                            {"AF_CAN", 29},     {"AF_TIPC", 30},     {"AF_BLUETOOTH", 31}, {"AF_ALG", 38},
                            {"AF_NFC", 39},     {"AF_VSOCK", 40},    {"AF_QIPCRTR", 42},   {"AF_SMC", 43},
                            {"AF_XDP", 44},     {"AF_MCTP", 45}};
constexpr Symbol kSockTypes[]{{"SOCK_STREAM", 1},    {"SOCK_DGRAM", 2}, {"SOCK_RAW", 3},    {"SOCK_RDM", 4},
                              {"SOCK_SEQPACKET", 5}, {"SOCK_DCCP", 6},  {"SOCK_PACKET", 10}};
constexpr Symbol kSockBits[]{{"SOCK_CLOEXEC", 02000000}, {"SOCK_NONBLOCK", 04000}};
constexpr Symbol kShutdowns[]{{"SHUT_RD", 0}, {"SHUT_WR", 1}, {"SHUT_RDWR", 2}};
constexpr Symbol kMsgBits[]{{"MSG_OOB", 1},
                            {"MSG_PEEK", 2},
                            {"MSG_DONTROUTE", 4},
                            {"MSG_CTRUNC", 8},
                            {"MSG_PROXY", 0x10},
                            {"MSG_TRUNC", 0x20},
                            {"MSG_DONTWAIT", 0x40},
                            {"MSG_EOR", 0x80},
                            {"MSG_WAITALL", 0x100},
                            {"MSG_FIN", 0x200},
                            {"MSG_SYN", 0x400},
                            {"MSG_CONFIRM", 0x800},
                            {"MSG_RST", 0x1000},
                            {"MSG_ERRQUEUE", 0x2000},
                            {"MSG_NOSIGNAL", 0x4000},
                            {"MSG_MORE", 0x8000},
                            {"MSG_WAITFORONE", 0x10000},
                            {"MSG_BATCH", 0x40000},
                            {"MSG_ZEROCOPY", 0x4000000},
                            {"MSG_FASTOPEN", 0x20000000},
                            {"MSG_CMSG_CLOEXEC", 0x40000000}};

constexpr Symbol kCloexec[]{{"O_CLOEXEC", 02000000}};
constexpr Symbol kFcntlOps[]{{"F_DUPFD", 0}, {"F_GETFD", 1}, {"F_SETFD", 2},
                             {"F_GETFL", 3}, {"F_SETFL", 4}, {"F_DUPFD_CLOEXEC", 1030}};
constexpr Symbol kIoctlOps[]{{"FIONBIO", 0x5421}, {"FIONCLEX", 0x5450}, {"FIOCLEX", 0x5451}};
constexpr Symbol kCloseRangeBits[]{{"CLOSE_RANGE_UNSHARE", 2}, {"CLOSE_RANGE_CLOEXEC", 4}};
constexpr Symbol kPipeBits[]{
    {"O_CLOEXEC", 02000000}, {"O_NONBLOCK", 04000}, {"O_DIRECT", kODirect}, {"O_NOTIFICATION_PIPE", 0200}};
constexpr Symbol kEventfdBits[]{{"EFD_SEMAPHORE", 1}, {"EFD_CLOEXEC", 02000000}, {"EFD_NONBLOCK", 04000}};
constexpr Symbol kTimerfdBits[]{{"TFD_CLOEXEC", 02000000}, {"TFD_NONBLOCK", 04000}};
constexpr Symbol kTimerfdSetBits[]{{"TFD_TIMER_ABSTIME", 1}, {"TFD_TIMER_CANCEL_ON_SET", 2}};
constexpr Symbol kClocks[]{{"CLOCK_REALTIME", 0},
                           {"CLOCK_MONOTONIC", 1},
                           {"CLOCK_BOOTTIME", 7},
                           {"CLOCK_REALTIME_ALARM", 8},
                           {"CLOCK_BOOTTIME_ALARM", 9}};
constexpr Symbol kSignalfdBits[]{{"SFD_CLOEXEC", 02000000}, {"SFD_NONBLOCK", 04000}};
constexpr Symbol kMemfdBits[]{{"MFD_CLOEXEC", 1},
                              {"MFD_ALLOW_SEALING", 2},
                              {"MFD_HUGETLB", 4},
                              {"MFD_NOEXEC_SEAL", 8},
                              {"MFD_EXEC", 16}};
constexpr Symbol kInotifyBits[]{{"IN_CLOEXEC", 02000000}, {"IN_NONBLOCK", 04000}};
constexpr Symbol kPidfdBits[]{{"PIDFD_NONBLOCK", 04000}, {"PIDFD_THREAD", 0200}};

// include/uapi/linux/sched.h; the low byte is the signal sent to the parent at exit.
constexpr Symbol kCloneBits[]{{"CLONE_VM", 0x100},
                              {"CLONE_FS", 0x200},
                              {"CLONE_FILES", 0x400},
                              {"CLONE_SIGHAND", 0x800},
                              {"CLONE_PIDFD", 0x1000},
                              {"CLONE_PTRACE", 0x2000},
                              {"CLONE_VFORK", 0x4000},
                              {"CLONE_PARENT", 0x8000},
                              {"CLONE_THREAD", 0x10000},
                              {"CLONE_NEWNS", 0x20000},
                              {"CLONE_SYSVSEM", 0x40000},
                              {"CLONE_SETTLS", 0x80000},
                              {"CLONE_PARENT_SETTID", 0x100000},
                              {"CLONE_CHILD_CLEARTID", 0x200000},
                              {"CLONE_DETACHED", 0x400000},
                              {"CLONE_UNTRACED", 0x800000},
                              {"CLONE_CHILD_SETTID", 0x1000000},
                              {"CLONE_NEWCGROUP", 0x2000000},
                              {"CLONE_NEWUTS", 0x4000000},
                              {"CLONE_NEWIPC", 0x8000000},
                              {"CLONE_NEWUSER", 0x10000000},
                              {"CLONE_NEWPID", 0x20000000},
                              {"CLONE_NEWNET", 0x40000000},
                              {"CLONE_IO", 0x80000000},
                              {"CLONE_CLEAR_SIGHAND", 0x100000000},
                              {"CLONE_INTO_CGROUP", 0x200000000}};
#define S(name) {#name, name}
constexpr Symbol kSignals[]{
    S(SIGHUP),  S(SIGINT),    S(SIGQUIT), S(SIGILL),   S(SIGTRAP), S(SIGABRT), S(SIGBUS),  S(SIGFPE),
    S(SIGKILL), S(SIGUSR1),   S(SIGSEGV), S(SIGUSR2),  S(SIGPIPE), S(SIGALRM), S(SIGTERM), S(SIGSTKFLT),
    S(SIGCHLD), S(SIGCONT),   S(SIGSTOP), S(SIGTSTP),  S(SIGTTIN), S(SIGTTOU), S(SIGURG),  S(SIGXCPU),
    S(SIGXFSZ), S(SIGVTALRM), S(SIGPROF), S(SIGWINCH), S(SIGIO),   S(SIGPWR),  S(SIGSYS)};
#undef S
constexpr Symbol kExecveatBits[]{
    {"AT_EMPTY_PATH", 0x1000}, {"AT_SYMLINK_NOFOLLOW", 0x100}, {"AT_EXECVE_CHECK", 0x10000}};
constexpr Symbol kSpliceBits[]{
    {"SPLICE_F_MOVE", 1}, {"SPLICE_F_NONBLOCK", 2}, {"SPLICE_F_MORE", 4}, {"SPLICE_F_GIFT", 8}};

// include/uapi/linux/io_uring.h
constexpr Symbol kUringSetupBits[]{
    {"IORING_SETUP_IOPOLL", 1 << 0},         {"IORING_SETUP_SQPOLL", 1 << 1},
    {"IORING_SETUP_SQ_AFF", 1 << 2},         {"IORING_SETUP_CQSIZE", 1 << 3},
    {"IORING_SETUP_CLAMP", 1 << 4},          {"IORING_SETUP_ATTACH_WQ", 1 << 5},
    {"IORING_SETUP_R_DISABLED", 1 << 6},     {"IORING_SETUP_SUBMIT_ALL", 1 << 7},
    {"IORING_SETUP_COOP_TASKRUN", 1 << 8},   {"IORING_SETUP_TASKRUN_FLAG", 1 << 9},
    {"IORING_SETUP_SQE128", 1 << 10},        {"IORING_SETUP_CQE32", 1 << 11},
    {"IORING_SETUP_SINGLE_ISSUER", 1 << 12}, {"IORING_SETUP_DEFER_TASKRUN", 1 << 13},
    {"IORING_SETUP_NO_MMAP", 1 << 14},       {"IORING_SETUP_REGISTERED_FD_ONLY", 1 << 15},
    {"IORING_SETUP_NO_SQARRAY", 1 << 16},    {"IORING_SETUP_HYBRID_IOPOLL", 1 << 17},
    {"IORING_SETUP_CQE_MIXED", 1 << 18},     {"IORING_SETUP_SQE_MIXED", 1 << 19}};
constexpr Symbol kUringEnterBits[]{{"IORING_ENTER_GETEVENTS", 1},        {"IORING_ENTER_SQ_WAKEUP", 2},
                                   {"IORING_ENTER_SQ_WAIT", 4},          {"IORING_ENTER_EXT_ARG", 8},
                                   {"IORING_ENTER_REGISTERED_RING", 16}, {"IORING_ENTER_ABS_TIMER", 32},
                                   {"IORING_ENTER_EXT_ARG_REG", 64},     {"IORING_ENTER_NO_IOWAIT", 128}};
constexpr Symbol kSqeBits[]{{"IOSQE_FIXED_FILE", 1},       {"IOSQE_IO_DRAIN", 2}, {"IOSQE_IO_LINK", 4},
                            {"IOSQE_IO_HARDLINK", 8},      {"IOSQE_ASYNC", 16},   {"IOSQE_BUFFER_SELECT", 32},
                            {"IOSQE_CQE_SKIP_SUCCESS", 64}};
constexpr Symbol kCqeBits[]{{"IORING_CQE_F_BUFFER", 1},        {"IORING_CQE_F_MORE", 2},
                            {"IORING_CQE_F_SOCK_NONEMPTY", 4}, {"IORING_CQE_F_NOTIF", 8},
                            {"IORING_CQE_F_BUF_MORE", 16},     {"IORING_CQE_F_SKIP", 32},
                            {"IORING_CQE_F_32", 1 << 15}};
constexpr Symbol kUringRegisterOps[]{
    {"IORING_REGISTER_BUFFERS", 0},         {"IORING_UNREGISTER_BUFFERS", 1},
    {"IORING_REGISTER_FILES", 2},           {"IORING_UNREGISTER_FILES", 3},
    {"IORING_REGISTER_EVENTFD", 4},         {"IORING_UNREGISTER_EVENTFD", 5},
    {"IORING_REGISTER_FILES_UPDATE", 6},    {"IORING_REGISTER_EVENTFD_ASYNC", 7},
    {"IORING_REGISTER_PROBE", 8},           {"IORING_REGISTER_PERSONALITY", 9},
    {"IORING_UNREGISTER_PERSONALITY", 10},  {"IORING_REGISTER_RESTRICTIONS", 11},
    {"IORING_REGISTER_ENABLE_RINGS", 12},   {"IORING_REGISTER_FILES2", 13},
    {"IORING_REGISTER_FILES_UPDATE2", 14},  {"IORING_REGISTER_BUFFERS2", 15},
    {"IORING_REGISTER_BUFFERS_UPDATE", 16}, {"IORING_REGISTER_IOWQ_AFF", 17},
    {"IORING_UNREGISTER_IOWQ_AFF", 18},     {"IORING_REGISTER_IOWQ_MAX_WORKERS", 19},
    {"IORING_REGISTER_RING_FDS", 20},       {"IORING_UNREGISTER_RING_FDS", 21},
    {"IORING_REGISTER_PBUF_RING", 22},      {"IORING_UNREGISTER_PBUF_RING", 23},
    {"IORING_REGISTER_SYNC_CANCEL", 24},    {"IORING_REGISTER_FILE_ALLOC_RANGE", 25},
    {"IORING_REGISTER_PBUF_STATUS", 26},    {"IORING_REGISTER_NAPI", 27},
    {"IORING_UNREGISTER_NAPI", 28},         {"IORING_REGISTER_CLOCK", 29},
    {"IORING_REGISTER_CLONE_BUFFERS", 30},  {"IORING_REGISTER_SEND_MSG_RING", 31},
    {"IORING_REGISTER_ZCRX_IFQ", 32},       {"IORING_REGISTER_RESIZE_RINGS", 33},
    {"IORING_REGISTER_MEM_REGION", 34},     {"IORING_REGISTER_QUERY", 35}};

}  // namespace

const SymbolTable kEpollEvents{0, {}, kEpollEventNames}, kPollEvents{0, {}, kPollEventNames},
    kEpollOp{kAll, kEpollOps, {}}, kEpollCreateFlags{0, {}, kEpollCreate},
    kOpenFlags{3, kAccessModes, kOpenBits}, kOpenResolve{0, {}, kResolveBits}, kAtDirFd{kAll, kDirFd, {}},
    kSocketDomain{kAll, kDomains, {}}, kSocketType{0xf, kSockTypes, kSockBits},
    kAcceptFlags{0, {}, kSockBits}, kShutdownHow{kAll, kShutdowns, {}}, kDupFlags{0, {}, kCloexec},
    kFcntlOp{kAll, kFcntlOps, {}}, kIoctlOp{kAll, kIoctlOps, {}}, kCloseRangeFlags{0, {}, kCloseRangeBits},
    kPipeFlags{0, {}, kPipeBits}, kEventfdFlags{0, {}, kEventfdBits}, kTimerfdFlags{0, {}, kTimerfdBits},
    kTimerfdSetFlags{0, {}, kTimerfdSetBits}, kClockId{kAll, kClocks, {}},
    kSignalfdFlags{0, {}, kSignalfdBits}, kMemfdFlags{0, {}, kMemfdBits}, kInotifyFlags{0, {}, kInotifyBits},
    kPidfdFlags{0, {}, kPidfdBits}, kCloneFlags{0xff, kSignals, kCloneBits},
    kExecveatFlags{0, {}, kExecveatBits}, kMessageFlags{0, {}, kMsgBits}, kSpliceFlags{0, {}, kSpliceBits},
    kUringSetupFlags{0, {}, kUringSetupBits}, kUringEnterFlags{0, {}, kUringEnterBits},
    kUringRegisterOp{kAll, kUringRegisterOps, {}}, kSqeFlags{0, {}, kSqeBits}, kCqeFlags{0, {}, kCqeBits},
    kSignal{kAll, kSignals, {}};

}  // namespace loopscope::trace_model::symbols
