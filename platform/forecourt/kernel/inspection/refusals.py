"""Why a file is not taken, as a code; what people read stands with the model of stored files."""


class Refused(Exception):
    """The file is not taken; ``code`` is one of ``StoredFile.Refusal``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
