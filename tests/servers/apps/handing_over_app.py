# SPDX-License-Identifier: Apache-2.0
# Work on other threads: /thread starts one per click that imports balloons.py, as Streamlit does; /executor reads
# balloons.txt on a thread of a pool; /loop opens it on the loop itself.
import asyncio
import os
import sys
import threading

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import tornado.web  # noqa: E402


def read():
    with open(os.path.join(os.getcwd(), "balloons.txt"), encoding="utf-8") as file:
        return file.read()


class OnTheLoop(tornado.web.RequestHandler):
    def get(self):
        self.write(read())


class OnAThread(tornado.web.RequestHandler):
    async def get(self):
        loop = asyncio.get_running_loop()
        done = loop.create_future()

        def work():
            import balloons
            loop.call_soon_threadsafe(done.set_result, balloons.fly())

        threading.Thread(target=work).start()
        self.write(await done)


class InThePool(tornado.web.RequestHandler):
    async def get(self):
        self.write(await asyncio.get_running_loop().run_in_executor(None, read))


async def main():
    application = tornado.web.Application([("/loop", OnTheLoop), ("/thread", OnAThread), ("/executor", InThePool)])
    sockets = tornado.netutil.bind_sockets(int(sys.argv[1]), "127.0.0.1")
    tornado.httpserver.HTTPServer(application).add_sockets(sockets)
    await asyncio.Event().wait()


asyncio.run(main())
