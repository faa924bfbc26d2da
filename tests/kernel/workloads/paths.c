// SPDX-License-Identifier: Apache-2.0
// openat of paths that are hard to write down: in the directory argv[1]. For each, the exact bytes in
// hexadecimal and what openat gave.
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "workload.h"

static bool first = true;

static void open_path(const char* path, int flags, mode_t mode) {
  const int fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
  say_add("%s{'ret':%d,'errno':%d,'hex':'", first ? "" : ",", fd, fd < 0 ? errno : 0);
  first = false;
  for (const char* c = path; c != NULL && *c; ++c) say_add("%02x", (unsigned char)*c);
  say_add("','null':%d}", path == NULL);
  if (fd >= 0) must(close(fd));
}

static void create(const char* directory, const char* name) {
  char path[PATH_MAX];
  must_be(snprintf(path, sizeof path, "%s/%s", directory, name) > 0);
  open_path(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
}

// "/././…/./NAME" of exactly `length` bytes.
static void open_long(size_t length, const char* name) {
  char* const path = malloc(length + 1);
  must_be(path != NULL && length > strlen(name) + 1);
  const size_t filler = length - strlen(name);
  for (size_t i = 0; i < filler; ++i) path[i] = (i % 2) == ((filler - 1) % 2) ? '/' : '.';
  if (path[0] != '/') path[0] = '/';
  strcpy(path + filler, name);
  open_path(path, O_RDONLY, 0);
  free(path);
}

// A path whose terminating zero is the last byte of its page, with nothing readable behind it.
static void open_at_page_end(const char* path) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  char* const pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  must_be(pages != MAP_FAILED);
  must(mprotect(pages + page, page, PROT_NONE));
  char* const at = pages + page - strlen(path) - 1;
  strcpy(at, path);
  open_path(at, O_RDONLY, 0);
}

int main(int argc, char** argv) {
  must_be(argc == 2);
  say("{'state':'ready'}");
  await_line("go");

  say_add("{'state':'done','opens':[");
  create(argv[1], "balloons.py");
  create(argv[1], "\xe6\xb0\xa3\xe7\x90\x83\xf0\x9f\x8e\x88");  // CJK and an emoji
  create(argv[1], "caf\xe9-\xff\xfe");                          // Latin-1
  create(argv[1], "cut\xf0\x9f\x8e");                           // a sequence that breaks off
  create(argv[1], "over\xc0\xaf-surrogate\xed\xa0\x80-high\xf4\x90\x80\x80");
  create(argv[1], "esc\x1b[31mred\x1b[0m\nnewline\ttab\r\x01\x7f\"quote\\backslash");
  create(argv[1],
         "\xe2\x80\xae"
         "right-to-left \xc2\x9b"
         "31m");  // a bidi override, and CSI as one C1 character
  open_path("", O_RDONLY, 0);
  open_path(NULL, O_RDONLY, 0);
  open_long(255, "etc/passwd");
  open_long(256, "etc/passwd");
  open_long(257, "etc/passwd");
  open_long(PATH_MAX - 1, "etc/passwd");
  open_long(PATH_MAX, "etc/passwd");
  open_long(3 * PATH_MAX, "etc/passwd");
  open_at_page_end("/etc/passwd");
  say_add("]}");
  say_send();
  await_line("quit");
}
