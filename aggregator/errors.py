"""What ends a command with a message and no traceback.

UserError
├── ConfigError    feeds.toml cannot be used (config.problems), exit 2
├── EditError      feeds.toml cannot be added to (config.edit), exit 1
├── ArgumentError  what was typed cannot be meant, exit 2
├── StoreError     the database cannot be used (storage.errors), exit 1
│   └── DamagedError   it is damaged, exit 1
└── OutputError    the output folder cannot be written (publishing.folder), exit 1
"""

from typing import ClassVar


class UserError(Exception):
    """Something a person can put right; its text says what and how."""

    code: ClassVar[int] = 1
    prefixed: ClassVar[bool] = True


class ArgumentError(UserError):
    """Something in the command that was typed."""

    code = 2
