// SPDX-License-Identifier: Apache-2.0
#include "viewer/png.h"

#include <sys/stat.h>
#include <zlib.h>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>

#include <fmt/format.h>

#include "trace-model/terminal_text.h"

namespace loopscope::viewer {
namespace {

void append_u32(std::string& out, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(char(value >> shift & 255));
}

void append_chunk(std::string& out, std::string_view type, std::string_view data) {
  append_u32(out, uint32_t(data.size()));
  const size_t begin = out.size();
  out.append(type).append(data);
  append_u32(
      out, uint32_t(crc32(0, reinterpret_cast<const Bytef*>(out.data() + begin), uInt(out.size() - begin))));
}

}  // namespace

std::expected<void, std::string> write_png(const std::string& path, int width, int height,
                                           const std::vector<uint8_t>& rgb) {
  constexpr size_t kPixelBytes = 3;
  const size_t row_bytes = size_t(width) * kPixelBytes;
  std::string rows;
  for (int y = height - 1; y >= 0; --y) {
    rows.push_back(0);  // no filter
    rows.append(reinterpret_cast<const char*>(rgb.data()) + size_t(y) * row_bytes, row_bytes);
  }
  uLongf packed_bytes = compressBound(rows.size());
  std::string packed(packed_bytes, '\0');
  compress2(reinterpret_cast<Bytef*>(packed.data()), &packed_bytes,
            reinterpret_cast<const Bytef*>(rows.data()), rows.size(), 6);
  packed.resize(packed_bytes);

  std::string header;
  append_u32(header, uint32_t(width));
  append_u32(header, uint32_t(height));
  header.append("\x08\x02\x00\x00\x00", 5);  // 8 bits, red green blue
  std::string png = "\x89PNG\r\n\x1a\n";
  append_chunk(png, "IHDR", header);
  append_chunk(png, "IDAT", packed);
  append_chunk(png, "IEND", {});

  std::FILE* file = std::fopen(path.c_str(), "wb");
  const bool written = file && std::fwrite(png.data(), 1, png.size(), file) == png.size();
  int error = errno;
  const bool closed = file && std::fclose(file) == 0;
  if (written && closed) return {};
  if (written) error = errno;
  struct stat status{};
  // A part of a picture is none; a device is not ours to remove.
  if (file && stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode)) std::remove(path.c_str());
  return std::unexpected(
      fmt::format("cannot write {}: {}", trace_model::terminal_text(path), std::strerror(error)));
}

}  // namespace loopscope::viewer
