#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The web application of the lab: a page with a button. A click runs balloons.py, as a click in Streamlit runs the
script behind it: on the loop, or with --thread on a thread of its own. Tornado serves it."""
import argparse
import asyncio
import os
import runpy
import sys
import threading

try:
    import tornado.httpserver
    import tornado.netutil
    import tornado.web
except ModuleNotFoundError:
    sys.exit(f"app.py: {sys.executable} has no Tornado; on Debian: apt install python3-tornado, and run /usr/bin/python3")

HERE = os.path.dirname(os.path.abspath(__file__))
BALLOONS = os.path.join(HERE, "balloons.py")

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Lucky number</title>
<body style="font-family: sans-serif; max-width: 30em; margin: 4em auto">
<h1>Lucky number</h1>
<button onclick="fetch('/click').then(a => a.text()).then(t => out.textContent = t)">Give me a lucky number!</button>
<pre id="out" style="font-size: 2em"></pre>
</body></html>
"""


def fly():
    return runpy.run_path(BALLOONS)["fly"]()


class Page(tornado.web.RequestHandler):
    def get(self):
        self.write(PAGE)


class Click(tornado.web.RequestHandler):
    def get(self):
        self.write(fly())


class ClickOnAThread(tornado.web.RequestHandler):
    async def get(self):
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        threading.Thread(target=lambda: loop.call_soon_threadsafe(done.set_result, fly())).start()
        self.write(await done)


async def main():
    parser = argparse.ArgumentParser(description="The web application of the lab.")
    parser.add_argument("--port", type=int, default=8079)
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--thread", action="store_true", help="run the click on a thread of its own")
    options = parser.parse_args()
    application = tornado.web.Application([("/", Page), ("/click", ClickOnAThread if options.thread else Click)])
    try:
        sockets = tornado.netutil.bind_sockets(options.port, options.address)
    except OSError as error:
        sys.exit(f"app.py: port {options.port} cannot be listened on ({error.strerror}); ss -ltnp 'sport = :{options.port}' says who "
                 "does. Another: --port N")
    tornado.httpserver.HTTPServer(application).add_sockets(sockets)
    await asyncio.Event().wait()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        pass
