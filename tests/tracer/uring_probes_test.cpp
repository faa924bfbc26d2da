// SPDX-License-Identifier: Apache-2.0
// Kernels that have these tracepoints, lack some, or have them with other arguments.
#include "tracer/uring_probes.h"

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
    request_ = pointer_to("io_kiocb");
    completion_ = pointer_to("io_uring_cqe");
    other_ = btf__add_ptr(types_.get(), 0);
  }
  // Letters as in uring_probes.cpp.
  void has(const std::string& name, std::string_view arguments) {
    const int prototype = btf__add_func_proto(types_.get(), 0);
    btf__add_func_param(types_.get(), "", other_);
    for (const char letter : arguments)
      btf__add_func_param(types_.get(), "",
                          letter == 'r'   ? request_
                          : letter == 'c' ? completion_
                          : letter == 'p' ? other_
                                          : number_);
    btf__add_typedef(types_.get(), ("btf_trace_io_uring_" + name).c_str(),
                     btf__add_ptr(types_.get(), prototype));
  }
  void has_all_of_6_18() {
    for (const auto& [name, arguments] : {std::pair("create", "ipiii"),
                                          {"submit_req", "r"},
                                          {"req_failed", "pri"},
                                          {"poll_arm", "rii"},
                                          {"task_add", "ri"},
                                          {"queue_async_work", "ri"},
                                          {"complete", "ppc"},
                                          {"cqe_overflow", "piiip"}})
      has(name, arguments);
  }
  [[nodiscard]] std::string text() const { return uring_probe_text(uring_probes(*types_)); }
  [[nodiscard]] const UringProbe probe(std::string_view name) const {
    for (const UringProbe& each : uring_probes(*types_))
      if (each.name == name) return each;
    return {};
  }

 private:
  int pointer_to(const char* name) {
    return btf__add_ptr(types_.get(), btf__add_struct(types_.get(), name, 8));
  }
  std::unique_ptr<btf, decltype(&btf__free)> types_{btf__new_empty(), &btf__free};
  int number_ = 0, request_ = 0, completion_ = 0, other_ = 0;
};

TEST(UringProbes, AllAreThere) {
  Kernel kernel;
  kernel.has_all_of_6_18();
  EXPECT_EQ(kernel.text(),
            "create, submit_req, req_failed, poll_arm, task_add, queue_async_work, complete, cqe_overflow");
  EXPECT_EQ(kernel.probe("poll_arm").shape, "(io_kiocb*, int, int)");
}

TEST(UringProbes, WhatIsMissingIsNamed) {
  Kernel kernel;
  for (const auto& [name, arguments] :
       {std::pair("create", "ipiii"), {"submit_sqe", "ppiiiii"}, {"complete", "piii"}})
    kernel.has(name, arguments);
  EXPECT_EQ(kernel.text(),
            "create, submit_sqe, complete; missing: req_failed, poll_arm, task_add, "
            "queue_async_work, cqe_overflow");
}

TEST(UringProbes, ArgumentsOfALaterKernelAreNotGuessedAt) {
  Kernel kernel;
  kernel.has_all_of_6_18();
  EXPECT_TRUE(kernel.probe("task_add").known);
  Kernel later;
  later.has("submit_req", "r");
  later.has("complete", "ppc");
  later.has("task_add", "ir");
  EXPECT_FALSE(later.probe("task_add").known);
  EXPECT_NE(later.text().find("task_add (its arguments (int, io_kiocb*) are not known)"), std::string::npos)
      << later.text();
}

TEST(UringProbes, WithoutSubmissionsOrCompletionsThereIsNothingToSay) {
  Kernel kernel;
  EXPECT_TRUE(kernel.text().starts_with("off: ")) << kernel.text();
  kernel.has("submit_req", "r");
  kernel.has("complete", "cpp");
  EXPECT_TRUE(kernel.text().starts_with("off: ")) << kernel.text();
  EXPECT_NE(kernel.text().find("complete (its arguments"), std::string::npos) << kernel.text();
}

TEST(UringProbes, TheRunningKernelsAreKnown) {
  const btf* types = kernel_types();
  if (!types) GTEST_SKIP() << "this kernel gives no types";
  for (const UringProbe& probe : uring_probes(*types))
    EXPECT_TRUE(probe.known || probe.shape.empty()) << probe.name << probe.shape;
}

}  // namespace
}  // namespace loopscope::tracer
