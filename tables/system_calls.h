/* SPDX-License-Identifier: ISC */

/*
 * What the processes that read bytes from outside may ask of the kernel (docs/walls.md). A call
 * that is in none of a process's groups ends it; one whose arguments are checked and are others is
 * refused with EPERM. Names that an architecture or a version of libseccomp does not know are
 * skipped: the list holds those of x86-64 and of aarch64, and of glibc 2.36 and later.
 */
#ifndef TABLES_SYSTEM_CALLS_H
#define TABLES_SYSTEM_CALLS_H

/* G(group, why, its calls) */
#define SYSTEM_CALL_GROUPS(G) \
    G(memory, "memory of its own, and libraries that are loaded late", \
      "brk mmap munmap mremap mprotect madvise") \
    G(threads, "locks, which a library takes also where there is one thread; its own end", \
      "futex set_robust_list rseq membarrier gettid sched_yield sched_getaffinity tgkill " \
      "exit exit_group restart_syscall") \
    G(new_threads, "threads that compute hashes; clone3, whose arguments cannot be checked, does " \
      "not exist for it, and glibc takes clone", \
      "clone clone3 set_tid_address") \
    G(signals, "its own handlers, and abort()", \
      "rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack") \
    G(clocks, "the time where the vDSO does not tell it", \
      "clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time") \
    G(chance, "random numbers", "getrandom") \
    G(itself, "who it is, what it uses and may use, which machine this is", \
      "getpid getppid getuid geteuid getgid getegid getresuid getresgid getrusage prlimit64 " \
      "getrlimit uname sysinfo getcpu prctl") \
    G(loop, "waiting for what happens", \
      "epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 poll ppoll eventfd2") \
    G(messages, "bytes and descriptors, on sockets that it was given", \
      "read readv write writev recvfrom recvmsg sendto sendmsg shutdown close dup fcntl ioctl") \
    G(files, "reading files, within the folders that Landlock leaves", \
      "openat fstat newfstatat statx lseek pread64 access faccessat faccessat2 readlink " \
      "readlinkat getdents64 stat lstat open") \
    G(clients, "connections on listening sockets that it was given", \
      "accept4 accept setsockopt getsockopt getpeername getsockname") \
    G(watches, "noticing that a file has changed", \
      "inotify_init1 inotify_add_watch inotify_rm_watch") \
    G(sealed, "sealed memory for a password on its way to winrmd-pam", "memfd_create") \
    G(replays, "the replay cache of Kerberos", \
      "pwrite64 ftruncate flock fsync fdatasync fchmod umask unlink unlinkat") \
    G(names, "libraries that would look up names: a socket is refused, and they do without", \
      "socket") \
    G(sanitizers, "only where a sanitizer is built in: its thread, its search for leaks, which " \
      "traces the others, its reports", \
      "clone wait4 ptrace prctl personality set_tid_address arch_prctl sched_setaffinity " \
      "sched_getparam sched_getscheduler setrlimit mincore msync getcwd getdents pipe pipe2 dup2")

/* U(group): the groups of one process */
#define SYSTEM_CALLS_net(U) \
    U(memory) U(threads) U(signals) U(clocks) U(chance) U(itself) U(loop) U(messages) U(files) \
    U(clients)
#define SYSTEM_CALLS_auth(U) \
    U(memory) U(threads) U(new_threads) U(signals) U(clocks) U(chance) U(itself) U(loop) \
    U(messages) U(files) U(watches) U(sealed)
#define SYSTEM_CALLS_gss(U) \
    U(memory) U(threads) U(signals) U(clocks) U(chance) U(itself) U(loop) U(messages) U(files) \
    U(watches) U(replays) U(names)
#define SYSTEM_CALLS_config(U) \
    U(memory) U(threads) U(signals) U(clocks) U(chance) U(itself) U(loop) U(messages) U(files) \
    U(sealed)

/*
 * E(call, argument, mask, value): a call is done only if (argument & mask) is one of the values
 * that stand here for it. ALL: the whole argument. OWN_PID is the process's own; TEMPORARY is what
 * O_TMPFILE adds to O_DIRECTORY.
 */
#define SYSTEM_CALL_ARGUMENTS(E) \
    /* Reading only. */ \
    E(openat, 2, O_ACCMODE | O_CREAT | O_TRUNC | TEMPORARY, O_RDONLY) \
    E(open, 1, O_ACCMODE | O_CREAT | O_TRUNC | TEMPORARY, O_RDONLY) \
    /* Neither signals (F_SETOWN, F_SETSIG) nor leases. */ \
    E(fcntl, 1, ALL, F_GETFD) \
    E(fcntl, 1, ALL, F_SETFD) \
    E(fcntl, 1, ALL, F_GETFL) \
    E(fcntl, 1, ALL, F_SETFL) \
    E(fcntl, 1, ALL, F_DUPFD_CLOEXEC) \
    E(fcntl, 1, ALL, F_ADD_SEALS) \
    E(fcntl, 1, ALL, F_GET_SEALS) \
    /* Is it a terminal? Nothing is typed into the administrator's (TIOCSTI). */ \
    E(ioctl, 1, ALL, TCGETS) \
    E(ioctl, 1, ALL, FIONREAD) \
    E(prctl, 0, ALL, PR_SET_NAME) \
    E(prctl, 0, ALL, PR_SET_VMA) \
    E(prctl, 0, ALL, PR_GET_DUMPABLE) \
    E(prlimit64, 0, ALL, 0) \
    E(prlimit64, 0, ALL, OWN_PID) \
    /* A thread, never a process. */ \
    E(clone, 0, CLONE_VM | CLONE_SIGHAND | CLONE_THREAD, CLONE_VM | CLONE_SIGHAND | CLONE_THREAD) \
    /* abort() */ \
    E(tgkill, 0, ALL, OWN_PID) \
    /* On a socket that is connected. */ \
    E(sendto, 4, ALL, 0)

/* As above, besides, for winrmd-gss: the replay cache is written, and locked. */
#define SYSTEM_CALL_ARGUMENTS_gss(E) \
    E(openat, 2, O_ACCMODE, O_RDWR) \
    E(openat, 2, O_ACCMODE, O_WRONLY) \
    E(openat, 2, O_ACCMODE | O_CREAT, O_RDONLY | O_CREAT) \
    E(fcntl, 1, ALL, F_GETLK) \
    E(fcntl, 1, ALL, F_SETLK) \
    E(fcntl, 1, ALL, F_SETLKW) \
    E(fcntl, 1, ALL, F_OFD_GETLK) \
    E(fcntl, 1, ALL, F_OFD_SETLK) \
    E(fcntl, 1, ALL, F_OFD_SETLKW)

/* R(call, error): always refused so; who asks goes on without. */
#define SYSTEM_CALLS_ABSENT(R) \
    R(clone3, ENOSYS) \
    R(socket, EACCES)

#endif
