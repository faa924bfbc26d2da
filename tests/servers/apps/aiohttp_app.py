# SPDX-License-Identifier: Apache-2.0
import sys

from aiohttp import web


async def answer(_):
    return web.Response(text="ok\n")


application = web.Application()
application.router.add_get("/", answer)
web.run_app(application, host="127.0.0.1", port=int(sys.argv[1]), print=None)
