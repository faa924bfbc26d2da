// SPDX-License-Identifier: Apache-2.0
// Where the count of nested contexts is found, on kernels that keep it in different places.
#include "tracer/sched_probes.h"

#include <memory>

#include <gtest/gtest.h>

#include "tracer/kernel_types.h"

namespace loopscope::tracer {
namespace {

// The types of a kernel that was never built.
class Kernel {
 public:
  Kernel() {
    number_ = btf__add_int(types_.get(), "int", 4, BTF_INT_SIGNED);
    other_ = btf__add_ptr(types_.get(), 0);
  }
  void has_tracepoint(const std::string& name, int arguments) {
    const int prototype = btf__add_func_proto(types_.get(), 0);
    for (int i = 0; i <= arguments; ++i) btf__add_func_param(types_.get(), "", other_);
    btf__add_typedef(types_.get(), ("btf_trace_" + name).c_str(), btf__add_ptr(types_.get(), prototype));
  }
  void has_run_queue() {
    has_structure("sched_entity", "cfs_rq", 64);
    has_structure("cfs_rq", "rq", 128);
    has_structure("rq", "cpu", 256);
  }
  int has_structure(const char* name, const char* member, uint32_t at) {
    const int id = btf__add_struct(types_.get(), name, at + 8);
    btf__add_field(types_.get(), member, other_, at * 8, 0);
    return id;
  }
  // As pcpu_hot was: its members in an anonymous structure of an anonymous union.
  void has_hot_structure(uint32_t at) {
    const int inner = has_structure("", "preempt_count", at);
    const int either = btf__add_union(types_.get(), "", 64);
    btf__add_field(types_.get(), "", inner, 0, 0);
    btf__add_struct(types_.get(), "pcpu_hot", 64);
    btf__add_field(types_.get(), "", either, 0, 0);
  }
  void has_variables(const std::vector<std::pair<const char*, uint32_t>>& variables) {
    std::vector<int> ids;
    for (const auto& [name, at] : variables)
      ids.push_back(btf__add_var(types_.get(), name, BTF_VAR_GLOBAL_ALLOCATED, number_));
    btf__add_datasec(types_.get(), ".data..percpu", 1 << 20);
    for (size_t i = 0; i < ids.size(); ++i)
      btf__add_datasec_var_info(types_.get(), ids[i], variables[i].second, 4);
  }
  [[nodiscard]] SchedProbes probes() const { return sched_probes(*types_); }

 private:
  std::unique_ptr<btf, decltype(&btf__free)> types_{btf__new_empty(), &btf__free};
  int number_ = 0, other_ = 0;
};

Kernel kernel_with_tracepoints(int switch_arguments) {
  Kernel kernel;
  kernel.has_tracepoint("sched_switch", switch_arguments);
  kernel.has_tracepoint("sched_waking", 1);
  return kernel;
}

TEST(SchedProbes, TheStateIsAnArgumentSince5_18) {
  EXPECT_FALSE(kernel_with_tracepoints(3).probes().state_argument);
  EXPECT_TRUE(kernel_with_tracepoints(4).probes().state_argument);
}

TEST(SchedProbes, WithoutTracepointsItIsOff) {
  Kernel kernel;
  kernel.has_tracepoint("sched_switch", 4);
  EXPECT_FALSE(kernel.probes().there);
  EXPECT_EQ(sched_probe_text(kernel.probes()), "off: this kernel has no sched_switch and sched_waking");
}

#if defined(__x86_64__)
TEST(SchedProbes, TheCountIsAVariable) {
  Kernel kernel = kernel_with_tracepoints(4);
  kernel.has_run_queue();
  kernel.has_variables({{"__preempt_count", 1000}, {"runqueues", 5000}});
  EXPECT_EQ(kernel.probes().count_from_run_queue, -4000);
  EXPECT_EQ(sched_probe_text(kernel.probes()), "tp_btf sched_switch, sched_waking");
}

TEST(SchedProbes, TheCountIsAMember) {
  Kernel kernel = kernel_with_tracepoints(4);
  kernel.has_run_queue();
  kernel.has_hot_structure(8);
  kernel.has_variables({{"runqueues", 5000}, {"pcpu_hot", 9000}});
  EXPECT_EQ(kernel.probes().count_from_run_queue, 4008);
}

TEST(SchedProbes, WhatIsMissingIsNamed) {
  Kernel without_queue = kernel_with_tracepoints(4);
  without_queue.has_variables({{"__preempt_count", 1000}, {"runqueues", 5000}});
  Kernel without_count = kernel_with_tracepoints(4);
  without_count.has_run_queue();
  without_count.has_variables({{"runqueues", 5000}});
  Kernel without_either = kernel_with_tracepoints(4);
  without_either.has_run_queue();
  for (const Kernel* kernel : {&without_queue, &without_count, &without_either}) {
    EXPECT_TRUE(kernel->probes().there);
    EXPECT_FALSE(kernel->probes().context);
    EXPECT_EQ(sched_probe_text(kernel->probes()),
              "tp_btf sched_switch, sched_waking; missing: in which context threads are woken");
  }
}
#endif

}  // namespace
}  // namespace loopscope::tracer
