"""A component by componentize-py: it gives values of every kind back, and has resources of both kinds."""

from componentize_py_types import Err
from counters import ALIVE
from wit_world import exports
from wit_world.imports import journal


class Counters(exports.Counters):
    def live(self):
        return len(ALIVE)


class Echo(exports.Echo):
    def scalars(self, value):
        return value

    def numbers(self, a, b, c):
        return a, b, c

    def shapes(self, value):
        return list(reversed(value))

    def colours(self, value):
        return value

    def grants(self, value):
        return value

    def maybe(self, value):
        return value

    def either(self, value):
        if isinstance(value, Err):
            raise value
        return value.value

    def nested(self, value):
        return value

    def divide(self, a, b):
        if b == 0:
            raise Err("division by zero")
        return a // b


class UseJournal(exports.UseJournal):
    def write(self, words):
        for word in words:
            journal.note(word)
        with journal.Entry("first") as first:
            second = journal.Entry("second")
            with journal.Entry.join(first, second) as joined:
                return joined.text()
