"""A component by componentize-py that sends an HTTP request, and reads the response piece by piece."""

import wit_world
from componentize_py_types import Err, Ok
from wit_world.imports import outgoing_handler, streams
from wit_world.imports.types import (
    Fields,
    IncomingBody,
    Method_Post,
    OutgoingBody,
    OutgoingRequest,
    Scheme_Https,
)


class WitWorld(wit_world.WitWorld):
    def post(self, authority, path, text):
        request = OutgoingRequest(Fields.from_list([("content-type", b"text/plain"), ("x-made-by", b"python")]))
        request.set_method(Method_Post())
        request.set_scheme(Scheme_Https())
        request.set_authority(authority)
        request.set_path_with_query(path)
        body = request.body()
        future = outgoing_handler.handle(request, None)
        with body.write() as stream:
            stream.blocking_write_and_flush(text.encode())
        OutgoingBody.finish(body, None)
        with future.subscribe() as pollable:
            pollable.block()
        match future.get():
            case Ok(Ok(response)):
                return response.status(), read(response.consume())
            case Ok(Err(reason)):
                raise Err(type(reason).__name__)
            case other:
                raise Err(repr(other))


def read(body):
    octets = b""
    with body.stream() as stream:
        try:
            while True:
                octets += stream.blocking_read(1024)
        except Err as end:
            if not isinstance(end.value, streams.StreamError_Closed):
                raise
    IncomingBody.finish(body)
    return octets.decode()
