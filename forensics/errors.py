"""Every error that the toolkit raises on purpose, branched by what the caller can do about it."""

__all__ = ["CaseError", "ForensicsError", "IntegrityError", "SourceError", "UsageError"]


class ForensicsError(Exception):
    """The root: something went wrong that a person can understand and mend.

    Attributes:
        message: what is wrong, without a trailing full stop.
        hint: the mend, where one is known.
        exit_code: what the command line exits with.
    """

    exit_code = 2

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(ForensicsError):
    """The question cannot be asked like this: the caller rewords it.

    Attributes:
        candidates: what an ambiguous subject could have meant, as subjects that are not ambiguous.
    """

    def __init__(self, message: str, *, hint: str = "", candidates: tuple[str, ...] = ()) -> None:
        super().__init__(message, hint=hint)
        self.candidates = candidates


class SourceError(ForensicsError):
    """A source cannot be read at all: the caller mends the source or leaves it out.

    Attributes:
        locator: the source as it was named.
    """

    def __init__(self, message: str, *, hint: str = "", locator: str = "") -> None:
        super().__init__(message, hint=hint)
        self.locator = locator


class CaseError(ForensicsError):
    """The case file cannot be used: missing, locked, written by a newer program, or damaged.

    Attributes:
        path: the case file.
    """

    def __init__(self, message: str, *, hint: str = "", path: str = "") -> None:
        super().__init__(message, hint=hint)
        self.path = path


class IntegrityError(ForensicsError):
    """Bytes are not what their digest says, or a record does not hold together.

    Attributes:
        digest: the digest that was expected.
    """

    def __init__(self, message: str, *, hint: str = "", digest: str = "") -> None:
        super().__init__(message, hint=hint)
        self.digest = digest
