// SPDX-License-Identifier: Apache-2.0
require('http').createServer((_, response) => response.end('ok\n')).listen(Number(process.argv[2]), '127.0.0.1');
