/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which payload a returned call has.
 */
#ifndef LOOPSCOPE_PAYLOADS_H
#define LOOPSCOPE_PAYLOADS_H

#include "bpf/path_payloads.h"
#include "bpf/peek_payloads.h"
#include "bpf/small_payloads.h"
#include "bpf/socket_payloads.h"
#include "bpf/wait_payloads.h"

static __always_inline int report_call(struct returned_call *call)
{
	switch (call->shape->payload) {
	case PAYLOAD_NONE:
		report_plain(call);
		return 0;
	case PAYLOAD_EPOLL_READY:
		report_ready(call);
		return 0;
	case PAYLOAD_EPOLL_EVENT:
		report_epoll_ctl(call);
		return 0;
	case PAYLOAD_PATH:
		report_path(call);
		return 0;
	case PAYLOAD_HOW:
		report_how(call);
		return 0;
	case PAYLOAD_ADDRESS:
		return report_address(call);
	case PAYLOAD_NEW_SOCKET:
	case PAYLOAD_SOCKET:
		return report_socket(call);
	case PAYLOAD_POLL:
		return report_poll(call);
	case PAYLOAD_SELECT:
		return report_select(call);
	case PAYLOAD_FD_PAIR:
		report_pair(call);
		return 0;
	case PAYLOAD_RIGHTS:
		return report_rights(call);
	case PAYLOAD_PEEK:
	case PAYLOAD_PEEK_VECTOR:
		return report_peek(call);
	case PAYLOAD_URING_PARAMS:
		report_uring_params(call);
		return 0;
	case PAYLOAD_CLONE3:
	case PAYLOAD_ITIMERSPEC:
	case PAYLOAD_INT:
		report_number(call);
		return 0;
	}
	return 0;
}

#endif
