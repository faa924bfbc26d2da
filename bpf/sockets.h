/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a socket is, read from the kernel's own structures: no address in user memory is trusted, port 0 shows the
 * port that was chosen, and a socket of any network namespace is read alike.
 */
#ifndef LOOPSCOPE_SOCKETS_H
#define LOOPSCOPE_SOCKETS_H

#include <bpf/bpf_endian.h>

#include "bpf/observe.h"

#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10

static __always_inline void read_unix_name(struct sock *sk, struct wire_socket *out)
{
	struct unix_address *address = BPF_CORE_READ((struct unix_sock *)sk, addr);
	int length;

	if (!address)
		return;
	length = BPF_CORE_READ(address, len) - 2; /* sun_family */
	if (length <= 0 || length > 108)
		return;
	out->unix_len = length;
	/* A struct sockaddr_un stands at the end of the structure, as its flexible member. */
	bpf_probe_read_kernel(out->unix_name, at_most(length, 127),
			      (void *)address + bpf_core_type_size(struct unix_address) + 2);
}

/* The other end, where it is a socket of a process: peer[] holds its inode. */
static __always_inline void read_unix_peer(struct sock *sk, struct wire_socket *out)
{
	struct sock *peer = BPF_CORE_READ((struct unix_sock *)sk, peer);
	__u64 inode = 0;

	if (peer)
		inode = BPF_CORE_READ(peer, sk_socket, file, f_inode, i_ino);
	__builtin_memcpy(out->peer, &inode, sizeof(inode));
}

static __always_inline void read_inet(struct sock *sk, struct wire_socket *out)
{
	out->local_port = BPF_CORE_READ(sk, __sk_common.skc_num);
	out->peer_port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	if (out->family == AF_INET) {
		BPF_CORE_READ_INTO((__u32 *)out->local, sk, __sk_common.skc_rcv_saddr);
		BPF_CORE_READ_INTO((__u32 *)out->peer, sk, __sk_common.skc_daddr);
	} else if (bpf_core_field_exists(struct sock_common, skc_v6_daddr)) {
		BPF_CORE_READ_INTO((struct in6_addr *)out->local, sk, __sk_common.skc_v6_rcv_saddr);
		BPF_CORE_READ_INTO((struct in6_addr *)out->peer, sk, __sk_common.skc_v6_daddr);
	}
}

/* Fills *out; returns whether `file` is a socket. */
static __always_inline int read_socket(__u64 file_address, struct wire_socket *out)
{
	struct file *file = (struct file *)file_address;
	struct socket *socket;
	struct sock *sk;

	__builtin_memset(out, 0, sizeof(*out));
	if (!is_socket(file_address))
		return 0;
	out->inode = BPF_CORE_READ(file, f_inode, i_ino);
	socket = (struct socket *)BPF_CORE_READ(file, private_data);
	sk = BPF_CORE_READ(socket, sk);
	if (!sk)
		return 1;
	out->family = BPF_CORE_READ(sk, __sk_common.skc_family);
	out->type = BPF_CORE_READ(sk, sk_type);
	out->protocol = BPF_CORE_READ(sk, sk_protocol);
	out->state = BPF_CORE_READ(sk, __sk_common.skc_state);
	out->backlog = BPF_CORE_READ(sk, sk_max_ack_backlog);
	out->queue = BPF_CORE_READ(sk, sk_ack_backlog);
	out->drops = BPF_CORE_READ(sk, sk_drops.counter); /* tcp_listendrop() */
	if (out->family == AF_INET || out->family == AF_INET6) {
		read_inet(sk, out);
	} else if (out->family == AF_UNIX) {
		/* Connections not yet accepted wait in the receive queue (net/unix/af_unix.c). */
		out->queue = BPF_CORE_READ((struct sock___queue *)sk, sk_receive_queue.qlen);
		if (bpf_core_type_exists(struct unix_sock)) {
			read_unix_name(sk, out);
			read_unix_peer(sk, out);
		}
	}
	return 1;
}

#endif
