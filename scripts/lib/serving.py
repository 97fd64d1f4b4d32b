"""An event served by a function: what it answered, and what AWS was asked for meanwhile."""

from contextlib import nullcontext


class Served:
    """What the functions' scenarios look at; each adds what its function's result holds."""

    def __init__(self, aws, function, event, during=nullcontext()):
        """`during` is entered for as long as the function works."""
        calls = len(aws.calls)
        with during:
            invocation = function.invoke(event)
        self.calls = aws.calls[calls:]
        self.actions = [call.action for call in self.calls]
        self.request_id = invocation.request_id
        self.error = invocation.error and invocation.error.report
        self.result = invocation.result

    def changes(self):
        """The calls that ask for more than to be told."""
        return [action for action in self.actions if not action.startswith("Describe")]
