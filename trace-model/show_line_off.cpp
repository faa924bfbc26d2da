// SPDX-License-Identifier: Apache-2.0
#include "trace-model/show_line_off.h"

#include "trace-model/show_line_text.h"

namespace loopscope::trace_model {
namespace {

std::string_view verb_of(char state) {
  switch (state) {
    case 'S':
      return "slept ";
    case 'D':
      return "slept undisturbed ";
    case 'T':
    case 't':
      return "was stopped ";
    case 'R':
      return "was preempted ";
    default:
      return "was off the CPU ";
  }
}

// What an interrupt interrupts need not have to do with it.
std::string_view waker_words(WakeContext context) {
  switch (context) {
    case WakeContext::Task:
      return "by ";
    case WakeContext::Softirq:
      return "in a softirq over ";
    case WakeContext::Hardirq:
      return "in an interrupt over ";
    case WakeContext::Nmi:
      return "in an NMI over ";
    default:
      return "while there ran ";
  }
}

}  // namespace

void append_off(std::string& out, const Off& off) {
  out += verb_of(off.state);
  append_duration(out, off.dur);
  if (off.intervals > 1) {
    out += " in ";
    append_number(out, off.intervals);
    out += " parts";
  }
  if (!off.woken) return;
  out += ", woken ";
  out += waker_words(off.context);
  if (off.by_tid) {
    append_safe(out, off.by_comm);
    out += ' ';
    append_number(out, off.by_tid);
  } else {
    out += "no thread seen here";
  }
  out += ", ran ";
  append_duration(out, off.delay);
  out += " later";
}

}  // namespace loopscope::trace_model
