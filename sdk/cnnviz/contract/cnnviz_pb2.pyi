from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class PluginMetadata(_message.Message):
    __slots__ = ("version", "own_folder")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    OWN_FOLDER_FIELD_NUMBER: _ClassVar[int]
    version: int
    own_folder: bool
    def __init__(self, version: _Optional[int] = ..., own_folder: _Optional[bool] = ...) -> None: ...

class CaptureEvent(_message.Message):
    __slots__ = ("version", "manifest", "digest", "manifest_size", "summary")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    MANIFEST_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    MANIFEST_SIZE_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    version: int
    manifest: bytes
    digest: bytes
    manifest_size: int
    summary: bytes
    def __init__(self, version: _Optional[int] = ..., manifest: _Optional[bytes] = ..., digest: _Optional[bytes] = ..., manifest_size: _Optional[int] = ..., summary: _Optional[bytes] = ...) -> None: ...
