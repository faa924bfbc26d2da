# SPDX-License-Identifier: Apache-2.0
# A page with a button: the first click imports balloons.py, so that is when it is opened.
import asyncio
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import tornado.web  # noqa: E402


class Page(tornado.web.RequestHandler):
    def get(self):
        self.write("<button>Give me a lucky number!</button>\n")


class Click(tornado.web.RequestHandler):
    def get(self):
        import balloons
        self.write(balloons.fly())


async def main():
    application = tornado.web.Application([("/", Page), ("/click", Click)])
    sockets = tornado.netutil.bind_sockets(int(sys.argv[1]), "127.0.0.1")
    tornado.httpserver.HTTPServer(application).add_sockets(sockets)
    await asyncio.Event().wait()


asyncio.run(main())
