# SPDX-License-Identifier: Apache-2.0
# Writes OUT, a header in which the FILES stand as texts, so that the program finds them wherever it is.
set(header "// Written by the build.\n#pragma once\n\n#include <array>\n#include <string_view>\n\n")
list(LENGTH FILES count)
string(APPEND header "inline constexpr std::array<std::string_view, ${count}> kEmbeddedExercises{\n")
foreach(file ${FILES})
  file(READ ${file} text)
  string(APPEND header "R\"exercise(${text})exercise\",\n")
endforeach()
string(APPEND header "};\n")
file(WRITE ${OUT}.new "${header}")
file(COPY_FILE ${OUT}.new ${OUT} ONLY_IF_DIFFERENT)
file(TOUCH ${OUT})
