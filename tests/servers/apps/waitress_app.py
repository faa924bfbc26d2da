# SPDX-License-Identifier: Apache-2.0
import sys

import waitress


def answer(_, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"ok\n"]


waitress.serve(answer, host="127.0.0.1", port=int(sys.argv[1]), threads=8, _quiet=True)
