# SPDX-License-Identifier: Apache-2.0
# A Tornado server with handlers that hold up their loop for 200 ms, each in another way.
import asyncio
import os
import sys
import threading
import time

import tornado.web

HOLD_S = 0.2


class Page(tornado.web.RequestHandler):
    def get(self):
        self.write("ok\n")


class Compute(tornado.web.RequestHandler):
    def get(self):
        until = time.monotonic() + HOLD_S
        count = 0
        while time.monotonic() < until:
            count += 1
        self.write(f"{count}\n")


class Sleep(tornado.web.RequestHandler):
    def get(self):
        time.sleep(HOLD_S)
        self.write("slept\n")


class Fifo(tornado.web.RequestHandler):
    def get(self):
        def write_late():
            with open(sys.argv[2], "wb", buffering=0) as fifo:
                time.sleep(HOLD_S)
                fifo.write(b"late\n")

        writer = threading.Thread(target=write_late)
        writer.start()
        with open(sys.argv[2], "rb", buffering=0) as fifo:
            self.write(fifo.read(5))
        writer.join()


async def main():
    os.mkfifo(sys.argv[2])
    application = tornado.web.Application([("/", Page), ("/compute", Compute), ("/sleep", Sleep), ("/fifo", Fifo)])
    sockets = tornado.netutil.bind_sockets(int(sys.argv[1]), "127.0.0.1")
    tornado.httpserver.HTTPServer(application).add_sockets(sockets)
    await asyncio.Event().wait()


asyncio.run(main())
